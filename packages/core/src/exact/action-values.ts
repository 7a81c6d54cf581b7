import type { TransitionTable } from '../environments/transition-table.ts';
import { checkGamma, checkLength, checkTable } from './check-tables.ts';
import { terminalStates } from './terminal-states.ts';

/**
 * Action values from state values by looking one step ahead, [numStates × numActions]:
 *
 *     q(s, a) = Σ P(s′ | s, a) (r(s, a, s′) + γ (1 − terminated) v(s′)),   0 in terminal states
 *
 * Of `stateValues` v^π they are q^π, of v* they are Q*. Throws `RangeError` for state values that are not [numStates] and for gamma outside
 * [0, 1].
 */
export function actionValues(table: TransitionTable, stateValues: ArrayLike<number>, gamma: number): Float64Array {
  checkTable(table);
  checkGamma(gamma);
  checkLength('stateValues', stateValues, table.numStates);
  const values = new Float64Array(table.numStates * table.numActions);
  backUp(table, terminalStates(table), stateValues, gamma, values);
  return values;
}

/** {@link actionValues} into `values`, unchecked: what iterative methods repeat. */
export function backUp(
  { numActions, offsets, probabilities, nextStates, rewards, terminated }: TransitionTable,
  terminal: Uint8Array,
  stateValues: ArrayLike<number>,
  gamma: number,
  values: Float64Array,
): void {
  for (let pair = 0; pair < values.length; pair++) {
    let value = 0;
    if (!terminal[Math.floor(pair / numActions)]) {
      for (let k = offsets[pair]; k < offsets[pair + 1]; k++) {
        const next = terminated[k] ? 0 : gamma * stateValues[nextStates[k]];
        value += probabilities[k] * (rewards[k] + next);
      }
    }
    values[pair] = value;
  }
}

/** max_a q(s, a) of each state, [numStates]; `actionValues` is [numStates × numActions]. */
export function maximumValues(actionValues: Float64Array, numActions: number): Float64Array {
  return Float64Array.from({ length: actionValues.length / numActions }, (_, state) => {
    let best = -Infinity;
    for (let action = 0; action < numActions; action++)
      best = Math.max(best, actionValues[state * numActions + action]);
    return best;
  });
}
