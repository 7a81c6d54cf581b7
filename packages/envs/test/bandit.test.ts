import { vectorEnvFromDynamics } from '@gradus/core';
import { bandit } from '@gradus/envs';
import { expect, test } from 'vitest';

const PROBLEMS = 2000;

function readValues(env: ReturnType<typeof vectorEnvFromDynamics>): Float64Array {
  return (env.getState().state as { values: Float64Array }).values.slice();
}

/** The bound is five standard errors. */
function expectMean(samples: readonly number[], mean: number, deviation: number): void {
  const found = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  expect(Math.abs(found - mean)).toBeLessThan((5 * deviation) / Math.sqrt(samples.length));
}

test('the values of arms are standard normal, and rewards normal around them with variance 1', () => {
  const env = vectorEnvFromDynamics(bandit(), PROBLEMS);
  env.reset({ seed: 0 });
  const values = Array.from(readValues(env));
  expect(values.length).toBe(10 * PROBLEMS);
  expectMean(values, 0, 1);
  expectMean(
    values.map((value) => value ** 2),
    1,
    Math.SQRT2,
  );
  const errors: number[] = [];
  for (let arm = 0; arm < 10; arm++) {
    env.step(new Int32Array(PROBLEMS).fill(arm));
    env.rewards.forEach((reward, i) => errors.push(reward - values[10 * i + arm]));
  }
  expectMean(errors, 0, 1);
  expectMean(
    errors.map((error) => error ** 2),
    1,
    Math.SQRT2,
  );
});

test('the best of ten arms is worth 1.54 on average', () => {
  // The mean of the largest of ten standard normal numbers; its standard deviation is 0.59.
  const env = vectorEnvFromDynamics(bandit(), PROBLEMS);
  env.reset({ seed: 1 });
  const values = readValues(env);
  const best = Array.from({ length: PROBLEMS }, (_, i) => Math.max(...values.subarray(10 * i, 10 * i + 10)));
  expectMean(best, 1.5388, 0.59);
});

test('a problem stays for an episode of 1000 steps, and then there is another', () => {
  const env = vectorEnvFromDynamics(bandit({ numArms: 3 }), 2);
  env.reset({ seed: 2 });
  const first = readValues(env);
  for (let step = 0; step < 999; step++) env.step(Int32Array.of(0, 2));
  expect(env.truncated).toEqual(Uint8Array.of(0, 0));
  expect(readValues(env)).toEqual(first);
  env.step(Int32Array.of(0, 2));
  expect([env.truncated, env.terminated]).toEqual([Uint8Array.of(1, 1), Uint8Array.of(0, 0)]);
  readValues(env).forEach((value, k) => {
    expect(value).not.toBe(first[k]);
  });
});

test.each([0, -1, 2.5, NaN])('%d arms are refused', (numArms) => {
  expect(() => bandit({ numArms })).toThrow(
    new RangeError(`bandit: expected numArms to be a positive integer, got ${numArms}`),
  );
});
