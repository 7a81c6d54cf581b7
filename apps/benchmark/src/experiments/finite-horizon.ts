import type { TransitionTable } from '@gradus/core';
import { actionValues } from '@gradus/value-based';

/**
 * The undiscounted return of the first 0, 1, … `steps` steps under a policy [numStates × numActions], exactly: a row of values
 * [numStates] for each of these horizons. The last is what an environment with that time limit pays on average.
 */
export function finiteHorizonValues(table: TransitionTable, policy: Float64Array, steps: number): Float64Array[] {
  const { numStates, numActions } = table;
  const horizons = [new Float64Array(numStates)];
  for (let step = 0; step < steps; step++) {
    const q = actionValues(table, horizons[step], 1);
    const values = new Float64Array(numStates);
    q.forEach((value, pair) => (values[Math.floor(pair / numActions)] += policy[pair] * value));
    horizons.push(values);
  }
  return horizons;
}
