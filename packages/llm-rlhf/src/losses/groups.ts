import { checkArguments, positiveInteger, type OptionCheck } from '@gradus/tensor';
import { finiteList } from '../checks.ts';

/** How many completions there are of each prompt. */
export const groupSizeCheck: OptionCheck = {
  expected: 'an integer of at least 2: completions of each prompt to compare',
  accepts: (value) => positiveInteger.accepts(value) && value !== 1,
};

/** Throws `RangeError` unless `values` are groups of `size` ≥ 2. */
export function checkGroups(operation: string, values: ArrayLike<number>, size: number): void {
  checkArguments(operation, { rewards: values, size }, { rewards: finiteList, size: positiveInteger });
  if (size < 2) {
    throw new RangeError(`${operation}: expected at least 2 completions of each prompt to compare, got ${size}`);
  }
  if (values.length === 0 || values.length % size !== 0) {
    throw new RangeError(`${operation}: expected a multiple of ${size} rewards, got ${values.length}`);
  }
}
