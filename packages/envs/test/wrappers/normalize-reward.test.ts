import { vectorize } from '@gradus/core';
import { normalizeReward } from '@gradus/envs';
import { expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

/** √(variance + 10⁻⁸) where mean 0 and variance 1 weigh 10⁻⁴, as in Gymnasium, and each of `returns` 1. */
function deviation(returns: readonly number[]): number {
  const weight = returns.length + 1e-4;
  const mean = returns.reduce((sum, value) => sum + value, 0) / weight;
  const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 1e-4 * (1 + mean ** 2)) / weight;
  return Math.sqrt(variance + 1e-8);
}

test('divides by the deviation of all discounted returns so far', () => {
  const env = normalizeReward(
    scriptedEnv([
      { observation: [0], reward: 1 },
      { observation: [0], reward: 2 },
      { observation: [0], reward: 3, truncated: true },
      { observation: [0], reward: 4 },
      { observation: [0], reward: 5, terminated: true },
      { observation: [0], reward: 6 },
    ]),
    { gamma: 0.5 },
  );
  env.reset();
  const rewards = Array.from({ length: 6 }, () => {
    const { reward, terminated, truncated } = env.step(0);
    if (terminated || truncated) env.reset();
    return reward;
  });
  // By hand: a truncation lets the return go on (4 / 2 + 4 = 6), a termination drops what was before it (5, not 3 + 5).
  const returns = [1, 2.5, 4.25, 6.125, 5, 8.5];
  rewards.forEach((reward, t) => expect(reward).toBeCloseTo((t + 1) / deviation(returns.slice(0, t + 1)), 8));
});

test('discounts by 0.99 unless told otherwise', () => {
  const env = normalizeReward(scriptedEnv([{ observation: [0], reward: 1 }]));
  env.reset();
  env.step(0);
  expect(env.step(0).reward).toBeCloseTo(1 / deviation([1, 1.99]), 8);
});

test('copies share the variance; their episode returns stay those that came', () => {
  const scripts = [
    [
      { observation: [0], reward: 1, terminated: true },
      { observation: [0], reward: 3 },
    ],
    [{ observation: [0], reward: -2 }],
  ];
  const env = normalizeReward(
    vectorize((i) => scriptedEnv(scripts[i]), 2),
    { gamma: 0.5 },
  );
  env.reset({ seed: 0 });
  const expectRewards = (raw: readonly number[], returns: readonly number[]): void => {
    [...env.rewards].forEach((reward, i) => expect(reward).toBeCloseTo(raw[i] / deviation(returns), 8));
  };
  env.step(Int32Array.of(0, 0));
  expectRewards([1, -2], [1, -2]);
  env.step(Int32Array.of(0, 0));
  expectRewards([3, -2], [1, -2, 3.5, -3]);
  expect(env.episodeReturns).toEqual(Float64Array.of(3, -4));
});

test.each([-0.1, 1.1, NaN])('rejects a discount of %d', (gamma) => {
  expect(() => normalizeReward(scriptedEnv([]), { gamma })).toThrow(
    `normalizeReward: expected gamma to be a number in [0, 1], got ${gamma}`,
  );
});
