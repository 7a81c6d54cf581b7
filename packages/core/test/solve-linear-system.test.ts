import { expect, test } from 'vitest';
import { Random } from '../src/random.ts';
import { solveLinearSystem } from '../src/solve-linear-system.ts';

test('a hand-worked system that needs other rows as pivots', () => {
  // y = 2, x + z = 4, x − z = −2
  const solution = Float64Array.of(2, 4, -2);
  expect(solveLinearSystem(Float64Array.of(0, 1, 0, 1, 0, 1, 1, 0, -1), solution)).toBe(true);
  expect(Array.from(solution)).toEqual([1, 2, 3]);
});

test('the solution of random systems satisfies them', () => {
  const random = new Random(1);
  for (const n of [1, 2, 7, 30]) {
    const matrix = Float64Array.from({ length: n * n }, () => random.normal());
    const vector = Float64Array.from({ length: n }, () => random.normal());
    const solution = vector.slice();
    expect(solveLinearSystem(matrix.slice(), solution)).toBe(true);
    for (let row = 0; row < n; row++) {
      const left = solution.reduce((sum, x, column) => sum + matrix[row * n + column] * x, 0);
      expect(left).toBeCloseTo(vector[row], 10);
    }
  }
});

test('false for singular matrices, within rounding', () => {
  expect(solveLinearSystem(Float64Array.of(1, 2, 2, 4), Float64Array.of(1, 2))).toBe(false);
  expect(solveLinearSystem(Float64Array.of(0.1, 0.2, 0.3, 0.6), Float64Array.of(1, 2))).toBe(false);
  expect(solveLinearSystem(new Float64Array(4), new Float64Array(2))).toBe(false);
});
