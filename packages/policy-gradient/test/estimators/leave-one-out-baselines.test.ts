import { Random } from '@gradus/core';
import {
  ClampPolicy,
  TabularSoftmax,
  exactPolicyGradient,
  gradientEstimates,
  sampleTrajectory,
  type Trajectory,
} from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';
import { enumerateTrajectories } from '../support/enumerate-trajectories.ts';
import { randomProcess, randomSoftmax, shortProcess } from '../support/random-process.ts';

const gamma = 0.8;

test('no bias: expectations as finite sums over all pairs of trajectories, whoever acts', () => {
  const table = shortProcess(2, 2);
  const policy = randomSoftmax(2, table);
  const { gradient } = exactPolicyGradient(table, policy, { gamma });
  for (const behaviour of [policy, randomSoftmax(3, table)]) {
    const all = enumerateTrajectories(table, behaviour);
    for (const baseline of ['mean', 'optimal'] as const) {
      const mean = new Float64Array(policy.numParameters);
      for (const first of all) {
        for (const second of all) {
          const pair = [first.trajectory, second.trajectory];
          const probability = first.probability * second.probability;
          const estimates = gradientEstimates(policy, pair, { gamma, baseline });
          estimates.forEach((x, k) => (mean[k % mean.length] += (probability * x) / 2));
        }
      }
      for (let i = 0; i < mean.length; i++) expect(Math.abs(mean[i] - gradient[i])).toBeLessThan(1e-12);
    }
  }
});

describe('by hand: θ = 0.2, so scores are 5 and −1.25', () => {
  const policy = new ClampPolicy(0.2);
  const trajectory = (action: number, reward: number): Trajectory => ({
    states: [0],
    actions: [action],
    rewards: [reward],
  });
  const trajectories = [trajectory(0, 10), trajectory(1, 4), trajectory(1, 6)];

  test('mean: others’ returns are 5, 8 and 7 on average', () => {
    const estimates = gradientEstimates(policy, trajectories, { gamma, baseline: 'mean' });
    expect(Array.from(estimates)).toEqual([5 * 5, -1.25 * -4, -1.25 * -1]);
  });

  test('mean of several steps: their returns 7, 6 and 8, weighted by 1, 1/2 and 1/4 as in the sum, or alike', () => {
    const even = new ClampPolicy(0.5);
    const pair = [{ states: [0, 0, 0], actions: [0, 1, 0], rewards: [4, 2, 8] }, trajectory(0, 10)];
    const options = { gamma: 0.5, baseline: 'mean' } as const;
    const [long, short] = gradientEstimates(even, pair, options);
    expect(long).toBe(2 * (7 - 10) - 2 * (3 - 5) + 2 * (2 - 2.5));
    expect(short).toBeCloseTo(2 * (10 - (7 + 3 + 2) / 1.75), 14);
    expect(Array.from(gradientEstimates(even, pair, { ...options, credit: 'reward-to-go' }))).toEqual([
      2 * (7 - 10) - 2 * (6 - 10) + 2 * (8 - 10),
      2 * (10 - 7),
    ]);
  });

  test('optimal: the returns of others weighted by 25 and 1.5625, the squares of their scores', () => {
    const estimates = gradientEstimates(policy, trajectories, { gamma, baseline: 'optimal' });
    const [left, right] = [25, 1.25 ** 2];
    const expected = [
      5 * (10 - 5),
      -1.25 * (4 - (left * 10 + right * 6) / (left + right)),
      -1.25 * (6 - (left * 10 + right * 4) / (left + right)),
    ];
    for (let n = 0; n < 3; n++) expect(estimates[n]).toBeCloseTo(expected[n], 12);
  });
});

