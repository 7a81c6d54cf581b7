import {
  ClampPolicy,
  estimateGradient,
  exactPolicyGradient,
  gradientEstimates,
  type Credit,
  type GradientOptions,
  type Trajectory,
} from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';
import { enumerateTrajectories, type WeightedTrajectory } from '../support/enumerate-trajectories.ts';
import { randomSoftmax, shortProcess } from '../support/random-process.ts';

const credits: readonly Credit[] = ['total-return', 'discounted-reward-to-go', 'reward-to-go'];

describe('expectations as finite sums over all trajectories of three steps', () => {
  const gamma = 0.8;
  const table = shortProcess(1, 3);
  const policy = randomSoftmax(1, table);
  const others = [randomSoftmax(2, table), randomSoftmax(3, table, 2)];
  const ofJ = exactPolicyGradient(table, policy, { gamma }).gradient;
  const undiscounted = exactPolicyGradient(table, policy, { gamma, discountsSteps: false }).gradient;

  function expectation(all: readonly WeightedTrajectory[], options: Omit<GradientOptions, 'gamma'>): Float64Array {
    const estimates = gradientEstimates(
      policy,
      all.map(({ trajectory }) => trajectory),
      { gamma, ...options },
    );
    const mean = new Float64Array(policy.numParameters);
    estimates.forEach((x, k) => (mean[k % mean.length] += all[Math.floor(k / mean.length)].probability * x));
    return mean;
  }

  test.each(credits)('%s: no bias, whatever the baseline, whoever acts (S5.2 to S5.4)', (credit) => {
    const expected = credit === 'reward-to-go' ? undiscounted : ofJ;
    for (const behaviour of [policy, ...others]) {
      const all = enumerateTrajectories(table, behaviour);
      expect(all).toHaveLength(128);
      for (const baseline of [0, -3, (state: number) => Math.sin(state)]) {
        const mean = expectation(all, { credit, baseline });
        for (let i = 0; i < mean.length; i++) expect(Math.abs(mean[i] - expected[i])).toBeLessThan(1e-12);
      }
    }
  });

  test('the gradient without γᵗ is another', () => {
    expect(Math.max(...ofJ.map((x, i) => Math.abs(x - undiscounted[i])))).toBeGreaterThan(0.01);
  });

  test('importance weights of the policy itself are 1, to the last bit', () => {
    const trajectories = enumerateTrajectories(table, policy).map(({ trajectory }) => trajectory);
    const without = trajectories.map(({ states, actions, rewards }) => ({ states, actions, rewards }));
    for (const credit of credits) {
      expect(gradientEstimates(policy, trajectories, { gamma, credit })).toEqual(
        gradientEstimates(policy, without, { gamma, credit }),
      );
    }
  });
});

