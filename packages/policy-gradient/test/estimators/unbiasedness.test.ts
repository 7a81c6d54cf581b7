import { Random } from '@gradus/core';
import {
  LinearGaussian,
  exactPolicyGradient,
  gradientEstimates,
  sampleTrajectory,
  type Baseline,
  type Credit,
  type TabularSoftmax,
  type Trajectory,
} from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';
import { testMean } from '../support/mean-test.ts';
import { ENDING, randomProcess, randomSoftmax } from '../support/random-process.ts';

const SAMPLES = 100_000;
const gamma = 0.9;

/** `v` stands for the baseline v_π. */
const estimators: [Credit, Baseline | 'v'][] = [
  ['total-return', 0],
  ['total-return', 2],
  ['discounted-reward-to-go', 0],
  ['discounted-reward-to-go', 2],
  ['discounted-reward-to-go', 'v'],
  ['discounted-reward-to-go', 'mean'],
  ['discounted-reward-to-go', 'optimal'],
  ['reward-to-go', 0],
  ['reward-to-go', 'optimal'],
];

/** Two processes, each on-policy and off: three standard errors of a single number, 0.0027, shared out among all tests (Bonferroni). */
const LEVEL = 0.0027 / (4 * estimators.length);

/** The action that is left out: since the scores of a state sum to 0, so do the gradients. */
const free = (policy: TabularSoftmax): number[] =>
  Array.from(policy.parameters.keys()).filter((i) => i % policy.numActions > 0);

/** The same policy with preferences that are some 0.15 off. */
function nearby(policy: TabularSoftmax, seed: number): TabularSoftmax {
  const other = randomSoftmax(seed, policy, 0.15);
  policy.parameters.forEach((theta, i) => (other.parameters[i] += theta));
  return other;
}

function play(seed: number, table: Parameters<typeof sampleTrajectory>[0], policy: TabularSoftmax): Trajectory[] {
  const random = new Random(seed);
  return Array.from({ length: SAMPLES }, () => sampleTrajectory(table, policy, random));
}

/** As if the policy itself had acted. */
function withoutLogProbabilities(trajectories: readonly Trajectory[]): Trajectory[] {
  return trajectories.map(({ states, actions, rewards }) => ({ states, actions, rewards }));
}

describe.each([1, 2])('process %i: the mean of 10⁵ estimates is the exact gradient (S5.2 to S5.5)', (seed) => {
  const table = randomProcess(seed);
  const policy = randomSoftmax(seed, table);
  const behaviour = nearby(policy, seed + 100);
  const ofJ = exactPolicyGradient(table, policy, { gamma });
  const undiscounted = exactPolicyGradient(table, policy, { gamma, discountsSteps: false });
  const onPolicy = play(seed, table, policy);
  const offPolicy = play(seed, table, behaviour);

  test('importance weights have a fourth moment, so that variances can be estimated', () => {
    for (let state = 0; state < table.numStates; state++) {
      const rho = behaviour.probabilities(state);
      const moment = policy.probabilities(state).reduce((sum, p, a) => sum + p ** 4 / rho[a] ** 3, 0);
      // What a step multiplies the moment by is less than 1.
      expect((1 - ENDING) * moment).toBeLessThan(1);
    }
  });

  for (const [name, trajectories] of [
    ['π', withoutLogProbabilities(onPolicy)],
    ['ρ', offPolicy],
  ] as const) {
    test.each(estimators)(`${name} acts: %s, baseline %s`, (credit, baseline) => {
      const estimates = gradientEstimates(policy, trajectories, {
        gamma,
        credit,
        baseline: baseline === 'v' ? (state) => ofJ.stateValues[state] : baseline,
      });
      const { gradient } = credit === 'reward-to-go' ? undiscounted : ofJ;
      const { distance, largest, pValue } = testMean(estimates, gradient, free(policy));
      expect(distance).toBeLessThan(3);
      expect(largest).toBeLessThan(3);
      expect(pValue).toBeGreaterThan(LEVEL);
    });
  }

  test('the test has the power to tell: without γᵗ, and without importance weights, the mean is another', () => {
    const withoutDiscount = gradientEstimates(policy, onPolicy, { gamma, credit: 'reward-to-go', baseline: 'mean' });
    expect(testMean(withoutDiscount, ofJ.gradient, free(policy)).pValue).toBeLessThan(1e-9);
    const estimates = gradientEstimates(policy, withoutLogProbabilities(offPolicy), { gamma });
    expect(testMean(estimates, ofJ.gradient, free(policy)).pValue).toBeLessThan(1e-9);
  });
});

test('contextual bandit with real actions (S5.6): the gradient of E[−(A − s)²]', () => {
  const policy = new LinearGaussian({
    numFeatures: 3,
    features: (s: number, target) => target.set([1, s, s * s]),
    logStd: Math.log(0.7),
    learnsLogStd: true,
  });
  policy.parameters.set([0.5, -0.2, 0.3]);
  const contexts = [-1, 0, 1];
  const random = new Random(5);
  const trajectories = Array.from({ length: SAMPLES }, () => {
    const context = contexts[random.integer(3)];
    const action = policy.sample(context, random);
    return { states: [context], actions: [action], rewards: [-((action - context) ** 2)] };
  });
  // J = −E[(μ(s) − s)² + σ²]
  const gradient = [0, 0, 0, -2 * 0.7 ** 2];
  for (const s of contexts) {
    const slope = (-2 * (policy.mean(s) - s)) / 3;
    [1, s, s * s].forEach((feature, i) => (gradient[i] += slope * feature));
  }
  for (const baseline of [0, (s: number) => -((policy.mean(s) - s) ** 2), 'mean', 'optimal'] as const) {
    const estimates = gradientEstimates(policy, trajectories, { gamma: 1, baseline });
    const { distance, pValue } = testMean(estimates, gradient, [0, 1, 2, 3]);
    expect(distance).toBeLessThan(3);
    expect(pValue).toBeGreaterThan(0.0027 / 4);
  }
});
