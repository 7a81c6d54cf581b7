import { envFromDynamics } from '@gradus/core';
import { lectureGrid } from '@gradus/envs';
import { expect, test } from 'vitest';
import { bestOf, optimalActionValues } from './support/optimal-values.ts';

const GAMMA = 0.9;

test('S1.4: V* = [90, 100, goal; 81, 90, 100], and Q* takes the values 100, 90, 81, 72.9', () => {
  const actionValues = optimalActionValues(lectureGrid().transitions!, GAMMA);
  const rounded = (values: Iterable<number>): number[] => Array.from(values, (value) => Math.round(value * 1e9) / 1e9);
  expect(rounded(bestOf(actionValues, 4))).toEqual([90, 100, 0, 81, 90, 100]);
  expect(new Set(rounded(actionValues))).toEqual(new Set([100, 90, 81, 72.9, 0]));
});

test('S1.4: a move right into the square above the middle backs up 0 + 0.9 · max(63, 81, 100) = 90', () => {
  const dynamics = lectureGrid();
  const [{ probability, nextState, reward }] = dynamics.transitions!.outcomes(0, 1);
  expect([probability, nextState, reward]).toEqual([1, 1, 0]);
  // There the lecture has the moves left, down and right; up would lead off the grid.
  const learned = [Infinity, 100, 81, 63];
  const mask = new Uint8Array(4);
  dynamics.writeActionMasks!({ state: Float64Array.of(nextState) }, mask, 0, 1);
  expect(reward + GAMMA * Math.max(...learned.filter((_, action) => mask[action] === 1))).toBe(90);
});

test('starts on every square but the goal, and ends there', () => {
  const env = envFromDynamics(lectureGrid());
  const starts = new Set(Array.from({ length: 100 }, (_, seed) => env.reset({ seed }).observation));
  expect(starts).toEqual(new Set([0, 1, 3, 4, 5]));
  do env.step(0);
  while (env.reset().observation !== 4);
  expect(env.step(1)).toEqual({ observation: 5, reward: 0, terminated: false, truncated: false });
  expect(env.step(1)).toEqual({ observation: 5, reward: 0, terminated: false, truncated: false });
  expect(env.step(0)).toEqual({ observation: 2, reward: 100, terminated: true, truncated: false });
});
