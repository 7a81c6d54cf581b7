import { TransitionTable } from '@gradus/core';
import { ClampPolicy, LinearSoftmax, exactPolicyGradient, type DiscretePolicy } from '@gradus/policy-gradient';
import { expect, test } from 'vitest';
import { randomize } from '../support/check-score.ts';
import { randomProcess, randomSoftmax } from '../support/random-process.ts';

/** J by repeated sweeps v ← R_π + γ P_π v, straight from the table. */
function startValue(table: TransitionTable, policy: DiscretePolicy, gamma: number): number {
  let values = new Float64Array(table.numStates);
  for (let sweep = 0; sweep < 400; sweep++) {
    values = values.map((_, state) =>
      policy
        .probabilities(state)
        .reduce(
          (value, probability, action) =>
            table
              .outcomes(state, action)
              .reduce(
                (sum, o) =>
                  sum + probability * o.probability * (o.reward + (o.terminated ? 0 : gamma * values[o.nextState])),
                value,
              ),
          0,
        ),
    );
  }
  return values.reduce((sum, value, state) => sum + table.initialDistribution[state] * value, 0);
}

/** Expects the gradient to be the central differences of J, h = 10⁻⁵. */
function expectDifferences(table: TransitionTable, policy: DiscretePolicy, gamma: number): void {
  const exact = exactPolicyGradient(table, policy, { gamma });
  expect(exact.startValue).toBeCloseTo(startValue(table, policy, gamma), 12);
  const h = 1e-5;
  for (let i = 0; i < policy.numParameters; i++) {
    const before = policy.parameters[i];
    policy.parameters[i] = before + h;
    const above = startValue(table, policy, gamma);
    policy.parameters[i] = before - h;
    const below = startValue(table, policy, gamma);
    policy.parameters[i] = before;
    expect(Math.abs((above - below) / (2 * h) - exact.gradient[i])).toBeLessThan(1e-8);
  }
}

test('the gradient is that of the start value, by differences (S5.5)', () => {
  for (const [seed, gamma] of [
    [1, 0.9],
    [2, 0.5],
    [3, 1],
  ]) {
    const table = randomProcess(seed);
    expectDifferences(table, randomSoftmax(seed, table), gamma);
  }
});

test('so it is of policies with fewer parameters than pairs', () => {
  const table = randomProcess(4);
  const policy = new LinearSoftmax({
    numActions: 3,
    numFeatures: 2,
    features: (state: number, action, target) => target.set([Math.sin(state + action), state * action]),
  });
  randomize(policy, 4);
  expectDifferences(table, policy, 0.9);
  const twoActions = randomProcess(5, 4, 2);
  expectDifferences(twoActions, new ClampPolicy(0.2), 0.9);
});

test('S5.8 by hand: J = 0.2 · 10 + 0.8 · 3 and dJ/dθ = 10 − 3', () => {
  const table = new TransitionTable({
    numStates: 1,
    numActions: 2,
    initialDistribution: [1],
    outcomes: (_, action) => [{ probability: 1, nextState: 0, reward: action === 0 ? 10 : 3, terminated: true }],
  });
  const exact = exactPolicyGradient(table, new ClampPolicy(0.2), { gamma: 1 });
  expect(exact.startValue).toBeCloseTo(4.4, 14);
  expect(exact.gradient[0]).toBeCloseTo(7, 14);
  expect(Array.from(exact.actionValues)).toEqual([10, 3]);
});

test('visits are Σ γᵗ P(s_t = s), and values obey Bellman’s equations', () => {
  const gamma = 0.9;
  const table = randomProcess(6);
  const policy = randomSoftmax(6, table);
  for (const discountsSteps of [true, false]) {
    const { visits, stateValues, actionValues } = exactPolicyGradient(table, policy, { gamma, discountsSteps });
    const summed = new Float64Array(table.numStates);
    let now = table.initialDistribution.slice();
    for (let t = 0; t < 400; t++) {
      const next = new Float64Array(table.numStates);
      now.forEach((p, s) => {
        summed[s] += (discountsSteps ? gamma ** t : 1) * p;
        policy.probabilities(s).forEach((probability, a) => {
          for (const o of table.outcomes(s, a)) if (!o.terminated) next[o.nextState] += p * probability * o.probability;
        });
      });
      now = next;
    }
    for (let s = 0; s < table.numStates; s++) {
      expect(visits[s]).toBeCloseTo(summed[s], 12);
      const value = policy.probabilities(s).reduce((v, p, a) => v + p * actionValues[s * table.numActions + a], 0);
      expect(value).toBeCloseTo(stateValues[s], 12);
    }
  }
});

test('what a table says of terminal states is no matter, not even with γ = 1', () => {
  const table = new TransitionTable({
    numStates: 2,
    numActions: 2,
    initialDistribution: [1, 0],
    outcomes: (state, action) => [{ probability: 1, nextState: 1, reward: 1 + action, terminated: state === 0 }],
  });
  const { startValue: value, visits } = exactPolicyGradient(table, randomSoftmax(1, table, 0), { gamma: 1 });
  expect(value).toBe(1.5);
  expect(Array.from(visits)).toEqual([1, 0]);
});

test('bad input is named', () => {
  const endless = new TransitionTable({
    numStates: 1,
    numActions: 2,
    initialDistribution: [1],
    outcomes: () => [{ probability: 1, nextState: 0, reward: 1, terminated: false }],
  });
  const policy = randomSoftmax(1, endless);
  const message = 'gamma: expected less than 1 and discounted steps, since the policy may never end';
  expect(() => exactPolicyGradient(endless, policy, { gamma: 1 })).toThrow(new RangeError(message));
  expect(() => exactPolicyGradient(endless, policy, { gamma: 0.9, discountsSteps: false })).toThrow(message);
  expect(() => exactPolicyGradient(endless, policy, { gamma: -1 })).toThrow(
    new RangeError('exactPolicyGradient: expected gamma to be a number in [0, 1], got -1'),
  );
  expect(() => exactPolicyGradient(randomProcess(1), new ClampPolicy(0.5), { gamma: 0.9 })).toThrow(
    new RangeError('policy: expected 3 actions, as the table has, got 2'),
  );
});
