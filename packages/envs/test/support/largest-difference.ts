import { expect } from 'vitest';

/** The largest distance between two numbers in the same place. Fails where there are more of them in one list. */
export function largestDifference(a: unknown, b: readonly number[]): number {
  const numbers = a as ArrayLike<number>;
  expect(numbers.length).toBe(b.length);
  return Math.max(...b.map((value, i) => Math.abs(value - numbers[i])));
}