describe('by hand: γ = 1/2, rewards 4, 2, 8, and scores 2, −2, 2', () => {
  const policy = new ClampPolicy(0.5);
  const trajectory: Trajectory = { states: [0, 1, 2], actions: [0, 1, 0], rewards: [4, 2, 8] };
  const estimate = (options: Omit<GradientOptions, 'gamma'>, changes: Partial<Trajectory> = {}): number =>
    estimateGradient(policy, [{ ...trajectory, ...changes }], { gamma: 0.5, ...options })[0];

  test('total return: R = 4 + 1 + 2 = 7', () => {
    expect(estimate({ credit: 'total-return' })).toBe(7 * (2 - 2 + 2));
    expect(estimate({ credit: 'total-return', baseline: 3 })).toBe(4 * (2 - 2 + 2));
  });

  test('rewards to go: G = 7, 6, 8', () => {
    expect(estimate({ credit: 'reward-to-go' })).toBe(2 * 7 - 2 * 6 + 2 * 8);
    expect(estimate({ credit: 'discounted-reward-to-go' })).toBe(2 * 7 - 2 * 3 + 2 * 2);
    expect(estimate({})).toBe(estimate({ credit: 'discounted-reward-to-go' }));
  });

  test('baseline b(s) = s + 1', () => {
    const baseline = (state: number): number => state + 1;
    expect(estimate({ credit: 'reward-to-go', baseline })).toBe(2 * 6 - 2 * 4 + 2 * 5);
    expect(estimate({ baseline })).toBe(2 * 6 - 2 * 2 + 2 * 1.25);
  });

  test('importance weights 2, 4, 2: ρ takes the actions with 1/4, 1/4 and 1', () => {
    const logProbabilities = [0.25, 0.25, 1].map(Math.log);
    expect(estimate({ credit: 'total-return' }, { logProbabilities })).toBeCloseTo(2 * 7 * 2, 13);
    expect(estimate({ credit: 'total-return', baseline: 3 }, { logProbabilities })).toBeCloseTo(2 * 4 * 2, 13);
    // Weighted rewards 8, 8, 16, so G = 16, 16, 16; baselines are weighted by 2, 4, 2.
    expect(estimate({ credit: 'reward-to-go' }, { logProbabilities })).toBeCloseTo(32, 13);
    expect(estimate({ credit: 'reward-to-go', baseline: 1 }, { logProbabilities })).toBeCloseTo(
      2 * 14 - 2 * 12 + 2 * 14,
      13,
    );
  });

  test('an action that is impossible by now counts for nothing, nor does what followed', () => {
    const certain = new ClampPolicy(1);
    const logProbabilities = [0.5, 0.5, 0.5].map(Math.log);
    for (const baseline of [1, 'mean', 'optimal'] as const) {
      const estimates = gradientEstimates(certain, [{ ...trajectory, logProbabilities }, trajectoryOf(0)], {
        gamma: 0.5,
        baseline,
      });
      expect(Array.from(estimates)).toEqual([0, 0]);
    }
  });

  test('the mean of several', () => {
    const gradient = estimateGradient(policy, [trajectory, trajectoryOf(1)], { gamma: 0.5 });
    expect(gradient[0]).toBe((12 - 20) / 2);
  });

  /** One step with the reward 10. */
  function trajectoryOf(action: number): Trajectory {
    return { states: [0], actions: [action], rewards: [10] };
  }
});

test('bad input is named', () => {
  const policy = new ClampPolicy(0.5);
  const good: Trajectory = { states: [0, 0], actions: [0, 1], rewards: [1, 2] };
  const estimate =
    (changes: Partial<Trajectory>, options: Partial<GradientOptions> = {}) =>
    () =>
      estimateGradient(policy, [good, { ...good, ...changes }], { gamma: 1, ...options });
  expect(estimate({ rewards: [1, NaN] })).toThrow(
    new RangeError('trajectories[1].rewards[1]: expected a finite number, got NaN'),
  );
  expect(estimate({ actions: [1] })).toThrow(
    new RangeError('trajectories[1].actions: expected 2, as there are rewards, got 1'),
  );
  expect(estimate({ states: [], actions: [], rewards: [] })).toThrow(
    new RangeError('trajectories[1]: expected at least one step, got none'),
  );
  expect(estimate({ logProbabilities: [0, -Infinity] })).toThrow(
    'trajectories[1].logProbabilities[1]: expected a finite number, got -Infinity',
  );
  expect(estimate({ logProbabilities: [0, -1000] })).toThrow(
    'logProbabilities: expected finite importance weights, got Infinity at step 1',
  );
  expect(estimate({}, { gamma: 1.1 })).toThrow('gradient: expected gamma to be a number in [0, 1], got 1.1');
  expect(estimate({}, { baseline: NaN })).toThrow('gradient: expected baseline to be a finite number, a function');
  expect(estimate({}, { baseline: () => NaN })).toThrow(
    new RangeError('baseline: expected a finite number for each state, got NaN'),
  );
  expect(() => estimateGradient(policy, [], { gamma: 1 })).toThrow(
    new RangeError('trajectories: expected at least 1, got 0'),
  );
  expect(() => estimateGradient(policy, [good], { gamma: 1, baseline: 'mean' })).toThrow(
    new RangeError('trajectories: expected at least 2, got 1'),
  );
  policy.parameters[0] = NaN;
  expect(estimate({})).toThrow(new RangeError('policy: expected finite parameters, got one that is not'));
});
