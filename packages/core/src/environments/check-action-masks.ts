import {
  checkArguments,
  layerSizes,
  naturalNumber,
  optional,
  positiveInteger,
  valueText,
  type OptionCheck,
} from '@gradus/tensor';
import { numberList } from '../options/argument-checks.ts';
/**
 * Throws `RangeError` unless `masks` is [rows × actions], in which every row has an action that is legal (1, not 0), and there is
 * nothing but 0 and 1: the message names the row. `numActions`: how many there are, or, for `MultiDiscrete` actions, the counts of the elements, each of which needs a legal
 * choice. `rows`: by default as many as there are.
 */
export function checkActionMasks(
  masks: ArrayLike<number>,
  numActions: number | readonly number[],
  rows?: number,
): void {
  const isRight = numberList.accepts(masks) && choices.accepts(numActions) && optionalRows.accepts(rows);
  if (!isRight) {
    const checks = { masks: numberList, numActions: choices, rows: optionalRows };
    checkArguments('actionMasks', { masks, numActions, rows }, checks);
  }
  const counts = typeof numActions === 'number' ? [numActions] : numActions;
  const size = counts.reduce((total, count) => total + count, 0);
  const expected = rows ?? Math.ceil(masks.length / size);
  if (masks.length !== expected * size) {
    throw new RangeError(`actionMasks has ${masks.length} elements, expected ${expected} × ${size} (actions)`);
  }
  for (let k = 0; k < masks.length; k++) {
    if (masks[k] === 0 || masks[k] === 1) continue;
    throw new RangeError(`actionMasks: expected 0 or 1, got ${valueText(masks[k])} in row ${Math.floor(k / size)}`);
  }
  for (let row = 0; row < expected; row++) {
    if (!leavesAction(masks, counts, row * size)) {
      throw new RangeError(`actionMasks: expected a legal action in each row, got none in row ${row}`);
    }
  }
}

/** Whether the mask that begins at `start` leaves each element of an action, of which it has `counts` choices, a legal one. */
export function leavesAction(masks: ArrayLike<number>, counts: readonly number[], start = 0): boolean {
  let next = start;
  for (const count of counts) {
    const end = next + count;
    while (next < end && masks[next] === 0) next++;
    if (next === end) return false;
    next = end;
  }
  return true;
}

const optionalRows: OptionCheck = optional(naturalNumber);

const choices: OptionCheck = {
  expected: 'a positive integer or a list of them',
  accepts: (value) => positiveInteger.accepts(value) || layerSizes.accepts(value),
};
