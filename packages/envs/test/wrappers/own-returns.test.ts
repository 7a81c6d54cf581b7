import { evaluate, vectorize, type Env, type VectorEnv } from '@gradus/core';
import {
  makeEnv,
  makeVectorEnv,
  normalizeReward,
  recordEpisodeStatistics,
  timeLimit,
  transformReward,
} from '@gradus/envs';
import { expect, test } from 'vitest';

/** Always to the right: the pole falls after some ten steps, each with a reward of 1. */
const right = { act: () => 1 };

const wrappers: Record<string, (env: Env) => Env> = {
  normalizeReward: (env) => normalizeReward(env),
  'transformReward, scaling': (env) => transformReward(env, (reward) => reward / 100),
  'transformReward, clipping': (env) => transformReward(env, (reward) => Math.min(reward, 0.1)),
  'transformReward, shaping': (env) => transformReward(env, (reward) => reward + 3),
  'one over the other': (env) => transformReward(timeLimit(normalizeReward(env), 400), (reward) => 2 * reward),
};

const plain = evaluate(right, makeEnv('CartPole-v1'), { episodes: 6, seed: 3 });

test.each(Object.keys(wrappers))('%s changes what is learned from, not the returns that are reported', (name) => {
  const wrapped = (): Env => wrappers[name](makeEnv('CartPole-v1'));
  expect(plain.returns).toEqual(plain.lengths);
  expect(evaluate(right, wrapped(), { episodes: 6, seed: 3 })).toEqual(plain);
  const copies = vectorize(wrapped, 3);
  expect(evaluate(right, copies, { episodes: 6, seed: 3 }).returns).toEqual(
    evaluate(
      right,
      vectorize(() => makeEnv('CartPole-v1'), 3),
      { episodes: 6, seed: 3 },
    ).returns,
  );
  expect(copies.rewards.some((reward) => reward !== 1)).toBe(true);
});

test('so do wrapped VectorEnvs', () => {
  const reported = (env: VectorEnv) => evaluate(right, env, { episodes: 6, seed: 3 });
  expect(reported(normalizeReward(makeVectorEnv('CartPole-v1', 3)))).toEqual(reported(makeVectorEnv('CartPole-v1', 3)));
});

test('recordEpisodeStatistics tells them too, wherever it stands', () => {
  const env = recordEpisodeStatistics(transformReward(makeEnv('CartPole-v1'), () => -1));
  env.reset({ seed: 3 });
  let steps = 1;
  let result = env.step(1);
  for (; !result.terminated; steps++) result = env.step(1);
  expect(result.info).toMatchObject({ episode: { return: steps, length: steps } });
  expect(result.reward).toBe(-1);
});
