import { envFromDynamics } from '@gradus/core';
import { makeEnv, randomWalk, transitionTable } from '@gradus/envs';
import { expect, test } from 'vitest';
import { optimalActionValues } from './support/optimal-values.ts';

test('the values of five states are 1/6 … 5/6 (Sutton and Barto, 2018, Example 6.2)', () => {
  const values = optimalActionValues(transitionTable('RandomWalk-v0'), 1);
  [0, 1, 2, 3, 4, 5, 0].forEach((sixths, state) => {
    expect(values[state]).toBeCloseTo(sixths / 6, 9);
  });
});

test('the values of nineteen states are −0.9 … 0.9 (Example 7.1)', () => {
  const values = optimalActionValues(transitionTable('RandomWalk19-v0'), 1);
  for (let state = 1; state <= 19; state++) expect(values[state]).toBeCloseTo((state - 10) / 10, 9);
});

test('a walk of a thousand states jumps by up to 100 (Example 9.1)', () => {
  const table = transitionTable('RandomWalk1000-v0');
  expect(table.initialDistribution[500]).toBe(1);
  // Near an end, the probability of all the states that there are not goes to that end.
  expect(table.outcomes(1, 0).filter(({ nextState }) => nextState === 0).length).toBe(100);
  expect(table.outcomes(500, 0).map(({ nextState }) => nextState)).not.toContain(500);
  expect(
    table
      .outcomes(500, 0)
      .map(({ nextState }) => nextState)
      .sort((a, b) => a - b)
      .at(-1),
  ).toBe(600);
  expect(new Set(table.outcomes(950, 0).map(({ reward }) => reward))).toEqual(new Set([0, 1]));
});

test('starts in the middle', () => {
  expect(
    ['RandomWalk-v0', 'RandomWalk19-v0', 'RandomWalk1000-v0'].map((id) => makeEnv(id).reset().observation),
  ).toEqual([3, 10, 500]);
});

test('ends at 0 and n + 1, with the rewards asked for', () => {
  const env = envFromDynamics(randomWalk({ numStates: 1, leftReward: -3, rightReward: 4 }));
  const ends = Array.from({ length: 30 }, (_, seed) => {
    env.reset({ seed });
    return JSON.stringify(env.step(0));
  });
  expect(new Set(ends)).toEqual(
    new Set([
      '{"observation":0,"reward":-3,"terminated":true,"truncated":false}',
      '{"observation":2,"reward":4,"terminated":true,"truncated":false}',
    ]),
  );
});

test.each([
  [{ numStates: 0 }, 'randomWalk: expected numStates to be a positive integer, got 0'],
  [{ maxJump: 1.5 }, 'randomWalk: expected maxJump to be a positive integer, got 1.5'],
])('%o is refused', (options, message) => {
  expect(() => randomWalk(options)).toThrow(message);
});
