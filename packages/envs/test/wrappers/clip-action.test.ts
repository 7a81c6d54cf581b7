import { Box } from '@gradus/core';
import { clipAction } from '@gradus/envs';
import { expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

test('clips each element to its own bounds, and takes any number', () => {
  const inner = scriptedEnv([{ observation: [0] }], { actionSpace: new Box([-1, 0, -Infinity], [1, 5, 2]) });
  const env = clipAction(inner);
  expect(env.actionSpace.toString()).toBe('Box(-Infinity, Infinity, [3])');
  env.reset();
  env.step([3, -3, -3]);
  env.step(Float32Array.of(-1.5, 2.5, 2.5));
  expect(inner.actions).toEqual([Float32Array.of(1, 0, -3), Float32Array.of(-1, 2.5, 2)]);
});

test('needs real actions', () => {
  expect(() => clipAction(scriptedEnv([]))).toThrow(
    new RangeError('clipAction: actionSpace: expected a Box, got Discrete(2)'),
  );
});
