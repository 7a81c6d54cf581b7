import { Box, EnvError, MultiDiscrete, vectorize, type Observation } from '@gradus/core';
import { maskActions, timeLimit } from '@gradus/envs';
import { expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

const script = [{ observation: [1] }, { observation: [-1], terminated: true }];
/** 1 only where it leads back to 0. */
const inward = (observation: Observation): boolean[] => {
  const [x] = observation as number[];
  return [x >= 0, x <= 0];
};

test('the mask is that of the last observation', () => {
  const env = maskActions(scriptedEnv(script), inward);
  env.reset();
  expect(env.actionMask!()).toEqual(Uint8Array.of(1, 1));
  env.step(0);
  const mask = env.actionMask!();
  expect(mask).toEqual(Uint8Array.of(1, 0));
  env.step(0);
  expect(env.actionMask!()).toEqual(Uint8Array.of(0, 1));
  expect(mask).toEqual(Uint8Array.of(1, 0));
});

test('other wrappers and vectors hand it on', () => {
  const env = timeLimit(maskActions(scriptedEnv(script), inward), 5);
  env.reset();
  env.step(0);
  expect(env.actionMask!()).toEqual(Uint8Array.of(1, 0));
  const vector = vectorize(() => maskActions(scriptedEnv(script), inward), 2);
  vector.reset({ seed: 0 });
  vector.step(Int32Array.of(0, 0));
  expect(vector.actionMasks).toEqual(Uint8Array.of(1, 0, 1, 0));
});

test('where an episode has ended no action need be left', () => {
  const env = maskActions(scriptedEnv(script), (observation) => ((observation as number[])[0] < 0 ? [0, 0] : [1, 1]));
  env.reset();
  env.step(0);
  expect(env.step(0).terminated).toBe(true);
  expect(env.actionMask!()).toEqual(Uint8Array.of(0, 0));
});

test('a mask that is none is an error', () => {
  for (const [mask, text] of [
    [[1], '[1]'],
    [[0, 0], '[0, 0]'],
    [[1, 2], '[1, 2]'],
    [[1, 0.5], '[1, 0.5]'],
  ] as const) {
    const message = `action mask is ${text}, expected 2 zeros and ones with at least one 1`;
    expect(() => maskActions(scriptedEnv(script), () => mask).reset()).toThrow(new EnvError(message));
  }
  const env = scriptedEnv(script, { actionSpace: new Box(-1, 1, [1]) });
  expect(() => maskActions(env, inward)).toThrow(
    'action masks: expected Discrete or MultiDiscrete actions, got Box(-1, 1, [1])',
  );
});

test('of several choices at once, each has its part of the mask and needs one that is left', () => {
  const actionSpace = new MultiDiscrete([2, 3]);
  const env = maskActions(scriptedEnv(script, { actionSpace }), () => [0, 1, 1, 0, 1]);
  const vector = vectorize(() => env, 1);
  vector.reset();
  expect(vector.actionMasks).toEqual(Uint8Array.of(0, 1, 1, 0, 1));
  const none = maskActions(scriptedEnv(script, { actionSpace }), () => [0, 0, 1, 1, 1]);
  expect(() => none.reset()).toThrow(
    new EnvError('action mask is [0, 0, 1, 1, 1], expected 5 zeros and ones with at least one 1 for each element'),
  );
});
