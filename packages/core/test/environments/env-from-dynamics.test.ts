import { expect, test } from 'vitest';
import { createEnvRandom, type Dynamics } from '../../src/environments/dynamics.ts';
import { envFromDynamics } from '../../src/environments/env-from-dynamics.ts';
import { EnvError } from '../../src/errors.ts';
import type { StateDict } from '../../src/checkpoints/state.ts';
import { vectorEnvFromDynamics } from '../../src/environments/vector-env-from-dynamics.ts';
import { counting } from '../counting.ts';

test('terminates, and only then', () => {
  const env = envFromDynamics(counting());
  const first = createEnvRandom(3).integer(10);
  expect(env.reset({ seed: 3 })).toEqual({ observation: Float32Array.of(first, first ** 2) });
  for (let count = first + 2; count < 20; count += 2) {
    const observation = Float32Array.of(count, count ** 2);
    expect(env.step(2)).toEqual({ observation, reward: count, terminated: false, truncated: false });
  }
  expect(env.step(2)).toMatchObject({ terminated: true, truncated: false });
});

test('is truncated by the time limit; both ends may come at once', () => {
  const env = envFromDynamics(counting(3));
  env.reset({ seed: 0 });
  expect([1, 2, 3].map(() => env.step(0).truncated)).toEqual([false, false, true]);
  const both = envFromDynamics({ ...counting(1), reset: ({ count }) => count.fill(19) });
  both.reset();
  expect(both.step(1)).toMatchObject({ terminated: true, truncated: true });
  expect(() => envFromDynamics(counting(0))).toThrow('maxEpisodeSteps is 0, expected a positive integer or Infinity');
});

test('wants a reset before the first step and after the last', () => {
  const env = envFromDynamics(counting(1));
  expect(() => env.step(0)).toThrow(EnvError);
  env.reset();
  env.step(0);
  expect(() => env.step(0)).toThrow('expected a call of reset first');
});

test('refuses an action outside its space', () => {
  const env = envFromDynamics(counting());
  env.reset();
  expect(() => env.step(3)).toThrow('action is 3, expected an integer in [0, 2]');
  expect(() => env.step(0.5)).toThrow('action is 0.5');
  expect(() => env.step([1])).toThrow('action is [1], expected an integer');
});

test('gives a new observation each time', () => {
  const env = envFromDynamics(counting());
  const { observation } = env.reset({ seed: 1 });
  const before = Array.from(observation as Float32Array);
  env.step(2);
  expect(Array.from(observation as Float32Array)).toEqual(before);
});

test('goes on with its random stream unless seeded', () => {
  const starts = (seed: number): unknown[] => {
    const env = envFromDynamics(counting());
    return [env.reset({ seed }), ...Array.from({ length: 9 }, () => env.reset())].map(({ observation }) => observation);
  };
  expect(starts(4)).toEqual(starts(4));
  expect(new Set(starts(4).map(String)).size).toBeGreaterThan(3);
});

test('a saved state brings back what followed it', () => {
  const env = envFromDynamics(counting(5));
  env.reset({ seed: 8 });
  env.step(1);
  const state = env.getState();
  const follow = (): unknown[] => [env.step(1), env.step(2), env.step(0), env.step(1), env.reset(), env.reset()];
  const after = follow();
  expect(after[3]).toMatchObject({ truncated: true });
  env.setState(state);
  expect(follow()).toEqual(after);
  expect(() => envFromDynamics(counting()).getState()).toThrow('there is no state before the first reset');
});

test.each([
  ['alone', () => envFromDynamics(lasting())],
  ['together', () => vectorEnvFromDynamics(lasting(), 2)],
])('what lasts from one episode to the next does not outlast a seed: %s', (_, make) => {
  const env = make();
  const episodes = (): unknown => (env.getState?.().state as StateDict).episodes;
  env.reset();
  env.reset();
  expect((episodes() as Float64Array)[0]).toBe(2);
  env.reset({ seed: 1 });
  expect((episodes() as Float64Array)[0]).toBe(1);
});

/** Counts its episodes. */
function lasting(): Dynamics<'count' | 'episodes', Int32Array> {
  const { variables, ...rest } = counting();
  return {
    ...rest,
    variables: { ...variables, episodes: 1 },
    reset({ episodes }, i) {
      episodes[i]++;
    },
  };
}
