import { checkLength, checkTable, valueText, type TransitionTable } from '@gradus/core';

/** The policy that takes every action with the same probability: π(a | s) = 1 / numActions, [numStates × numActions]. */
export function uniformPolicy(table: TransitionTable): Float64Array {
  checkTable(table);
  const { numStates, numActions } = table;
  return new Float64Array(numStates * numActions).fill(1 / numActions);
}

/**
 * The policy that takes the action of largest value, the first of equal ones: π(argmax_a q(s, a) | s) = 1. `actionValues` and the
 * policy are [numStates × numActions]. Throws `RangeError` where the values do not make whole rows.
 */
export function greedyPolicy(actionValues: Float64Array, numActions: number): Float64Array {
  checkLength('actionValues', actionValues, (actionValues as ArrayLike<number> | null)?.length ?? 0);
  if (!Number.isSafeInteger(numActions) || numActions < 1 || actionValues.length % numActions !== 0) {
    throw new RangeError(
      `actionValues: expected rows of ${valueText(numActions)} numbers, got ${actionValues.length} numbers`,
    );
  }
  const policy = new Float64Array(actionValues.length);
  for (let first = 0; first < policy.length; first += numActions) {
    let best = first;
    for (let pair = first + 1; pair < first + numActions; pair++) {
      if (actionValues[pair] > actionValues[best]) best = pair;
    }
    policy[best] = 1;
  }
  return policy;
}
