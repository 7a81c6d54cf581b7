import { originalReward, readNumber, resetEnv, stepEnv, type Env } from '@gradus/core';
import { checkOne, wrapEnv } from './wrap-env.ts';

/** What `recordEpisodeStatistics` says about an episode that has ended. */
export interface EpisodeStatistics {
  /** Undiscounted sum of its rewards, the environment's own. */
  readonly return: number;
  /** Its number of steps. */
  readonly length: number;
  /** Wall-clock time since its reset (or since it was resumed). */
  readonly seconds: number;
}

/**
 * Gymnasium's `RecordEpisodeStatistics`: the step that ends an episode has its {@link EpisodeStatistics} in `info.episode` (there
 * `r`, `l` and `t`). The rewards are those of the environment itself, also where a wrapper below has changed them.
 */
export function recordEpisodeStatistics(env: Env): Env {
  checkOne('recordEpisodeStatistics', env);
  let episodeReturn = 0;
  let length = 0;
  let started = 0;
  return wrapEnv(
    env,
    {
      reset(options) {
        const result = resetEnv(env, options);
        episodeReturn = length = 0;
        started = performance.now();
        return result;
      },
      step(action) {
        const result = stepEnv(env, action);
        episodeReturn += originalReward(result);
        length++;
        if (!result.terminated && !result.truncated) return result;
        const seconds = (performance.now() - started) / 1000;
        const episode: EpisodeStatistics = { return: episodeReturn, length, seconds };
        return { ...result, info: { ...result.info, episode } };
      },
    },
    {
      getState: () => ({ return: episodeReturn, length }),
      setState: (state) => {
        episodeReturn = readNumber(state, 'return');
        length = readNumber(state, 'length');
        started = performance.now();
      },
    },
  );
}
