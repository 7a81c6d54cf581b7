import { categorical, Random } from '@gradus/core';
import { TabularSoftmax } from '@gradus/policy-gradient';
import { constant, reshape, slice } from '@gradus/tensor';
import { expect, test } from 'vitest';
import { expectFrequencies, expectScore, randomize } from '../support/check-score.ts';
import { randomProcess } from '../support/random-process.ts';

test('at first all actions are alike; a hand-worked score', () => {
  const policy = new TabularSoftmax({ numStates: 2, numActions: 2 });
  expect(Array.from(policy.probabilities(1))).toEqual([0.5, 0.5]);
  policy.parameters.set([0, 0, Math.log(3), 0]);
  const score = new Float64Array(4);
  policy.score(1, 0, score);
  // π(0 | 1) = 3 / 4
  for (const [i, expected] of [0, 0, 0.25, -0.25].entries()) expect(score[i]).toBeCloseTo(expected, 15);
});

test('the score is the gradient of log π, by autodiff and by differences', () => {
  const policy = new TabularSoftmax({ numStates: 3, numActions: 4 });
  randomize(policy, 1);
  for (const [state, action] of [
    [0, 0],
    [1, 3],
    [2, 1],
  ]) {
    expectScore(policy, state, action, (theta) =>
      categorical(slice(reshape(theta, [3, 4]), [state, 0], [1, 4])).logProbability(constant([1], [action], 'int32')),
    );
  }
});

test('actions are drawn with their probabilities', () => {
  const policy = new TabularSoftmax({ numStates: 2, numActions: 4 });
  randomize(policy, 2);
  const random = new Random(3);
  expectFrequencies(() => policy.sample(1, random), policy.probabilities(1));
});

test('large preferences neither overflow nor give log 0', () => {
  const policy = new TabularSoftmax({ numStates: 1, numActions: 2 });
  policy.parameters.set([1000, -1000]);
  expect(Array.from(policy.probabilities(0))).toEqual([1, 0]);
  expect(policy.logProbability(0, 1)).toBe(-2000);
});

test('a transition table tells its size', () => {
  expect(new TabularSoftmax(randomProcess(1)).parameters).toHaveLength(12);
});

test('bad input is named', () => {
  expect(() => new TabularSoftmax({ numStates: 0, numActions: 2 })).toThrow(
    new RangeError('TabularSoftmax: expected numStates to be a positive integer, got 0'),
  );
  const policy = new TabularSoftmax({ numStates: 2, numActions: 3 });
  expect(() => policy.probabilities(2)).toThrow(new RangeError('state: expected an integer in [0, 1], got 2'));
  expect(() => policy.logProbability(0, 3)).toThrow(new RangeError('action: expected an integer in [0, 2], got 3'));
  expect(() => policy.score(0, 0.5, new Float64Array(6))).toThrow('action: expected an integer in [0, 2], got 0.5');
});
