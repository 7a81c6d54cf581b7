import { describe, expect, test } from 'vitest';
import { cmaParameters, defaultPopulationSize } from '../src/cma-parameters.ts';

test('λ = 4 + ⌊3 ln n⌋', () => {
  expect([1, 2, 3, 10, 40, 100].map(defaultPopulationSize)).toEqual([4, 6, 7, 10, 15, 17]);
});

// Of pycma 4.5.0 (RecombinationWeights, and CMAEvolutionStrategy.sp), which has the tutorial's formulas for these.
describe('as in pycma', () => {
  test('n = 10, λ = 10', () => {
    const parameters = cmaParameters(10, 10);
    expect(parameters.parents).toBe(5);
    expect(parameters.effectiveParents).toBeCloseTo(3.1672992814107017, 12);
    expect(parameters.rankOneRate).toBeCloseTo(0.015283824524751714, 14);
    expect(parameters.rankMuRate).toBeCloseTo(0.02355177665041747, 14);
    expect(parameters.covariancePathRate).toBeCloseTo(0.29499038303562225, 13);
    const expected = [0.456273, 0.270753, 0.162231, 0.085234, 0.02551];
    const negative = [-0.080013, -0.221764, -0.344555, -0.452864, -0.54975];
    [...expected, ...negative].forEach((weight, i) => expect(parameters.weights[i]).toBeCloseTo(weight, 6));
  });

  test.each([
    [2, 6, 2.0286114646100617, 0.1548153998964136, 0.08559277942666424, 0.6245545390268264, -2.207323654840602],
    [40, 15, 4.5409152090759575, 0.0011694327252618397, 0.003405219643706347, 0.09300921663424917, -1.3434235813314506],
    [10, 100, 26.96665506465105, 0.012931871565203196, 0.2954229629087601, 0.3453076473556917, -0.23412031303052355],
  ])('n = %i, λ = %i', (n, lambda, effectiveParents, rankOneRate, rankMuRate, pathRate, negative) => {
    const parameters = cmaParameters(n, lambda);
    expect(parameters.effectiveParents).toBeCloseTo(effectiveParents, 11);
    expect(parameters.rankOneRate).toBeCloseTo(rankOneRate, 14);
    expect(parameters.rankMuRate).toBeCloseTo(rankMuRate, 14);
    expect(parameters.covariancePathRate).toBeCloseTo(pathRate, 13);
    const { weights, parents } = parameters;
    expect(weights.slice(0, parents).reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 14);
    expect(weights.slice(parents).reduce((sum, weight) => sum + weight)).toBeCloseTo(negative, 12);
  });
});

test('the step size’s, by hand: n = 10, λ = 10, µ_eff = 3.1673', () => {
  const { stepSizePathRate, stepSizeDamping, expectedNorm } = cmaParameters(10, 10);
  expect(stepSizePathRate).toBeCloseTo(5.1673 / 18.1673, 6);
  expect(stepSizeDamping).toBeCloseTo(1 + 5.1673 / 18.1673, 6);
  expect(expectedNorm).toBeCloseTo(3.0847, 4);
});

test('C stays positive definite by its parameters for all sizes', () => {
  for (const n of [1, 2, 5, 30, 200]) {
    for (const lambda of [2, 3, 4, 7, 20, 500]) {
      const { weights, rankOneRate, rankMuRate } = cmaParameters(n, lambda);
      const negative = weights.reduce((sum, weight) => sum + Math.min(weight, 0), 0);
      // What is left of C after the decay and after each negative term, whose length is n: at least nothing.
      expect(1 - rankOneRate - rankMuRate + rankMuRate * n * negative).toBeGreaterThanOrEqual(-1e-12);
      expect(weights.every(Number.isFinite)).toBe(true);
    }
  }
});
