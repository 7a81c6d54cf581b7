import type { Env } from '@gradus/core';
import { wrapEnv } from './wrap-env.ts';

/** Gymnasium's `TransformReward`: every reward r becomes `transform(r)`. */
export function transformReward(env: Env, transform: (reward: number) => number): Env {
  return wrapEnv(env, {
    step(action) {
      const result = env.step(action);
      return { ...result, reward: transform(result.reward) };
    },
  });
}
