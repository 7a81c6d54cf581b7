import { expect, test } from 'vitest';
import { Random } from '../../src/random/random.ts';
import { solveLinearSystem } from '../../src/statistics/solve-linear-system.ts';

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

/** r_i a_ij c_j, of which x_j / c_j is the solution for r_i b_i. */
function rescale(matrix: Float64Array, rows: readonly number[], columns: readonly number[]): Float64Array {
  return matrix.map((value, k) => value * rows[Math.floor(k / rows.length)] * columns[k % rows.length]);
}

test.each([
  ['rows', [1, 1e-20, 1e12], [1, 1, 1]],
  ['columns', [1, 1, 1], [1e-9, 1, 1e30]],
  ['both', [1e-100, 1e80, 1], [1e50, 1e-120, 1e-8]],
])('the units of equations and unknowns do not matter: %s', (_, rows, columns) => {
  const matrix = Float64Array.of(4, 1, 2, 1, 3, 0.5, 2, 0.5, 5);
  const solution = [1, -2, 3];
  const vector = Float64Array.from(
    rows,
    (scale, i) => scale * solution.reduce((sum, x, j) => sum + matrix[i * 3 + j] * x, 0),
  );
  expect(solveLinearSystem(rescale(matrix, rows, columns), vector)).toBe(true);
  vector.forEach((x, j) => expect(x * columns[j]).toBeCloseTo(solution[j], 12));
  // The same with dependent rows.
  const dependent = Float64Array.of(4, 1, 2, 1, 3, 0.5, 5, 4, 2.5);
  expect(solveLinearSystem(rescale(dependent, rows, columns), Float64Array.of(1, 2, 3))).toBe(false);
});

test('a small element alone in its row is what it is, unless it is said to be rounding', () => {
  const matrix = (): Float64Array => Float64Array.of(1, -0.5, 0, 2 ** -53);
  const solution = Float64Array.of(1, 1);
  expect(solveLinearSystem(matrix(), solution)).toBe(true);
  expect([...solution]).toEqual([1 + 0.5 * 2 ** 53, 2 ** 53]);
  expect(solveLinearSystem(matrix(), Float64Array.of(1, 1), { rounding: Number.EPSILON })).toBe(false);
});

test('false for singular matrices, within rounding', () => {
  expect(solveLinearSystem(Float64Array.of(1, 2, 2, 4), Float64Array.of(1, 2))).toBe(false);
  expect(solveLinearSystem(Float64Array.of(0.1, 0.2, 0.3, 0.6), Float64Array.of(1, 2))).toBe(false);
  expect(solveLinearSystem(Float64Array.of(0.1, 0.2, 0.3e10, 0.6e10), Float64Array.of(1, 2))).toBe(false);
  expect(solveLinearSystem(new Float64Array(4), new Float64Array(2))).toBe(false);
  for (const wrong of [NaN, Infinity]) {
    expect(solveLinearSystem(Float64Array.of(1, wrong, 0, 1), new Float64Array(2))).toBe(false);
  }
});
