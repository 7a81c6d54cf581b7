import { Box } from '@gradus/core';
import { rescaleAction } from '@gradus/envs';
import { expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

test('maps min to low, max to high, and what is between or outside in proportion', () => {
  const inner = scriptedEnv([{ observation: [0] }], { actionSpace: new Box([-2, 0], [2, 8]) });
  const env = rescaleAction(inner, -1, [1, 3]);
  expect(env.actionSpace.toString()).toBe('Box(-1, [1, 3], [2])');
  env.reset();
  for (const action of [
    [-1, -1],
    [1, 3],
    [0, 0],
    [2, 5],
  ]) {
    env.step(action);
  }
  // −2 + 4 (a + 1) / 2 and 8 (a + 1) / 4
  expect(inner.actions.map((action) => [...(action as Float32Array)])).toEqual([
    [-2, 0],
    [2, 8],
    [0, 2],
    [4, 12],
  ]);
});

test.each<[number, number, Box, string]>([
  [1, 1, new Box(-1, 1, [1]), 'rescaleAction: expected finite minAction < maxAction, got 1 and 1 at [0]'],
  [
    -Infinity,
    1,
    new Box(-1, 1, [1]),
    'rescaleAction: expected finite minAction < maxAction, got -Infinity and 1 at [0]',
  ],
  [
    -1,
    1,
    new Box(-1, Infinity, [1]),
    'rescaleAction: expected an action space with finite bounds, got Box(-1, Infinity, [1])',
  ],
])('from %d to %d onto %s is rejected', (min, max, actionSpace, message) => {
  expect(() => rescaleAction(scriptedEnv([], { actionSpace }), min, max)).toThrow(new RangeError(message));
});
