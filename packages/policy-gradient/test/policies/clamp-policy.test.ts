import { Random } from '@gradus/core';
import { ClampPolicy, estimateGradient } from '@gradus/policy-gradient';
import { clip, log, sub } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { expectFrequencies, expectScore } from '../support/check-score.ts';

const [LEFT, RIGHT] = [0, 1];

function scoreOf(policy: ClampPolicy, action: number): number {
  const score = new Float64Array(1);
  policy.score(0, action, score);
  return score[0];
}

describe('S5.8 at θ = 0.2', () => {
  test('the score is 5 of L and −1.25 of R, exactly', () => {
    const policy = new ClampPolicy(0.2);
    expect(Array.from(policy.probabilities(0))).toEqual([0.2, 0.8]);
    expect(scoreOf(policy, LEFT)).toBe(5);
    expect(scoreOf(policy, RIGHT)).toBe(-1.25);
  });

  test('the gradient estimate of one episode is 5 R or −1.25 R, exactly', () => {
    const policy = new ClampPolicy(0.2);
    for (const reward of [1, -3, 0.1, 1e6 / 3]) {
      const estimate = (action: number): number =>
        estimateGradient(policy, [{ states: [0], actions: [action], rewards: [reward] }], {
          gamma: 1,
          credit: 'total-return',
        })[0];
      expect(estimate(LEFT)).toBe(5 * reward);
      expect(estimate(RIGHT)).toBe(-1.25 * reward);
    }
  });

  test('returns 10 and 3: the mean is their difference, and with the optimal baseline 8.6 so is each estimate', () => {
    const policy = new ClampPolicy(0.2);
    const estimates = (baseline: number): number[] =>
      [10, 3].map((reward, action) => {
        const episode = { states: [0], actions: [action], rewards: [reward] };
        return estimateGradient(policy, [episode], { gamma: 1, credit: 'total-return', baseline })[0];
      });
    for (const baseline of [0, -4, 8.6]) {
      const [left, right] = estimates(baseline);
      expect(0.2 * left + 0.8 * right).toBeCloseTo(10 - 3, 13);
    }
    expect((0.2 * 5 ** 2 * 10 + 0.8 * 1.25 ** 2 * 3) / (0.2 * 5 ** 2 + 0.8 * 1.25 ** 2)).toBeCloseTo(8.6, 14);
    for (const estimate of estimates(8.6)) expect(estimate).toBeCloseTo(7, 13);
    expect(estimates(0)).toEqual([50, -3.75]);
  });
});

test('the score is the gradient of log π, by autodiff and by differences', () => {
  const policy = new ClampPolicy(0.3);
  expectScore(policy, 0, LEFT, (theta) => log(clip(theta, 0, 1)));
  expectScore(policy, 0, RIGHT, (theta) => log(clip(sub(1, theta), 0, 1)));
});

test('beyond the ends it is deterministic, and nothing leads back', () => {
  const policy = new ClampPolicy(1.5);
  expect(Array.from(policy.probabilities(0))).toEqual([1, 0]);
  expect(scoreOf(policy, LEFT)).toBe(0);
  expect(policy.logProbability(0, RIGHT)).toBe(-Infinity);
  expect(() => scoreOf(policy, RIGHT)).toThrow(
    new RangeError('action: expected one that is possible, got 1 with θ = 1.5'),
  );
  const random = new Random(1);
  for (let n = 0; n < 100; n++) expect(policy.sample(0, random)).toBe(LEFT);
  expect(scoreOf(new ClampPolicy(-0.1), RIGHT)).toBe(0);
});

test('actions are drawn with their probabilities, and bad input is named', () => {
  const policy = new ClampPolicy(0.2);
  const random = new Random(2);
  expectFrequencies(() => policy.sample(0, random), [0.2, 0.8]);
  expect(() => new ClampPolicy(NaN)).toThrow(
    new RangeError('ClampPolicy: expected theta to be a finite number, got NaN'),
  );
  expect(() => policy.logProbability(0, 2)).toThrow(new RangeError('action: expected an integer in [0, 1], got 2'));
});
