import { Box, Dict, Discrete, MultiBinary, MultiDiscrete, vectorize, type Env } from '@gradus/core';
import { frameStack, makeEnv, makeVectorEnv } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

const script = [
  { observation: [1, -1] },
  { observation: [2, -2] },
  { observation: [3, -3], terminated: true },
  { observation: [4, -4] },
];
const options = { observationSpace: new Box([-9, -5], [9, 5]), first: [8, 0] };

test('shows the last observations, the oldest first, and after a reset the first one several times', () => {
  const env = frameStack(scriptedEnv(script, options), 3);
  const observe = (): number[] => [...(env.step(0).observation as Float32Array)];
  expect([...(env.reset().observation as Float32Array)]).toEqual([8, 0, 8, 0, 8, 0]);
  expect(observe()).toEqual([8, 0, 8, 0, 1, -1]);
  expect(observe()).toEqual([8, 0, 1, -1, 2, -2]);
  expect(observe()).toEqual([1, -1, 2, -2, 3, -3]);
  expect([...(env.reset().observation as Float32Array)]).toEqual([8, 0, 8, 0, 8, 0]);
  expect(observe()).toEqual([8, 0, 8, 0, 4, -4]);
});

test('observations that were given do not change', () => {
  const env = frameStack(scriptedEnv(script, options), 2);
  const { observation } = env.reset();
  env.step(0);
  expect(observation).toEqual(Float32Array.of(8, 0, 8, 0));
});

test('of a VectorEnv: final observations end the stack of their episode', () => {
  const inner = vectorize((i) => scriptedEnv(i === 0 ? script : script.slice(0, 2), options), 2);
  const env = frameStack(inner, 2);
  env.reset({ seed: 0 });
  expect([...env.observations]).toEqual([8, 0, 8, 0, 8, 0, 8, 0]);
  env.step(Int32Array.of(0, 0));
  env.step(Int32Array.of(0, 0));
  expect([...env.observations]).toEqual([1, -1, 2, -2, 1, -1, 2, -2]);
  env.step(Int32Array.of(0, 0));
  expect([...env.observations]).toEqual([8, 0, 8, 0, 2, -2, 1, -1]);
  expect([...env.finalObservations.subarray(0, 4)]).toEqual([2, -2, 3, -3]);
});

test('of a VectorEnv does what its copies do alone', () => {
  const together = frameStack(makeVectorEnv('CartPole-v1', 3), 4);
  const alone = vectorize(() => frameStack(makeEnv('CartPole-v1'), 4), 3);
  together.reset({ seed: 5 });
  alone.reset({ seed: 5 });
  for (let step = 0; step < 200; step++) {
    expect(together.observations).toEqual(alone.observations);
    const actions = Int32Array.of(step % 2, (step >> 1) % 2, 1);
    together.step(actions);
    alone.step(actions);
    for (let i = 0; i < 3; i++) {
      if (together.terminated[i] === 0) continue;
      const row = [16 * i, 16 * (i + 1)] as const;
      expect(together.finalObservations.subarray(...row)).toEqual(alone.finalObservations.subarray(...row));
    }
  }
});

describe('the observation space', () => {
  test.each<[string, Env['observationSpace'], string]>([
    ['of a Box', new Box([-9, -5], [9, 5]), 'Box([-9, -5, -9, -5, -9, -5], [9, 5, 9, 5, 9, 5], [3, 2])'],
    ['of an image', new Box(0, 1, [2, 2]), 'Box(0, 1, [3, 2, 2])'],
    ['of bytes', new Box(0, 255, [2, 2], { dtype: 'uint8' }), 'Box(0, 255, [3, 2, 2], uint8)'],
    ['of integers', new Discrete(5), 'MultiDiscrete([5, 5, 5])'],
    ['of integers from 1', new Discrete(5, 1), 'MultiDiscrete([5, 5, 5], start [1, 1, 1])'],
    ['of bits', new MultiBinary(2), 'MultiBinary([3, 2])'],
    ['of several integers', new MultiDiscrete([2, 3]), 'MultiDiscrete([2, 3, 2, 3, 2, 3])'],
  ])('%s', (_, observationSpace, expected) => {
    expect(frameStack(scriptedEnv([], { observationSpace }), 3).observationSpace.toString()).toBe(expected);
  });

  test('must be one that can be stacked', () => {
    const env = scriptedEnv([], { observationSpace: new Dict({ a: new Discrete(3), b: new Discrete(2) }) });
    const message =
      'frameStack: expected observations of one space, as flattenObservation makes them, got Dict(a: Discrete(3), b: Discrete(2))';
    expect(() => frameStack(env, 2)).toThrow(new RangeError(message));
    expect(() => frameStack(env, 0)).toThrow(
      new RangeError('frameStack: expected stackSize to be a positive integer, got 0'),
    );
  });
});
