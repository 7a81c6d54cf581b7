import { describe, expect, test } from 'vitest';
import { FiniteDifferences } from '../src/finite-differences.ts';
import { shiftedBowl } from './support/functions.ts';
import { iterate } from './support/run.ts';

const point = [1.5, -0.25, 3];

/** 3 x + xᵀ H x / 2, with H = [[−4, 1, 0], [1, −2, 0.5], [0, 0.5, −1]]. */
const quadratic = (x: Float64Array) =>
  3 * x[0] - 2 * x[0] ** 2 + x[0] * x[1] - x[1] ** 2 + 0.5 * x[1] * x[2] - 0.5 * x[2] ** 2;
const gradient = [3 - 4 * 1.5 - 0.25, 1.5 + 0.5 + 1.5, -0.125 - 3];

function estimate(utility: (x: Float64Array) => number, twoSided: boolean, difference: number): number[] {
  const search = new FiniteDifferences(point, { twoSided, difference });
  iterate(search, utility, 1);
  return [...search.gradient];
}

const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12) as number);

describe('the gradient', () => {
  test.each([0.01, 0.5, 10])('two-sided is exact for a quadratic function, δ = %d', (difference) => {
    expect(estimate(quadratic, true, difference)).toEqual(near(gradient));
  });

  test.each([0.01, 0.5, 10])('one-sided is exact for a linear function, δ = %d', (difference) => {
    const linear = (x: Float64Array) => 4 + 2 * x[0] - 7 * x[1] + 0.5 * x[2];
    expect(estimate(linear, false, difference)).toEqual(near([2, -7, 0.5]));
  });

  test('one-sided is off by δ H_ii / 2 for a quadratic function', () => {
    const expected = gradient.map((value, i) => value + (0.25 * [-4, -2, -1][i]) / 2);
    expect(estimate(quadratic, false, 0.25)).toEqual(near(expected));
  });

  test('two-sided is off by δ² for x³, whose third derivative is 6', () => {
    expect(estimate((x) => x[0] ** 3, true, 0.5)).toEqual(near([3 * 1.5 ** 2 + 0.25, 0, 0]));
  });
});

test('a step is α g, or has the length α', () => {
  const plain = new FiniteDifferences(point, { learningRate: 0.1 });
  iterate(plain, quadratic, 1);
  expect([...plain.mean]).toEqual(near(point.map((value, i) => value + 0.1 * gradient[i])));
  const normalized = new FiniteDifferences(point, { learningRate: 0.1, normalize: true });
  iterate(normalized, quadratic, 1);
  const length = Math.hypot(...gradient);
  expect([...normalized.mean]).toEqual(near(point.map((value, i) => value + (0.1 * gradient[i]) / length)));
});

test('the candidates are θ ± δ e_i and θ, or θ and θ + δ e_i', () => {
  const options = { difference: 0.5 };
  expect([...new FiniteDifferences([1, 2], options).ask()]).toEqual([1.5, 2, 0.5, 2, 1, 2.5, 1, 1.5, 1, 2]);
  expect([...new FiniteDifferences([1, 2], { ...options, evaluateMean: false }).ask()]).toEqual([
    1.5, 2, 0.5, 2, 1, 2.5, 1, 1.5,
  ]);
  expect([...new FiniteDifferences([1, 2], { difference: 0.5, twoSided: false }).ask()]).toEqual([
    1, 2, 1.5, 2, 1, 2.5,
  ]);
});

test('gradient ascent on a quadratic function shrinks errors by 1 − α |H_ii|', () => {
  const search = new FiniteDifferences([0, 0], { learningRate: 0.05 });
  iterate(search, shiftedBowl, 10);
  expect(search.mean[0]).toBeCloseTo(1 - 0.9 ** 10, 11);
  expect(search.mean[1]).toBeCloseTo(-2 + 2 * 0.6 ** 10, 11);
});

test('where nothing changes nothing moves', () => {
  const search = new FiniteDifferences([1, 2], { normalize: true });
  iterate(search, () => 3, 2);
  expect([...search.mean]).toEqual([1, 2]);
});
