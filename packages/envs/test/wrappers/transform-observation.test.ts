import { Box, EnvError } from '@gradus/core';
import { transformObservation } from '@gradus/envs';
import { expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

const script = [
  { observation: [3], reward: 2 },
  { observation: [-4], terminated: true },
];
const square = (observation: unknown): number[] => (observation as number[]).map((x) => x * x);

test('shows what becomes of each observation, in the space that is named', () => {
  const space = new Box(0, 10_000, [1]);
  const env = transformObservation(scriptedEnv(script, { first: [5] }), square, space);
  expect(env.observationSpace).toBe(space);
  expect(env.reset().observation).toEqual([25]);
  expect(env.step(0)).toEqual({ observation: [9], reward: 2, terminated: false, truncated: false });
  expect(env.step(0).observation).toEqual([16]);
});

test('the space is that of the environment, unless it is named', () => {
  const inner = scriptedEnv(script);
  expect(transformObservation(inner, square).observationSpace).toBe(inner.observationSpace);
});

test('what is not shaped as the space says is refused', () => {
  const env = transformObservation(scriptedEnv(script), () => [1, 2]);
  expect(() => env.reset()).toThrow(new EnvError('transformObservation: observation has 2 elements, expected 1'));
});
