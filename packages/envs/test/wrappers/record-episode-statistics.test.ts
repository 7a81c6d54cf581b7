import { recordEpisodeStatistics } from '@gradus/envs';
import { expect, test, vi } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

test('tells return and length of each episode, in its last step alone', () => {
  const inner = scriptedEnv([
    { observation: [1], reward: 2 },
    { observation: [2], reward: -0.5 },
    { observation: [3], reward: 4, terminated: true },
    { observation: [4], reward: 7, truncated: true },
  ]);
  const env = recordEpisodeStatistics(inner);
  env.reset();
  expect([env.step(0).info, env.step(0).info]).toEqual([undefined, undefined]);
  const { info } = env.step(0);
  expect(info).toEqual({ episode: { return: 5.5, length: 3, seconds: expect.any(Number) as number } });
  env.reset();
  expect(env.step(0).info).toMatchObject({ episode: { return: 7, length: 1 } });
});

test('measures the time of the episode', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(5000);
  const env = recordEpisodeStatistics(scriptedEnv([{ observation: [1] }, { observation: [2], terminated: true }]));
  env.reset();
  env.step(0);
  now.mockReturnValue(5250);
  expect(env.step(0).info).toMatchObject({ episode: { seconds: 0.25 } });
  now.mockRestore();
});
