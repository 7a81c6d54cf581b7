import { actionValues, type TransitionTable } from '@gradus/core';
import { evaluatePolicy } from './policy-evaluation.ts';
import { greedyPolicy, uniformPolicy } from './tabular-policy.ts';

/** What policy iteration found. */
export interface PolicyIterationResult {
  /** V*, [numStates] */
  readonly stateValues: Float64Array;
  /** Q*, [numStates × numActions] */
  readonly actionValues: Float64Array;
  /** A deterministic optimal policy: π(a | s), [numStates × numActions]. */
  readonly policy: Float64Array;
  /** The values of all policies on the way, from the first one's to V*; no state's value ever falls. */
  readonly history: readonly Float64Array[];
}

/** By how much, relative to the largest value, an action must be better: rounding must not make policies change for ever. */
const MARGIN = 1e-11;

/**
 * Policy iteration (Howard, 1960; S1.2): evaluate the policy exactly, then act greedily for its values, until that changes nothing. Ends
 * after finitely many policies, since each is better than the one before. `initialPolicy` [numStates × numActions] is by default
 * the uniform one.
 *
 * Throws `RangeError` as {@link evaluatePolicy} does; with γ = 1 every policy on the way must end from every state, as it does where the
 * first one ends and going on costs something.
 */
export function policyIteration(
  table: TransitionTable,
  gamma: number,
  initialPolicy: ArrayLike<number> = uniformPolicy(table),
): PolicyIterationResult {
  const history: Float64Array[] = [];
  let policy: Float64Array = Float64Array.from(initialPolicy);
  for (;;) {
    const stateValues = evaluatePolicy(table, policy, gamma);
    history.push(stateValues);
    const values = actionValues(table, stateValues, gamma);
    const improved = improve(policy, values, table.numActions);
    if (improved.every((probability, pair) => probability === policy[pair])) {
      return { stateValues, actionValues: values, policy, history };
    }
    policy = improved;
  }
}

/** The greedy policy, but for states in which the old one takes a single action that is as good. */
function improve(policy: Float64Array, actionValues: Float64Array, numActions: number): Float64Array {
  const margin = MARGIN * actionValues.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const improved = greedyPolicy(actionValues, numActions);
  for (let first = 0; first < policy.length; first += numActions) {
    const last = first + numActions;
    const best = improved.indexOf(1, first);
    const current = policy.indexOf(1, first);
    if (current !== -1 && current < last && actionValues[current] >= actionValues[best] - margin) {
      improved.fill(0, first, last)[current] = 1;
    }
  }
  return improved;
}
