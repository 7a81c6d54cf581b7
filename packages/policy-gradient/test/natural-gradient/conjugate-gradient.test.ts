import { Random, solveLinearSystem } from '@gradus/core';
import { expect, test } from 'vitest';
import { conjugateGradient, dot } from '../../src/natural-gradient/conjugate-gradient.ts';

type Product = (v: Float64Array, result: Float64Array) => void;

/** A = Bᵀ B + ½ I with random B, which is symmetric and positive definite. */
function randomMatrix(n: number, random: Random): Float64Array {
  const b = Float64Array.from({ length: n * n }, () => random.normal());
  return Float64Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    let sum = i === j ? 0.5 : 0;
    for (let row = 0; row < n; row++) sum += b[row * n + i] * b[row * n + j];
    return sum;
  });
}

function productWith(matrix: Float64Array): Product {
  return (v, result) => {
    for (let i = 0; i < v.length; i++) result[i] = dot(matrix.subarray(i * v.length, (i + 1) * v.length), v);
  };
}

const normals = (n: number, random: Random): Float64Array => Float64Array.from({ length: n }, () => random.normal());

test.each([1, 2, 5, 12])('random systems of %d equations: as many iterations give what elimination gives', (n) => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(seed);
    const matrix = randomMatrix(n, random);
    const b = normals(n, random);
    const x = new Float64Array(n).fill(NaN);
    const iterations = conjugateGradient(productWith(matrix), b, x, { iterations: n, tolerance: 0 });
    expect(iterations).toBe(n);

    const expected = b.slice();
    expect(solveLinearSystem(matrix.slice(), expected)).toBe(true);
    const error = x.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i])), 0);
    expect(error).toBeLessThan(1e-8 * Math.max(...expected.map(Math.abs)));
  }
});

test('each iteration brings ½ xᵀ A x − bᵀ x down, and xᵀ A x = bᵀ x at all of them', () => {
  const n = 10;
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(seed);
    const product = productWith(randomMatrix(n, random));
    const b = normals(n, random);
    const [x, image] = [new Float64Array(n), new Float64Array(n)];
    let before = 0;
    for (let iterations = 1; iterations <= n; iterations++) {
      conjugateGradient(product, b, x, { iterations });
      product(x, image);
      expect(Math.abs(dot(x, image) - dot(b, x))).toBeLessThan(1e-9 * dot(b, x));
      const objective = dot(x, image) / 2 - dot(b, x);
      expect(objective).toBeLessThan(before);
      before = objective;
    }
  }
});

test('one iteration for each different eigenvalue', () => {
  const eigenvalues = [3, 3, 0.1, 3, 0.1, 20];
  const product: Product = (v, result) => {
    v.forEach((value, i) => (result[i] = eigenvalues[i] * value));
  };
  const x = new Float64Array(6);
  expect(conjugateGradient(product, Float64Array.of(1, 2, 3, 4, 5, 6), x, { iterations: 100 })).toBe(3);
  eigenvalues.forEach((eigenvalue, i) => {
    expect(x[i]).toBeCloseTo((i + 1) / eigenvalue, 9);
  });
});

test('it ends at the tolerance, relative to b', () => {
  const random = new Random(1);
  const product = productWith(randomMatrix(12, random));
  const b = normals(12, random);
  const counts = [1, 1e-9, 1e9].map((scale) => {
    const scaled = b.map((value) => scale * value);
    const [x, image] = [new Float64Array(12), new Float64Array(12)];
    const iterations = conjugateGradient(product, scaled, x, { iterations: 12, tolerance: 1e-2 });
    product(x, image);
    const residual = scaled.map((value, i) => value - image[i]);
    expect(dot(residual, residual)).toBeLessThanOrEqual(1e-2 * dot(scaled, scaled));
    return iterations;
  });
  expect(counts[0]).toBeLessThan(12);
  expect(counts).toEqual([counts[0], counts[0], counts[0]]);
});

test('nothing to solve, nothing to solve it with, and NaN: x stays 0', () => {
  const cases: [Product, number][] = [
    [(v, result) => result.set(v), 0],
    [(_, result) => result.fill(0), 1],
    [(_, result) => result.fill(NaN), 1],
    [(v, result) => result.set(v), NaN],
  ];
  for (const [product, value] of cases) {
    const x = new Float64Array(3).fill(7);
    expect(conjugateGradient(product, new Float64Array(3).fill(value), x, { iterations: 5 })).toBe(0);
    expect([...x]).toEqual([0, 0, 0]);
  }
});
