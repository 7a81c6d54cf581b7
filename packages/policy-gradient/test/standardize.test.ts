import { constant, evaluate } from '@gradus/tensor';
import { expect, test } from 'vitest';
import { standardize } from '../src/programs/standardize.ts';

const standardized = (values: readonly number[]): number[] => [
  ...evaluate(() => standardize(constant([values.length], values))),
];

test.each([2, 3, 64, 100, 2048, 30_000])('%d equal numbers become 0, exactly', (count) => {
  for (const value of [100.1, -100.1, 0.1, 1 / 3, 1e-30, 1e30, 12_345.678, 0]) {
    expect(new Set(standardized(Array<number>(count).fill(value)).map((each) => each + 0))).toEqual(new Set([0]));
  }
});

test('so do numbers that differ by their last place only', () => {
  const ulp = 2 ** -17;
  const values = Array.from({ length: 64 }, (_, i) => 100.1 + (i % 3) * ulp);
  expect(standardized(values).every((each) => each === 0)).toBe(true);
});

test('others get mean 0 and deviation 1, however far from 0 they are', () => {
  for (const offset of [0, 1, -1000, 1e5]) {
    const values = Array.from({ length: 300 }, (_, i) => Math.fround(offset + 3 * Math.sin(i * i)));
    const mean = values.reduce((total, each) => total + each, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((total, each) => total + (each - mean) ** 2, 0) / (values.length - 1));
    standardized(values).forEach((each, i) => expect(each).toBeCloseTo((values[i] - mean) / deviation, 5));
  }
});

test('what is not finite is not hidden', () => {
  for (const wrong of [NaN, Infinity]) {
    expect(standardized([1, wrong, 3]).some(Number.isFinite)).toBe(false);
    expect(standardized([wrong, 2, 3]).some(Number.isFinite)).toBe(false);
  }
});
