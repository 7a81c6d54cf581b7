import { Random, linear } from '@gradus/core';
import { boltzmann, epsilonGreedy, upperConfidence, type Exploration } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { Explorer, sampleAction } from '../../src/tabular/exploration.ts';
import { maximumDifference } from '../support/random-tables.ts';

/** π(· | s) for values and visits of the second of two states. */
function policyOf(
  exploration: Exploration,
  values: readonly number[],
  {
    visits = values.map(() => 1),
    mask,
    progress = 0,
  }: { visits?: readonly number[]; mask?: number[]; progress?: number } = {},
): number[] {
  const before = values.map(() => 100);
  const explorer = new Explorer(
    exploration,
    Float64Array.from([...before, ...values]),
    Uint32Array.from([...before, ...visits]),
    values.length,
  );
  return [...explorer.policyIn(1, mask && Uint8Array.from(mask), progress)];
}

describe('ε-greedy', () => {
  test('ε is shared by all, the rest by the best', () => {
    expect(maximumDifference(policyOf(epsilonGreedy(0.2), [1, 3, 2, 0]), [0.05, 0.85, 0.05, 0.05])).toBeLessThan(1e-15);
    expect(maximumDifference(policyOf(epsilonGreedy(0.2), [1, 3, 3, 0]), [0.05, 0.45, 0.45, 0.05])).toBeLessThan(1e-15);
    expect(policyOf(epsilonGreedy(0), [-1, -1])).toEqual([0.5, 0.5]);
  });

  test('only among legal actions', () => {
    const policy = policyOf(epsilonGreedy(0.2), [1, 3, 2, 0], { mask: [1, 0, 1, 0] });
    expect(maximumDifference(policy, [0.1, 0, 0.9, 0])).toBeLessThan(1e-15);
  });

  test('ε follows its schedule', () => {
    const schedule = epsilonGreedy(linear(1, 0, 0.5));
    expect(policyOf(schedule, [0, 1], { progress: 0.25 })).toEqual([0.25, 0.75]);
    expect(policyOf(schedule, [0, 1], { progress: 0.7 })).toEqual([0, 1]);
  });
});

describe('Boltzmann', () => {
  test('probabilities are proportional to exp(q / τ)', () => {
    const policy = policyOf(boltzmann(2), [2 * Math.log(1), 2 * Math.log(2), 2 * Math.log(5)]);
    expect(maximumDifference(policy, [1 / 8, 2 / 8, 5 / 8])).toBeLessThan(1e-15);
  });

  test('large values do not overflow, and masks leave out', () => {
    expect(policyOf(boltzmann(1), [1e6, 1e6, 0], { mask: [1, 1, 1] })).toEqual([0.5, 0.5, 0]);
    expect(policyOf(boltzmann(0.001), [5, 1e6, 5], { mask: [1, 0, 1] })).toEqual([0.5, 0, 0.5]);
  });
});

describe('upper confidence bounds', () => {
  test('what was never tried goes first, all of it alike', () => {
    expect(policyOf(upperConfidence(1), [9, 0, 0], { visits: [5, 0, 0] })).toEqual([0, 0.5, 0.5]);
    expect(policyOf(upperConfidence(1), [9, 0, 0], { visits: [0, 0, 0], mask: [0, 1, 0] })).toEqual([0, 1, 0]);
  });

  test('the best bound wins: q + c √(ln N / n)', () => {
    // N = 100: bounds 1 + c · 0.226 and 0.5 + c · 0.679, which cross at c = 1.105.
    const visits = [90, 10];
    expect(policyOf(upperConfidence(1.1), [1, 0.5], { visits })).toEqual([1, 0]);
    expect(policyOf(upperConfidence(1.11), [1, 0.5], { visits })).toEqual([0, 1]);
  });
});

test('actions are drawn with their probabilities', () => {
  const random = new Random(1);
  const policy = Float64Array.of(9, 9, 0.1, 0, 0.6, 0.3);
  const draws = 40_000;
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < draws; i++) counts[sampleAction(policy, 2, 4, random)]++;
  expect(counts[1]).toBe(0);
  // Five standard deviations.
  [0.1, 0, 0.6, 0.3].forEach((p, a) => {
    expect(Math.abs(counts[a] - draws * p)).toBeLessThanOrEqual(5 * Math.sqrt(draws * p * (1 - p)));
  });
});
