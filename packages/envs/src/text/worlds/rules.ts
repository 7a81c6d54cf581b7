import { checkArguments, objectOf, optional, text, type OptionCheck } from '@gradus/core';
import { bind, fact, isVariable, unify, type Bindings, type Fact, type Facts } from './facts.ts';

/** A rule in words: its facts are text, in which terms that begin with `?` are variables. */
export interface RuleText {
  /** What a player types, such as `go ?direction`. */
  readonly command: string;
  /** What must hold. Those that bind most come first, for speed. */
  readonly preconditions: readonly string[];
  /** What no longer holds then. */
  readonly deletes?: readonly string[];
  /** What holds then. */
  readonly adds: readonly string[];
  /** What the player is told. */
  readonly answer: string;
}

/** A STRIPS operator (Fikes and Nilsson, 1971). */
export interface Rule {
  readonly command: string;
  readonly preconditions: readonly Fact[];
  readonly deletes: readonly Fact[];
  readonly adds: readonly Fact[];
  readonly answer: string;
}

/** A rule whose variables stand for something. */
export type Action = Rule;

/** A list of texts. */
export const texts: OptionCheck = {
  expected: 'a list of strings',
  accepts: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
};

const someRule = objectOf('a rule (with command, preconditions, adds and answer)', {
  command: text,
  preconditions: texts,
  deletes: optional(texts),
  adds: texts,
  answer: text,
});

/** Reads a rule. Throws `RangeError` for facts that are none, and for variables that no precondition binds. */
export function rule(given: RuleText): Rule {
  checkArguments('rule', { rule: given }, { rule: someRule });
  const { command, preconditions, deletes = [], adds, answer } = given;
  const read = { preconditions: preconditions.map(fact), deletes: deletes.map(fact), adds: adds.map(fact) };
  const bound = new Set(read.preconditions.flat());
  const used = [...read.deletes, ...read.adds].flat().filter(isVariable);
  const free = [...used, ...(`${command} ${answer}`.match(/\?\w+/g) ?? [])].find((name) => !bound.has(name));
  if (free === undefined) return { command, answer, ...read };
  throw new RangeError(`rule '${command}': expected a precondition to have ${free}, got none`);
}

/** All that the rules allow. */
export function* actionsOf(rules: readonly Rule[], facts: Facts): Generator<Action, void, void> {
  for (const each of rules) {
    for (const bindings of solutions(each.preconditions, facts, {})) yield actionOf(each, bindings);
  }
}

/** What a player can do: each command once, in alphabetical order. */
export function possibleActions(rules: readonly Rule[], facts: Facts): Action[] {
  const actions = new Map<string, Action>();
  for (const action of actionsOf(rules, facts)) if (!actions.has(action.command)) actions.set(action.command, action);
  return [...actions.values()].sort((a, b) => (a.command < b.command ? -1 : 1));
}

/** Changes `facts` to what holds after an action. */
export function carryOut({ deletes, adds }: Pick<Action, 'deletes' | 'adds'>, facts: Facts): void {
  for (const each of deletes) facts.delete(each);
  for (const each of adds) facts.add(each);
}

/** Everything that variables can stand for to make all patterns facts: the first one is matched, and the others with what it binds. */
function* solutions(patterns: readonly Fact[], facts: Facts, bindings: Bindings): Generator<Bindings, void, void> {
  if (patterns.length === 0) {
    yield bindings;
    return;
  }
  const [first, ...others] = patterns;
  const [predicate, term] = bind(first, bindings);
  for (const known of facts.of(predicate, term === undefined || isVariable(term) ? undefined : term)) {
    const found = unify(first, known, bindings);
    if (found) yield* solutions(others, facts, found);
  }
}

function actionOf({ command, preconditions, deletes, adds, answer }: Rule, bindings: Bindings): Action {
  const fill = (text: string): string => text.replace(/\?\w+/g, (name) => bindings[name]);
  return {
    command: fill(command),
    preconditions: preconditions.map((each) => bind(each, bindings)),
    deletes: deletes.map((each) => bind(each, bindings)),
    adds: adds.map((each) => bind(each, bindings)),
    answer: fill(answer),
  };
}
