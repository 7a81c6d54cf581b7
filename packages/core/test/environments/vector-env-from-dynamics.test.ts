import { expect, test } from 'vitest';
import { EnvError } from '../../src/errors.ts';
import { Random } from '../../src/random/random.ts';
import { Box } from '../../src/spaces/spaces.ts';
import { vectorEnvFromDynamics } from '../../src/environments/vector-env-from-dynamics.ts';
import type { VectorEnv } from '../../src/environments/vector-env.ts';
import { counting } from '../counting.ts';

function randomActions(random: Random, n: number): Int32Array {
  return Int32Array.from({ length: n }, () => random.integer(3));
}

test('reset forgets the episodes so far', () => {
  const env = vectorEnvFromDynamics(counting(2), 2);
  env.reset({ seed: 1 });
  const start = env.observations.slice();
  env.step(Int32Array.of(1, 1));
  env.step(Int32Array.of(1, 1));
  expect(env.truncated).toEqual(Uint8Array.of(1, 1));
  env.reset({ seed: 1 });
  expect(env.observations).toEqual(start);
  expect(env.truncated).toEqual(Uint8Array.of(0, 0));
  env.step(Int32Array.of(0, 0));
  expect(env.episodeLengths).toEqual(Int32Array.of(1, 1));
  expect(env.episodeReturns).toEqual(env.rewards);
});

test('a saved state brings back what followed it, in another instance as well', () => {
  const create = (): VectorEnv => vectorEnvFromDynamics(counting(6), 3);
  const run = (env: VectorEnv): unknown[] => {
    const random = new Random(2);
    return Array.from({ length: 40 }, () => {
      env.step(randomActions(random, 3));
      const { observations, rewards, terminated, truncated, episodeReturns, episodeLengths } = env;
      return structuredClone({ observations, rewards, terminated, truncated, episodeReturns, episodeLengths });
    });
  };
  const env = create();
  env.reset({ seed: 5 });
  run(env);
  // Saved at the very step that ended an episode, where the counters must start anew.
  while (!env.truncated.includes(1)) env.step(Int32Array.of(0, 1, 0));
  const state = env.getState();
  const after = run(env);
  const other = create();
  other.setState(state);
  expect(run(other)).toEqual(after);
  expect(() => vectorEnvFromDynamics(counting(6), 4).setState(state)).toThrow(
    "state 'randoms': expected a list of 4 states",
  );
  expect(() => create().getState()).toThrow('there is no state before the first reset');
});

test('bad actions are named', () => {
  const env = vectorEnvFromDynamics(counting(), 3);
  expect(() => env.step(new Int32Array(3))).toThrow('expected a call of reset first');
  env.reset();
  expect(() => env.step(Int32Array.of(0, 3, 0))).toThrow('action of environment 1 is 3, expected an integer in [0, 2]');
  expect(() => env.step(Int32Array.of(0, 0, -1))).toThrow('action of environment 2 is -1');
  expect(() => env.step(new Int32Array(2))).toThrow('actions are Int32Array(2), expected Int32Array(3)');
  expect(() => env.step(new Float32Array(3))).toThrow(EnvError);
});

test('continuous actions must be finite, their bounds are left to the dynamics', () => {
  const env = vectorEnvFromDynamics({ ...counting(), actionSpace: new Box(-1, 1, [2]) }, 2);
  env.reset();
  env.step(Float32Array.of(0, 5, 0, 0));
  expect(() => env.step(Float32Array.of(0, 0, 0, NaN))).toThrow(
    'action of environment 1 has NaN at [1], expected a finite number',
  );
});

test.each([0, 1.5, NaN])('%d copies are refused', (n) => {
  expect(() => vectorEnvFromDynamics(counting(), n)).toThrow(
    `VectorEnv: expected n to be a positive integer, got ${n}`,
  );
});
