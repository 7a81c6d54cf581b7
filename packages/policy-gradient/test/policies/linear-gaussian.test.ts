import { Random, gaussian } from '@gradus/core';
import { LinearGaussian } from '@gradus/policy-gradient';
import { constant, matmul, reshape, slice, type Tensor } from '@gradus/tensor';
import { expect, test } from 'vitest';
import { expectScore, randomize } from '../support/check-score.ts';

const features = (x: number, target: Float64Array): void => {
  target[0] = 1;
  target[1] = x;
  target[2] = x * x;
};

test('a hand-worked score: (a − μ) φ / σ², and (a − μ)² / σ² − 1', () => {
  const policy = new LinearGaussian({ numFeatures: 3, features, logStd: Math.log(2), learnsLogStd: true });
  policy.parameters.set([1, 0.5, 0]);
  expect(policy.mean(2)).toBe(2);
  const score = new Float64Array(4);
  policy.score(2, 5, score);
  // (5 − 2) / 4 of (1, 2, 4), and 9 / 4 − 1
  for (const [i, expected] of [0.75, 1.5, 3, 1.25].entries()) expect(score[i]).toBeCloseTo(expected, 14);
});

test('the score is the gradient of log π, by autodiff and by differences, of learned and of fixed σ', () => {
  const x = 0.6;
  const row = (): Tensor => constant([1, 3], [1, x, x * x]);
  for (const action of [-1.4, 0.3, 2]) {
    const learned = new LinearGaussian({ numFeatures: 3, features, learnsLogStd: true });
    randomize(learned, 7);
    expect(learned.logStd).toBe(learned.parameters[3]);
    expectScore(learned, x, action, (theta) =>
      gaussian(matmul(row(), reshape(slice(theta, [0], [3]), [3, 1])), slice(theta, [3], [1])).logProbability(
        constant([1, 1], [action]),
      ),
    );
    const fixed = new LinearGaussian({ numFeatures: 3, features, logStd: -0.3 });
    randomize(fixed, 8);
    expect(fixed.logStd).toBe(-0.3);
    expectScore(fixed, x, action, (theta) =>
      gaussian(matmul(row(), reshape(theta, [3, 1])), constant([1], [-0.3])).logProbability(constant([1, 1], [action])),
    );
  }
});

test('actions are normal: mean and variance within five standard errors', () => {
  const policy = new LinearGaussian({ numFeatures: 3, features, logStd: Math.log(0.5) });
  policy.parameters.set([1, 2, 3]);
  const random = new Random(9);
  const draws = 20_000;
  let [sum, squares] = [0, 0];
  for (let n = 0; n < draws; n++) {
    const z = (policy.sample(-1, random) - 2) / 0.5;
    sum += z;
    squares += z * z;
  }
  expect(Math.abs(sum / draws)).toBeLessThan(5 / Math.sqrt(draws));
  expect(Math.abs(squares / draws - 1)).toBeLessThan(5 * Math.sqrt(2 / draws));
});

test('bad input is named', () => {
  expect(() => new LinearGaussian({ numFeatures: 3, features, logStd: NaN })).toThrow(
    'LinearGaussian: expected logStd to be a finite number',
  );
  expect(() => new LinearGaussian({ numFeatures: 0, features })).toThrow(
    new RangeError('LinearGaussian: expected numFeatures to be a positive integer, got 0'),
  );
});
