import { transformReward } from '@gradus/envs';
import { expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

test('transforms the reward and nothing else', () => {
  const script = { observation: [7], reward: -4, terminated: true, truncated: false };
  const env = transformReward(scriptedEnv([script]), (reward) => reward * reward + 1);
  env.reset();
  expect(env.step(1)).toEqual({ ...script, reward: 17, unwrappedReward: -4 });
});
