import { Random, TransitionTable, discountedReturn } from '@gradus/core';
import { LinearGaussian, TabularSoftmax, exactPolicyGradient, sampleTrajectory } from '@gradus/policy-gradient';
import { expect, test } from 'vitest';
import { randomProcess, randomSoftmax } from '../support/random-process.ts';

test('episodes are possible ones, with the log-probabilities of their actions, and the mean return is J', () => {
  const table = randomProcess(11);
  const policy = randomSoftmax(11, table);
  const random = new Random(11);
  const returns = Array.from({ length: 5000 }, () => {
    const { states, actions, rewards, logProbabilities } = sampleTrajectory(table, policy, random);
    const steps = rewards.length;
    expect([states.length, actions.length, logProbabilities?.length]).toEqual([steps, steps, steps]);
    for (let t = 0; t < steps; t++) {
      const outcome = table.outcomes(states[t], actions[t]).find(({ reward }) => reward === rewards[t]);
      expect(outcome?.terminated).toBe(t === steps - 1);
      if (t < steps - 1) expect(outcome?.nextState).toBe(states[t + 1]);
      expect(logProbabilities?.[t]).toBe(policy.logProbability(states[t], actions[t]));
    }
    return discountedReturn(rewards, 0.9);
  });
  const mean = returns.reduce((sum, x) => sum + x, 0) / returns.length;
  const variance = returns.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (returns.length - 1);
  const { startValue } = exactPolicyGradient(table, policy, { gamma: 0.9 });
  expect(Math.abs(mean - startValue)).toBeLessThan(4 * Math.sqrt(variance / returns.length));
});

test('the same seed gives the same episode', () => {
  const table = randomProcess(12);
  const policy = randomSoftmax(12, table);
  expect(sampleTrajectory(table, policy, new Random(1))).toEqual(sampleTrajectory(table, policy, new Random(1)));
});

test('a process that does not end is refused', () => {
  const table = new TransitionTable({
    numStates: 1,
    numActions: 2,
    initialDistribution: [1],
    outcomes: () => [{ probability: 1, nextState: 0, reward: 0, terminated: false }],
  });
  expect(() => sampleTrajectory(table, randomSoftmax(1, table), new Random(1))).toThrow(
    new RangeError('table: expected episodes that end, got one of more than 100000 steps'),
  );
});

test('what is impossible never happens, not even where rounding leaves a rest of the uniform number', () => {
  const [possible, impossible] = [6, 6];
  const sixth = (index: number): number => (index < possible ? 1 / 6 : 0);
  const table = new TransitionTable({
    numStates: 7,
    numActions: 7,
    initialDistribution: Array.from({ length: 7 }, (_, state) => sixth(state)),
    outcomes: () =>
      Array.from({ length: 7 }, (_, nextState) => {
        return { probability: sixth(nextState), nextState, reward: nextState, terminated: true };
      }),
  });
  const policy = new TabularSoftmax(table);
  for (let state = 0; state < 7; state++) policy.parameters[state * 7 + impossible] = -1000;
  // Six sixths subtracted from the largest number below 1 leave 5.6 · 10⁻¹⁷.
  const random = new Random(1);
  random.nextFloat = () => 1 - 2 ** -53;
  const { states, actions, rewards } = sampleTrajectory(table, policy, random);
  expect([states[0], actions[0], rewards[0]]).toEqual([5, 5, 5]);
});

test('actions that the table has not are named', () => {
  const table = randomProcess(13);
  const policy = new TabularSoftmax({ numStates: table.numStates, numActions: 4 });
  for (let state = 0; state < table.numStates; state++) policy.parameters[state * 4 + 3] = 1000;
  expect(() => sampleTrajectory(table, policy, new Random(1))).toThrow(
    new RangeError('action: expected an integer in [0, 2], got 3'),
  );
  const continuous = new LinearGaussian({ numFeatures: 1, features: (_: number, target) => target.fill(1) });
  expect(() => sampleTrajectory(table, continuous, new Random(1))).toThrow('action: expected an integer in [0, 2]');
});
