import { Random } from '@gradus/core';
import { describe, expect, test } from 'vitest';
import { symmetricEigen } from '../src/symmetric-eigen.ts';
import { diagonal, largestDifference, product, randomOrthogonal, transpose } from './support/small-matrices.ts';

function decompose(matrix: Float64Array, n: number): { vectors: Float64Array; values: Float64Array } {
  const vectors = new Float64Array(n * n);
  const values = new Float64Array(n);
  symmetricEigen(matrix, vectors, values);
  return { vectors, values };
}

/** Checks Bᵀ diag(λ) B = A and B Bᵀ = I, to rounding errors that grow no faster than n. */
function expectDecomposition(matrix: Float64Array, n: number): Float64Array {
  const { vectors, values } = decompose(matrix, n);
  const size = matrix.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const again = product(product(transpose(vectors, n), diagonal(values), n), vectors, n);
  expect(largestDifference(again, matrix)).toBeLessThanOrEqual(20 * n * Number.EPSILON * size);
  const identity = product(vectors, transpose(vectors, n), n);
  expect(largestDifference(identity, diagonal(values.map(() => 1)))).toBeLessThanOrEqual(20 * n * Number.EPSILON);
  return values.sort();
}

test('2 × 2 by hand', () => {
  expect([...expectDecomposition(Float64Array.of(2, 1, 1, 2), 2)]).toEqual([
    expect.closeTo(1, 14) as number,
    expect.closeTo(3, 14) as number,
  ]);
});

test('second differences: λ_k = 2 − 2 cos(kπ / (n + 1))', () => {
  const n = 30;
  const matrix = Float64Array.from({ length: n * n }, (_, at) => {
    const distance = Math.abs(Math.floor(at / n) - (at % n));
    return distance === 0 ? 2 : distance === 1 ? -1 : 0;
  });
  const expected = Float64Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)));
  expect(largestDifference(expectDecomposition(matrix, n), expected)).toBeLessThan(1e-13);
});

describe('known eigenvalues in random axes come back', () => {
  test.each<[string, number[]]>([
    ['one', [3]],
    ['all equal', [2, 2, 2, 2, 2]],
    ['repeated', [1, 1, 4, 4, 4, 9]],
    ['of both signs and zero', [-3, -1, 0, 0, 2, 5, 7]],
    ['condition 10¹²', [1e-12, 1e-8, 1e-4, 1]],
    ['very small', [1e-200, 2e-200, 5e-200]],
    ['very large', [1e200, 2e200, 5e200]],
    ['forty', Array.from({ length: 40 }, (_, i) => i - 7.5)],
  ])('%s', (_, values) => {
    const n = values.length;
    for (let seed = 0; seed < 5; seed++) {
      const axes = randomOrthogonal(n, seed);
      const matrix = product(product(transpose(axes, n), diagonal(values), n), axes, n);
      for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j];
      const size = Math.max(...values.map(Math.abs));
      expect(largestDifference(expectDecomposition(matrix, n), values)).toBeLessThan(100 * n * Number.EPSILON * size);
    }
  });
});

test('diagonal, zero, split and exchange matrices', () => {
  expect([...expectDecomposition(diagonal([5, -1, 3]), 3)]).toEqual([-1, 3, 5]);
  expect([...expectDecomposition(new Float64Array(16), 4)]).toEqual([0, 0, 0, 0]);
  expectDecomposition(Float64Array.of(0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0), 4);
  expectDecomposition(Float64Array.of(0, 0, 1, 0, 0, 0, 1, 0, 0), 3);
});

test('dense random matrices', () => {
  const random = new Random(3);
  for (const n of [2, 3, 5, 17, 60]) {
    const matrix = Float64Array.from({ length: n * n }, () => random.normal());
    expectDecomposition(
      matrix.map((value, at) => value + matrix[(at % n) * n + Math.floor(at / n)]),
      n,
    );
  }
});

test('the upper triangle is not read, and the matrix stays as it is', () => {
  const matrix = Float64Array.of(2, NaN, 1, 2);
  expect([...decompose(matrix, 2).values].sort()).toEqual([expect.closeTo(1, 14), expect.closeTo(3, 14)]);
  expect([...matrix]).toEqual([2, NaN, 1, 2]);
});

test('entries that are not finite are refused', () => {
  expect(() => decompose(Float64Array.of(1, 0, Infinity, 1), 2)).toThrow(
    'symmetricEigen: expected finite entries, got Infinity',
  );
});
