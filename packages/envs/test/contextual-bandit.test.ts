import { vectorEnvFromDynamics } from '@gradus/core';
import { contextualBandit } from '@gradus/envs';
import { expect, test } from 'vitest';

const COPIES = 20_000;

/** Mean reward of choosing by `choose(context)`, without noise. */
function meanReward(choose: (context: number) => number): number {
  const env = vectorEnvFromDynamics(contextualBandit({ noise: 0 }), COPIES);
  env.reset({ seed: 0 });
  env.step(Int32Array.from(env.observations, choose));
  expect(env.terminated.every((flag) => flag === 1)).toBe(true);
  return env.rewards.reduce((sum, reward) => sum + reward, 0) / COPIES;
}

test.each([
  ['the first arm', 50, 40, () => 0],
  ['the second arm', 50, 30, () => 1],
  ['the better arm in each context', 55, 35, (context: number) => 1 - context],
])('%s is worth %i (Sutton and Barto, 2018, Exercise 2.10)', (_, value, deviation, choose) => {
  // Half the difference of the two contexts is the standard deviation; the bound is five standard errors.
  expect(Math.abs(meanReward(choose) - value)).toBeLessThan((5 * deviation) / Math.sqrt(COPIES));
});

test('noise is normal with the standard deviation asked for', () => {
  const env = vectorEnvFromDynamics(contextualBandit({ values: [[1, 2, 3]], noise: 2 }), COPIES);
  env.reset({ seed: 1 });
  env.step(new Int32Array(COPIES).fill(2));
  const errors = env.rewards.map((reward) => (reward - 3) / 2);
  const mean = errors.reduce((sum, error) => sum + error, 0) / COPIES;
  const square = errors.reduce((sum, error) => sum + error ** 2, 0) / COPIES;
  expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(COPIES));
  expect(Math.abs(square - 1)).toBeLessThan((5 * Math.SQRT2) / Math.sqrt(COPIES));
});

test.each([
  [{ values: [] }, 'contextualBandit: expected values to be rows of equal length of finite numbers, got []'],
  [{ values: [[1, 2], [3]] }, 'got [[1,2],[3]]'],
  [{ values: [[Infinity]] }, 'got [[Infinity]]'],
  [{ noise: -1 }, 'contextualBandit: expected noise to be a number of at least 0, got -1'],
])('%o is refused', (options, message) => {
  expect(() => contextualBandit(options)).toThrow(message);
});
