import type { OptionCheck } from '@gradus/core';

/** Throws `RangeError` unless `value` is an integer in [0, count). */
export function checkIndex(name: string, value: number, count: number): void {
  if (Number.isInteger(value) && value >= 0 && value < count) return;
  throw new RangeError(`${name}: expected an integer in [0, ${count - 1}], got ${value}`);
}

/** A function, for `checkOptions`. */
export const aFunction: OptionCheck = { expected: 'a function', accepts: (value) => typeof value === 'function' };