test('the estimates are those of the definition, one left out at a time', () => {
  const table = randomProcess(7);
  const policy = randomSoftmax(7, table);
  const random = new Random(7);
  for (const behaviour of [policy, randomSoftmax(8, table)]) {
    const trajectories = Array.from({ length: 7 }, () => sampleTrajectory(table, behaviour, random));
    const actual = gradientEstimates(policy, trajectories, { gamma, baseline: 'optimal' });
    const expected = slowOptimal(policy, trajectories);
    expect(actual).toHaveLength(expected.length);
    for (let k = 0; k < expected.length; k++) {
      expect(Math.abs(actual[k] - expected[k])).toBeLessThan(1e-10 * Math.max(1, Math.abs(expected[k])));
    }
  }
});

/** b_i = Σ ℓ² w G / Σ ℓ² w² over the others, and Σ ℓ (G − w b), with everything computed from its definition. */
function slowOptimal(policy: TabularSoftmax, trajectories: readonly Trajectory[]): number[] {
  interface Term {
    readonly l: number;
    readonly g: number;
    readonly w: number;
  }
  const terms = ({ states, actions, rewards, logProbabilities }: Trajectory, i: number): Term[] =>
    Array.from(rewards, (_, t) => {
      const w = (k: number): number => {
        let product = 1;
        for (let j = 0; j <= k; j++) {
          product *= policy.probabilities(states[j])[actions[j]] / Math.exp(logProbabilities![j]);
        }
        return product;
      };
      let g = 0;
      for (let k = t; k < rewards.length; k++) g += gamma ** (k - t) * w(k) * rewards[k];
      const [state, b] = [Math.floor(i / policy.numActions), i % policy.numActions];
      const partial = state === states[t] ? Number(b === actions[t]) - policy.probabilities(state)[b] : 0;
      return { l: gamma ** t * partial, g, w: w(t) };
    });
  return trajectories.flatMap((trajectory, n) =>
    Array.from(policy.parameters, (_, i) => {
      const others = trajectories.filter((_, m) => m !== n).flatMap((other) => terms(other, i));
      const numerator = others.reduce((sum, { l, g, w }) => sum + l * l * w * g, 0);
      const denominator = others.reduce((sum, { l, w }) => sum + l * l * w * w, 0);
      const b = denominator > 0 ? numerator / denominator : 0;
      return terms(trajectory, i).reduce((sum, { l, g, w }) => sum + l * (g - w * b), 0);
    }),
  );
}

test('of one step, the optimal baseline leaves the smallest variance that a number for each parameter can (S5.4)', () => {
  // All three actions equally often, as the uniform policy takes them: means over the trajectories are expectations.
  const rewards = [1, 5, 2];
  const policy = new TabularSoftmax({ numStates: 1, numActions: 3 });
  const trajectories = Array.from({ length: 3000 }, (_, n) => ({
    states: [0],
    actions: [n % 3],
    rewards: [rewards[n % 3]],
  }));
  const moments = (baseline: 'mean' | 'optimal'): Float64Array => {
    const sums = new Float64Array(3);
    gradientEstimates(policy, trajectories, { gamma, baseline }).forEach((x, k) => (sums[k % 3] += x * x));
    return sums.map((sum) => sum / trajectories.length);
  };
  const [optimal, mean] = [moments('optimal'), moments('mean')];
  for (let i = 0; i < 3; i++) {
    // min_b E[ℓ² (r − b)²] = E[ℓ² r²] − E[ℓ² r]² / E[ℓ²], ℓ being 2/3 of the action i and −1/3 of others
    const expected = (term: (reward: number) => number): number =>
      rewards.reduce((sum, reward, action) => sum + ((action === i ? 4 : 1) / 9 / 3) * term(reward), 0);
    const smallest = expected((r) => r * r) - expected((r) => r) ** 2 / expected(() => 1);
    expect(optimal[i]).toBeGreaterThan(smallest);
    // Leaving one of n out changes a baseline by the order of 1 / n, and the variance by that of 1 / n.
    expect(optimal[i]).toBeLessThan(smallest * (1 + 10 / trajectories.length));
    expect(optimal[i]).toBeLessThan(mean[i]);
  }
});
