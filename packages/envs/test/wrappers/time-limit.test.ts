import { timeLimit } from '@gradus/envs';
import { expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

const flags = (env: ReturnType<typeof timeLimit>): boolean[] => {
  const { terminated, truncated } = env.step(0);
  return [terminated, truncated];
};

test('truncates the last step, counts anew after a reset', () => {
  const env = timeLimit(scriptedEnv([{ observation: [1] }]), 3);
  for (let episode = 0; episode < 2; episode++) {
    env.reset();
    expect([flags(env), flags(env), flags(env)]).toEqual([
      [false, false],
      [false, false],
      [false, true],
    ]);
  }
});

test('a step may be terminated and truncated at once; a shorter limit inside stays', () => {
  const ends = scriptedEnv([{ observation: [1] }, { observation: [2], terminated: true }]);
  const env = timeLimit(ends, 2);
  env.reset();
  expect([flags(env), flags(env)]).toEqual([
    [false, false],
    [true, true],
  ]);
  const inner = timeLimit(scriptedEnv([{ observation: [1], truncated: true }]), 9);
  inner.reset();
  expect(flags(inner)).toEqual([false, true]);
});

test.each([0, -1, 1.5, NaN, Infinity])('rejects a limit of %d', (limit) => {
  const message = `timeLimit: expected maxEpisodeSteps to be a positive integer, got ${limit}`;
  expect(() => timeLimit(scriptedEnv([]), limit)).toThrow(new RangeError(message));
});
