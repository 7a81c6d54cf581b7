import { checkTable } from './check-tables.ts';
import type { TransitionTable } from '../environments/transition-table.ts';

/**
 * 1 for each terminal state of the table, else 0, [numStates]: a state that terminated outcomes lead to and in which no episode can be
 * while it goes on. Terminal states are worth 0, whatever the table says of them, since no action is ever taken there.
 * Throws `RangeError` for what is no table.
 */
export function terminalStates(table: TransitionTable): Uint8Array {
  checkTable(table);
  const { numStates, numActions, offsets, probabilities, nextStates, terminated } = table;
  const live = Uint8Array.from(table.initialDistribution, (probability) => (probability > 0 ? 1 : 0));
  const queue = Array.from(live.keys()).filter((state) => live[state] === 1);
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    for (let k = offsets[state * numActions]; k < offsets[(state + 1) * numActions]; k++) {
      if (terminated[k] || probabilities[k] === 0 || live[nextStates[k]]) continue;
      live[nextStates[k]] = 1;
      queue.push(nextStates[k]);
    }
  }
  const terminal = new Uint8Array(numStates);
  terminated.forEach((ends, k) => {
    if (ends && probabilities[k] > 0 && !live[nextStates[k]]) terminal[nextStates[k]] = 1;
  });
  return terminal;
}
