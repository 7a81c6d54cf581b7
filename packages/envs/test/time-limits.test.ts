import { makeVectorEnv, type EnvOptions } from '@gradus/envs';
import { expect, test } from 'vitest';

/** Steps until an episode is cut off in which the agent always does `action`, which never ends it; at most 3000. */
function stepsUntilTruncated(id: string, action: number, options: EnvOptions): number {
  const env = makeVectorEnv(id, 1, options);
  env.reset({ seed: 0 });
  for (let steps = 1; steps <= 3000; steps++) {
    env.step(Int32Array.of(action));
    expect(env.terminated[0]).toBe(0);
    if (env.truncated[0]) return steps;
  }
  return Infinity;
}

test.each<[string, number, number, EnvOptions]>([
  ['FrozenLake-v1', 100, 0, { isSlippery: false }],
  ['FrozenLake-v1', 100, 0, { isSlippery: false, mapName: '8x8' }],
  ['FrozenLake8x8-v1', 200, 0, { isSlippery: false }],
  ['CliffWalking-v1', Infinity, 0, {}],
  ['Taxi-v4', 200, 0, {}],
  ['LectureGrid-v0', 100, 2, {}],
  ['AliasedGrid-v0', 100, 0, {}],
  ['Bandit-v0', 1000, 0, {}],
])('%s is cut off after %i steps, or as many as asked for', (id, limit, action, options) => {
  expect(stepsUntilTruncated(id, action, options)).toBe(limit);
  expect(stepsUntilTruncated(id, action, { ...options, maxEpisodeSteps: 7 })).toBe(7);
});

test('a hand of Blackjack and a random walk can be cut off, too', () => {
  expect(stepsUntilTruncated('Blackjack-v1', 1, { maxEpisodeSteps: 1 })).toBe(1);
  expect(stepsUntilTruncated('RandomWalk19-v0', 0, { maxEpisodeSteps: 9 })).toBe(9);
});
