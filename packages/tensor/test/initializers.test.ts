import { describe, expect, test } from 'vitest';
import type { Shape } from '../src/index.ts';
import {
  constantValue,
  fanInUniform,
  glorotUniform,
  heUniform,
  normalInitializer,
  orthogonal,
  sizeOf,
  zeros,
} from '../src/index.ts';
import { testRandom } from './support/random.ts';

describe('orthogonal', () => {
  test.each([[[20, 7]], [[7, 20]], [[9, 9]], [[3, 3, 2, 5]], [[4, 1]]] satisfies [Shape][])(
    'rows or columns of %j are orthonormal, times the gain',
    (shape) => {
      const gain = Math.SQRT2;
      const matrix = orthogonal(gain)(shape, testRandom(1));
      const outputs = shape.at(-1)!;
      const inputs = sizeOf(shape) / outputs;
      const columns = inputs >= outputs;
      const vectors = Array.from({ length: Math.min(inputs, outputs) }, (_, v) =>
        Array.from(
          { length: Math.max(inputs, outputs) },
          (_element, i) => matrix[columns ? i * outputs + v : v * outputs + i],
        ),
      );
      vectors.forEach((a, i) => {
        vectors.forEach((b, j) => {
          const product = a.reduce((total, x, k) => total + x * b[k], 0);
          expect(Math.abs(product - (i === j ? gain ** 2 : 0))).toBeLessThan(1e-6);
        });
      });
    },
  );

  test('differs with the seed and not without', () => {
    expect(orthogonal()([4, 4], testRandom(1))).toEqual(orthogonal()([4, 4], testRandom(1)));
    expect(orthogonal()([4, 4], testRandom(1))).not.toEqual(orthogonal()([4, 4], testRandom(2)));
  });
});

describe('uniform initializers stay in their bounds and fill them', () => {
  const linear: Shape = [300, 200];
  const filters: Shape = [5, 5, 16, 40];
  test.each([
    ['glorot, linear', glorotUniform, linear, Math.sqrt(6 / 500)],
    ['glorot, filters', glorotUniform, filters, Math.sqrt(6 / (25 * 56))],
    ['he, linear', heUniform, linear, Math.sqrt(6 / 300)],
    ['he, filters', heUniform, filters, Math.sqrt(6 / 400)],
    ['fan in, linear', fanInUniform, linear, 1 / Math.sqrt(300)],
    ['fan in, filters', fanInUniform, filters, 1 / Math.sqrt(400)],
  ] as const)('%s', (_, initialize, shape, bound) => {
    const values = initialize(shape, testRandom(3));
    expect(values).toHaveLength(sizeOf(shape));
    const most = values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
    expect(most).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(most).toBeGreaterThan(0.99 * bound);
    const variance = values.reduce((total, x) => total + x * x, 0) / values.length;
    expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 1);
  });
});

test('normalInitializer has the standard deviation asked for', () => {
  const values = normalInitializer(0.02)([200, 200], testRandom(4));
  const mean = values.reduce((total, x) => total + x, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((total, x) => total + (x - mean) ** 2, 0) / values.length);
  expect(Math.abs(mean)).toBeLessThan(5e-4);
  expect(deviation / 0.02).toBeCloseTo(1, 1);
});

test('zeros and constantValue', () => {
  expect(zeros([2, 2], testRandom(0))).toEqual(new Float32Array(4));
  expect(constantValue(0.5)([3], testRandom(0))).toEqual(Float32Array.of(0.5, 0.5, 0.5));
});
