import { aFunction, checkArguments, stepEnv, withReward, type Env } from '@gradus/core';
import { checkOne, wrapEnv } from './wrap-env.ts';

/** Gymnasium's `TransformReward`: every reward r becomes `transform(r)`. Returns that are reported stay those of the rewards that came. */
export function transformReward(env: Env, transform: (reward: number) => number): Env {
  checkOne('transformReward', env);
  checkArguments('transformReward', { transform }, { transform: aFunction });
  return wrapEnv(env, {
    // They know rewards as they were.
    goalRules: undefined,
    step(action) {
      const result = stepEnv(env, action);
      return withReward(result, transform(result.reward));
    },
  });
}
