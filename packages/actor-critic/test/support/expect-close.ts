import { expect } from 'vitest';

/** Expects numbers to be those, within `tolerance` of the larger of 1 and their size. */
export function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    expect(difference, `[${i}]: ${actual[i]} and ${expected[i]}`).toBeLessThan(tolerance);
  }
}
