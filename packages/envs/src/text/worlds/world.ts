import type { RandomSource } from '@gradus/core';
import type { TextGrammar } from '../text-game.ts';
import { Facts, type Fact } from './facts.ts';
import type { Rule } from './rules.ts';

/**
 * A world of facts and rules (Côté et al., 2018: TextWorld). It is won where all goals have been reached, and lost where lost() holds. How it is told goes by
 * these facts:
 *
 *     at(player, room)   at(thing, room)   stands(container, room)   in(thing, container)   carried(thing)
 *     exit(room, direction, room)   doorway(room, direction, room, door)   open(it)   closed(it)   locked(it)   is(thing, adjective)
 */
export interface World {
  /** What there is to do: the note that a player carries. */
  readonly note: string;
  /** What holds at the beginning. */
  readonly facts: readonly Fact[];
  readonly rules: readonly Rule[];
  /** A point each. No rule may delete them. */
  readonly goals: readonly Fact[];
}

/** Makes worlds of one kind and difficulty. */
export interface WorldGenerator {
  /** Goals of each world. */
  readonly maxScore: number;
  /** What commands of all its worlds are made of. */
  readonly grammar: TextGrammar;
  /** Draws a world, which can be won. */
  create(random: RandomSource): World;
}

/** What changes in a world, over what never does. */
export function initialFacts({ facts, rules }: World): Facts {
  const changing = new Set(rules.flatMap(({ deletes, adds }) => [...deletes, ...adds].map(([predicate]) => predicate)));
  const isStatic = ([predicate]: Fact): boolean => !changing.has(predicate);
  return new Facts(
    facts.filter((each) => !isStatic(each)),
    new Facts(facts.filter(isStatic)),
  );
}

/** Points of what has been reached. */
export function scoreOf({ goals }: World, facts: Facts): number {
  return goals.filter((goal) => facts.has(goal)).length;
}

/** Whether it is won or lost. */
export function isOver(world: World, facts: Facts): boolean {
  return facts.has(['lost']) || scoreOf(world, facts) === world.goals.length;
}

/** The templates of rules' commands, with holes for their variables, and these nouns. */
export function grammarOf(rules: readonly Rule[], nouns: readonly string[]): TextGrammar {
  const templates = new Set(rules.map(({ command }) => command.replace(/\?\w+/g, 'OBJ')));
  return { templates: [...templates].sort(), nouns: [...new Set(nouns)].sort() };
}
