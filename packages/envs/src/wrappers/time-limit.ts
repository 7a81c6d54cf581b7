import { checkArguments, positiveInteger, readNumber, resetEnv, stepEnv, type Env } from '@gradus/core';
import { checkOne, wrapEnv } from './wrap-env.ts';

/**
 * Gymnasium's `TimeLimit`: the step that makes an episode `maxEpisodeSteps` long is `truncated`, also where it is `terminated`
 * as well. Throws `RangeError` unless `maxEpisodeSteps` is a positive integer.
 */
export function timeLimit(env: Env, maxEpisodeSteps: number): Env {
  checkOne('timeLimit', env);
  checkArguments('timeLimit', { maxEpisodeSteps }, { maxEpisodeSteps: positiveInteger });
  let steps = 0;
  return wrapEnv(
    env,
    {
      maxEpisodeSteps: Math.min(maxEpisodeSteps, env.maxEpisodeSteps ?? Infinity),
      reset(options) {
        steps = 0;
        return resetEnv(env, options);
      },
      step(action) {
        const result = stepEnv(env, action);
        steps++;
        return { ...result, truncated: result.truncated || steps >= maxEpisodeSteps };
      },
    },
    {
      getState: () => ({ steps }),
      setState: (state) => {
        steps = readNumber(state, 'steps');
      },
    },
  );
}
