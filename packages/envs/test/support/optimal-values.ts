import type { TransitionTable } from '@gradus/core';

/** Q* of a table by value iteration, [numStates × numActions], until nothing changes by more than 10⁻¹². */
export function optimalActionValues(table: TransitionTable, gamma: number): Float64Array {
  const { numStates, numActions } = table;
  const values = new Float64Array(numStates * numActions);
  const best = (state: number): number => Math.max(...values.subarray(state * numActions, (state + 1) * numActions));
  for (let change = Infinity; change > 1e-12;) {
    change = 0;
    for (let pair = 0; pair < values.length; pair++) {
      let value = 0;
      for (let k = table.offsets[pair]; k < table.offsets[pair + 1]; k++) {
        const next = table.terminated[k] === 1 ? 0 : gamma * best(table.nextStates[k]);
        value += table.probabilities[k] * (table.rewards[k] + next);
      }
      change = Math.max(change, Math.abs(value - values[pair]));
      values[pair] = value;
    }
  }
  return values;
}

/** V* from Q*: the best of each row. */
export function bestOf(actionValues: Float64Array, numActions: number): number[] {
  return Array.from({ length: actionValues.length / numActions }, (_, state) =>
    Math.max(...actionValues.subarray(state * numActions, (state + 1) * numActions)),
  );
}
