import { Random, bootstrapInterval, meanScore } from '@gradus/core';
import {
  exactPolicyGradient,
  gradientEstimates,
  sampleTrajectory,
  type GradientOptions,
} from '@gradus/policy-gradient';
import { expect, test } from 'vitest';
import { randomProcess, randomSoftmax } from '../support/random-process.ts';

const GROUPS = 100;
const GROUP_SIZE = 500;
const gamma = 0.9;

/** The total variance Σᵢ Var(ĝᵢ) within each group of samples, [GROUPS]. */
function variances(estimates: Float64Array, numParameters: number): number[] {
  const size = GROUP_SIZE * numParameters;
  return Array.from({ length: GROUPS }, (_, group) => {
    const rows = estimates.subarray(group * size, (group + 1) * size);
    const sums = new Float64Array(numParameters);
    rows.forEach((x, k) => (sums[k % numParameters] += x));
    return rows.reduce((sum, x, k) => sum + (x - sums[k % numParameters] / GROUP_SIZE) ** 2, 0) / (GROUP_SIZE - 1);
  });
}

test.each([1, 2])('process %i: total return > reward-to-go > with a baseline ≥ with the optimal one (S5.4)', (seed) => {
  const table = randomProcess(seed);
  const policy = randomSoftmax(seed, table);
  const { stateValues } = exactPolicyGradient(table, policy, { gamma });
  const random = new Random(seed);
  const trajectories = Array.from({ length: GROUPS * GROUP_SIZE }, () => sampleTrajectory(table, policy, random));
  const varianceOf = (options: Omit<GradientOptions, 'gamma'>): number[] =>
    variances(gradientEstimates(policy, trajectories, { gamma, ...options }), policy.numParameters);

  const totalReturn = varianceOf({ credit: 'total-return' });
  const toGo = varianceOf({});
  const withMean = varianceOf({ baseline: 'mean' });
  const withValues = varianceOf({ baseline: (state) => stateValues[state] });
  const withOptimal = varianceOf({ baseline: 'optimal' });
  for (const [larger, smaller] of [
    [totalReturn, toGo],
    [toGo, withMean],
    [toGo, withValues],
    [withMean, withOptimal],
  ]) {
    const differences = larger.map((variance, group) => variance - smaller[group]);
    const interval = bootstrapInterval({ differences }, meanScore, { confidence: 0.999, repetitions: 5000 });
    expect(interval.low).toBeGreaterThan(0);
  }
});
