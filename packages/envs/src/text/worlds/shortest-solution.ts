import { factText, type Facts } from './facts.ts';
import { actionsOf, carryOut, possibleActions, type Action, type Rule } from './rules.ts';
import { isOver, scoreOf, type World } from './world.ts';

/** A state that the search has reached, and how. */
interface Reached {
  readonly facts: Facts;
  readonly command?: string;
  readonly from?: Reached;
}

/**
 * The fewest commands that lead from `facts` to all goals of a world, by breadth-first search over what its rules allow; of several such solutions the first in
 * alphabetical order. Undefined where there is none. States that differ only in what no goal ever needs count as one.
 */
export function shortestSolution(world: World, facts: Facts): string[] | undefined {
  if (scoreOf(world, facts) === world.goals.length) return [];
  const relevant = relevantFacts(world, facts);
  const keyOf = (state: Facts): string =>
    state
      .texts()
      .filter((each) => relevant.has(each))
      .join();
  const known = new Set([keyOf(facts)]);
  let frontier: Reached[] = [{ facts }];
  while (frontier.length > 0) {
    const next: Reached[] = [];
    for (const from of frontier) {
      for (const action of possibleActions(world.rules, from.facts)) {
        const after = from.facts.copy();
        carryOut(action, after);
        const reached: Reached = { facts: after, command: action.command, from };
        if (scoreOf(world, after) === world.goals.length) return commandsTo(reached);
        const key = keyOf(after);
        if (known.has(key) || isOver(world, after)) continue;
        known.add(key);
        next.push(reached);
      }
    }
    frontier = next;
  }
  return undefined;
}

/** The goals, and what is needed for any action that adds something relevant, in so far as it can ever hold. */
function relevantFacts({ rules, goals }: World, facts: Facts): Set<string> {
  const actions = reachableActions(rules, facts);
  const relevant = new Set(goals.map(factText));
  for (let before = -1; before < relevant.size;) {
    before = relevant.size;
    for (const { adds, preconditions } of actions) {
      if (!adds.some((each) => relevant.has(factText(each)))) continue;
      for (const each of preconditions) relevant.add(factText(each));
    }
  }
  return relevant;
}

/** All actions that could ever be possible, if none took away what others need (the delete relaxation; Bonet and Geffner, 2001). */
function reachableActions(rules: readonly Rule[], facts: Facts): Action[] {
  const reached = facts.copy();
  for (let before = -1; ;) {
    const actions = [...actionsOf(rules, reached)];
    if (actions.length === before) return actions;
    before = actions.length;
    for (const { adds } of actions) for (const each of adds) reached.add(each);
  }
}

function commandsTo(reached: Reached): string[] {
  const commands: string[] = [];
  for (let each: Reached | undefined = reached; each?.command !== undefined; each = each.from)
    commands.unshift(each.command);
  return commands;
}
