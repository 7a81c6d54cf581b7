import { categorical, Random } from '@gradus/core';
import { LinearSoftmax, TabularSoftmax } from '@gradus/policy-gradient';
import { constant, matmul, reshape } from '@gradus/tensor';
import { expect, test } from 'vitest';
import { expectFrequencies, expectScore, randomize } from '../support/check-score.ts';

/** Features of a state that is a point of the plane: φ(s, a) = (x cos a, y sin a, a, [a = 1]). */
const features = ([x, y]: readonly number[], action: number, target: Float64Array): void => {
  target[0] = x * Math.cos(action);
  target[1] = y * Math.sin(action);
  target[2] = action;
  if (action === 1) target[3] = 1;
};

const state = [0.7, -1.2];

function randomPolicy(): LinearSoftmax<readonly number[]> {
  const policy = new LinearSoftmax({ numActions: 3, numFeatures: 4, features });
  randomize(policy, 4);
  return policy;
}

test('the score is the gradient of log π, by autodiff and by differences', () => {
  const policy = randomPolicy();
  const rows = Float32Array.from(
    [0, 1, 2].flatMap((a) => {
      const row = new Float64Array(4);
      features(state, a, row);
      return Array.from(row);
    }),
  );
  for (const action of [0, 1, 2]) {
    expectScore(policy, state, action, (theta) => {
      const preferences = matmul(constant([3, 4], rows), reshape(theta, [4, 1]));
      return categorical(reshape(preferences, [1, 3])).logProbability(constant([1], [action], 'int32'));
    });
  }
});

test('the mean score is 0', () => {
  const policy = randomPolicy();
  const mean = new Float64Array(4);
  const score = new Float64Array(4);
  policy.probabilities(state).forEach((probability, action) => {
    policy.score(state, action, score);
    score.forEach((value, i) => (mean[i] += probability * value));
  });
  for (const value of mean) expect(Math.abs(value)).toBeLessThan(1e-15);
});

test('with a feature for each pair it is the table', () => {
  const table = new TabularSoftmax({ numStates: 3, numActions: 2 });
  const policy = new LinearSoftmax({
    numActions: 2,
    numFeatures: 6,
    features: (s: number, a, target) => (target[2 * s + a] = 1),
  });
  randomize(table, 5);
  policy.parameters.set(table.parameters);
  const [score, expected] = [new Float64Array(6), new Float64Array(6)];
  for (const s of [0, 1, 2]) {
    policy.score(s, 1, score);
    table.score(s, 1, expected);
    expect(policy.logProbability(s, 0)).toBeCloseTo(table.logProbability(s, 0), 14);
    for (let i = 0; i < 6; i++) expect(score[i]).toBeCloseTo(expected[i], 14);
  }
});

test('actions are drawn with their probabilities', () => {
  const policy = randomPolicy();
  const random = new Random(6);
  expectFrequencies(() => policy.sample(state, random), policy.probabilities(state));
});

test('bad input is named', () => {
  expect(() => new LinearSoftmax({ numActions: 3, numFeatures: 1.5, features })).toThrow(
    new RangeError('LinearSoftmax: expected numFeatures to be a positive integer, got 1.5'),
  );
  expect(() => randomPolicy().logProbability(state, -1)).toThrow(
    new RangeError('action: expected an integer in [0, 2], got -1'),
  );
});
