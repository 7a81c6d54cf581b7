import { Random, finiteHorizonValues, type TransitionTable } from '@gradus/core';
import { transitionTable } from '@gradus/envs';
import {
  ClampPolicy,
  LinearSoftmax,
  TabularSoftmax,
  exactPolicyGradient,
  finiteHorizonPolicyGradient,
  type DiscretePolicy,
} from '@gradus/policy-gradient';
import { expect, test } from 'vitest';
import { randomize } from '../support/check-score.ts';
import { randomProcess, randomSoftmax, shortProcess } from '../support/random-process.ts';

/** J and E[Σ γ^h r_h · Σ_h ∇ log π] by enumeration of all trajectories of at most `horizon` steps: the likelihood ratio, without the theorem. */
function enumerate(table: TransitionTable, policy: DiscretePolicy, horizon: number, gamma: number) {
  let startValue = 0;
  const gradient = new Float64Array(policy.numParameters);
  const walk = (state: number, step: number, probability: number, sum: number, scores: Float64Array): void => {
    policy.probabilities(state).forEach((chosen, action) => {
      const score = new Float64Array(policy.numParameters);
      policy.score(state, action, score);
      const summed = scores.map((value, i) => value + score[i]);
      for (const outcome of table.outcomes(state, action)) {
        const reached = probability * chosen * outcome.probability;
        const earned = sum + gamma ** step * outcome.reward;
        if (!outcome.terminated && step + 1 < horizon) {
          walk(outcome.nextState, step + 1, reached, earned, summed);
          continue;
        }
        startValue += reached * earned;
        summed.forEach((value, i) => (gradient[i] += reached * earned * value));
      }
    });
  };
  table.initialDistribution.forEach((probability, state) => {
    walk(state, 0, probability, 0, new Float64Array(policy.numParameters));
  });
  return { startValue, gradient };
}

const expectNear = (one: ArrayLike<number>, other: ArrayLike<number>, tolerance: number) =>
  Array.from(one).forEach((value, i) => expect(Math.abs(value - other[i])).toBeLessThan(tolerance));

test.each([
  [1, 1],
  [2, 0.8],
  [3, 0],
])('seed %i, γ = %d: the gradient is that of all trajectories (S5.5)', (seed, gamma) => {
  const table = randomProcess(seed, 3, 2);
  const policy = randomSoftmax(seed, table);
  for (const horizon of [1, 2, 4]) {
    const expected = enumerate(table, policy, horizon, gamma);
    const found = finiteHorizonPolicyGradient(table, policy, { horizon, gamma });
    expect(found.startValue).toBeCloseTo(expected.startValue, 12);
    expectNear(found.gradient, expected.gradient, 1e-12);
  }
});

test('and the differences of J, also where parameters are shared by states', () => {
  const shared = new LinearSoftmax({
    numActions: 3,
    numFeatures: 2,
    features: (state: number, action, target) => target.set([Math.sin(state + action), state * action]),
  });
  randomize(shared, 4);
  const cases: [TransitionTable, DiscretePolicy][] = [
    [randomProcess(4), shared],
    [randomProcess(5, 4, 2), new ClampPolicy(0.2)],
    [transitionTable('FrozenLake-v1'), new TabularSoftmax({ numStates: 16, numActions: 4 })],
  ];
  for (const [table, policy] of cases) {
    const horizon = Math.min(table.horizon, 30);
    const { gradient } = finiteHorizonPolicyGradient(table, policy, { horizon });
    const value = () => {
      const rows = Array.from({ length: table.numStates }, (_, state) => [...policy.probabilities(state)]);
      return finiteHorizonValues(table, rows.flat(), { horizon }).startValue;
    };
    const h = 1e-5;
    for (let i = 0; i < policy.numParameters; i++) {
      const before = policy.parameters[i];
      policy.parameters[i] = before + h;
      const above = value();
      policy.parameters[i] = before - h;
      const below = value();
      policy.parameters[i] = before;
      expect(Math.abs((above - below) / (2 * h) - gradient[i])).toBeLessThan(1e-7);
    }
  }
});

test('beyond the end of all episodes it is the gradient without a horizon', () => {
  const short = shortProcess(1, 5);
  const process = randomProcess(6);
  for (const [table, horizon, gamma] of [
    [short, 5, 1],
    [short, 5, 0.9],
    [process, 200, 0.9],
    [process, 200, 1],
  ] as const) {
    const policy = randomSoftmax(2, table);
    const endless = exactPolicyGradient(table, policy, { gamma });
    const found = finiteHorizonPolicyGradient(table, policy, { horizon, gamma });
    expect(found.startValue).toBeCloseTo(endless.startValue, 12);
    expectNear(found.gradient, endless.gradient, 1e-12);
  }
});

test('following it climbs to the optimum within the time limit', () => {
  const table = transitionTable('LectureGrid-v0').withHorizon(4);
  const policy = new TabularSoftmax(table);
  const random = new Random(1);
  for (let i = 0; i < policy.numParameters; i++) policy.parameters[i] = 0.01 * random.normal();
  const before = finiteHorizonPolicyGradient(table, policy).startValue;
  for (let k = 0; k < 300; k++) {
    const { gradient } = finiteHorizonPolicyGradient(table, policy);
    gradient.forEach((slope, i) => (policy.parameters[i] += 0.5 * slope));
  }
  // From everywhere the goal, 100, is at most three steps away.
  const { startValue } = finiteHorizonPolicyGradient(table, policy);
  expect(startValue).toBeGreaterThan(before);
  expect(startValue).toBeGreaterThan(95);
});

test('a policy with other actions, and a table without a horizon, are refused', () => {
  const table = randomProcess(1);
  expect(() => finiteHorizonPolicyGradient(table, new ClampPolicy(0.2), { horizon: 3 })).toThrow(
    'policy: expected 3 actions, as the table has, got 2',
  );
  expect(() => finiteHorizonPolicyGradient(table, randomSoftmax(1, table))).toThrow('expected horizon to be given');
});
