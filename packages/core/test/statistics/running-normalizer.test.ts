import { describe, expect, test } from 'vitest';
import { Random } from '../../src/random/random.ts';
import { RunningNormalizer } from '../../src/statistics/running-normalizer.ts';

/** Rows of two features with means 3 and −100 and standard deviations 2 and 0.1. */
function createRows(random: Random, rows: number): Float64Array {
  return Float64Array.from({ length: 2 * rows }, (_, k) =>
    k % 2 === 0 ? 3 + 2 * random.normal() : -100 + 0.1 * random.normal(),
  );
}

describe('RunningNormalizer', () => {
  test('merged batches have the mean and variance of all rows at once', () => {
    const random = new Random(1);
    const batches = [1, 7, 100, 3, 500].map((rows) => createRows(random, rows));
    const all = Float64Array.from(batches.flatMap((batch) => [...batch]));
    const normalizer = new RunningNormalizer(2);
    for (const batch of batches) normalizer.update(batch);
    const count = all.length / 2;
    for (let j = 0; j < 2; j++) {
      const column = [...all].filter((_, k) => k % 2 === j);
      const mean = column.reduce((sum, value) => sum + value, 0) / count;
      const squares = column.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      // Before any data: 10⁻⁴ rows of mean 0 and variance 1.
      const total = count + 1e-4;
      expect(normalizer.mean[j]).toBeCloseTo((mean * count) / total, 10);
      expect(normalizer.variance[j]).toBeCloseTo((squares + 1e-4 + (mean * mean * count * 1e-4) / total) / total, 10);
    }
  });

  test('sizes and limits out of range are refused', () => {
    expect(() => new RunningNormalizer(0)).toThrow('RunningNormalizer: expected size to be a positive integer, got 0');
    for (const limit of [0, -1, NaN]) {
      expect(() => new RunningNormalizer(1, limit)).toThrow(
        `RunningNormalizer: expected limit to be a number above 0, got ${limit}`,
      );
    }
  });

  test('normalized rows have mean 0 and variance 1, and outliers are clipped', () => {
    const rows = Float32Array.from(createRows(new Random(2), 5000));
    const normalizer = new RunningNormalizer(2);
    normalizer.update(rows);
    const normalized = new Float32Array(rows.length);
    normalizer.normalize(rows, normalized);
    for (let j = 0; j < 2; j++) {
      const column = [...normalized].filter((_, k) => k % 2 === j);
      expect(column.reduce((sum, value) => sum + value, 0) / 5000).toBeCloseTo(0, 2);
      expect(column.reduce((sum, value) => sum + value * value, 0) / 5000).toBeCloseTo(1, 1);
    }
    const outlier = Float32Array.of(1e6, -1e6);
    normalizer.normalize(outlier, outlier);
    expect(outlier).toEqual(Float32Array.of(10, -10));
  });

  test('a constant feature becomes zero, not NaN; no rows change nothing', () => {
    const normalizer = new RunningNormalizer(1);
    normalizer.update(new Float32Array(0));
    expect(normalizer.mean[0]).toBe(0);
    for (let k = 0; k < 100; k++) normalizer.update(new Float32Array(1000).fill(5));
    const value = Float32Array.of(5);
    normalizer.normalize(value, value);
    expect(Math.abs(value[0])).toBeLessThan(0.01);
  });

  test('goes on exactly from a saved state', () => {
    const random = new Random(3);
    const normalizer = new RunningNormalizer(2);
    normalizer.update(createRows(random, 10));
    const restored = new RunningNormalizer(2);
    restored.setState(normalizer.getState());
    const more = createRows(random, 10);
    normalizer.update(more);
    restored.update(more);
    expect(restored.getState()).toEqual(normalizer.getState());
    expect(() => new RunningNormalizer(3).setState(normalizer.getState())).toThrow("'mean': expected Float64Array(3)");
  });
});

test('a feature that never changes is as good as 0, however large', () => {
  for (const value of [100.1, -1e8, 1e-8].map(Math.fround)) {
    const normalizer = new RunningNormalizer(1);
    const batch = new Float32Array(1000).fill(value);
    for (let round = 0; round < 1000; round++) normalizer.update(batch);
    const target = new Float32Array(1);
    normalizer.normalize(batch.subarray(0, 1), target);
    // What is left is the weight of the first mean, 0, which falls with the root of the count.
    expect(Math.abs(target[0])).toBeLessThan(1e-4);
  }
});

test('rows of another size are refused', () => {
  const normalizer = new RunningNormalizer(2);
  const three = new Float32Array(3);
  const message = 'RunningNormalizer: expected rows of 2 numbers, got 3';
  expect(() => {
    normalizer.update(three);
  }).toThrow(new RangeError(message));
  expect(() => {
    normalizer.normalize(three, three);
  }).toThrow(new RangeError(message));
  expect(() => {
    normalizer.normalize(new Float32Array(4), new Float32Array(2));
  }).toThrow(new RangeError('RunningNormalizer: expected a target of 4 numbers, got 2'));
});
