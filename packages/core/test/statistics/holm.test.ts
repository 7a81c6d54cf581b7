import { expect, test } from 'vitest';
import { holm } from '../../src/statistics/holm.ts';

test('a hand-worked case, in the given order', () => {
  // Sorted: 4 · 0.005 = 0.02, 3 · 0.01 = 0.03, 2 · 0.03 = 0.06, and 1 · 0.04, which may not be less.
  const expected = [0.03, 0.06, 0.06, 0.02];
  for (const [i, corrected] of holm([0.01, 0.04, 0.03, 0.005]).entries()) {
    expect(corrected).toBeCloseTo(expected[i], 15);
  }
});

test('never more than 1, and one test stays as it is', () => {
  expect(holm([0.5, 0.6, 1])).toEqual([1, 1, 1]);
  expect(holm([0.04])).toEqual([0.04]);
  expect(holm([])).toEqual([]);
});

test('what is no probability is refused', () => {
  expect(() => holm([0.1, -0.1])).toThrow('holm: expected p-values in [0, 1], got -0.1');
  expect(() => holm([NaN])).toThrow('got NaN');
});
