import { checkArguments, checkOptions, flag, naturalNumber, optional, positiveInteger } from '@gradus/tensor';
import type { ActOptions, Policy } from './agent.ts';
import { aPolicy, anEnv } from './argument-checks.ts';
import { checkReward, checkStep } from './check-float32.ts';
import { originalReward, type Env } from './env.ts';
import { spawnSeed, streams } from './seed-sequence.ts';
import { createActions, readRow, writeRow } from './spaces.ts';
import type { VectorEnv } from './vector-env.ts';

/** What to evaluate. */
export interface EvaluateOptions extends Pick<ActOptions, 'deterministic'> {
  /** Whole episodes to play, 10 by default. */
  readonly episodes?: number | undefined;
  /**
   * Chooses the episodes: the environment is reset with `spawnSeed(seed, streams.evaluation)`, so that an agent that was trained with the same seed has
   * seen none of them, and evaluations with different seeds share none. Without it the environment's random stream goes on.
   */
  readonly seed?: number | undefined;
}

/** How an agent scored. */
export interface Evaluation {
  readonly meanReturn: number;
  /** Standard deviation over the episodes (of the population, as in Stable-Baselines3). */
  readonly stdReturn: number;
  /** Undiscounted return of each episode. */
  readonly returns: readonly number[];
  /** Steps of each episode. */
  readonly lengths: readonly number[];
}

/**
 * Plays whole episodes and reports their returns, those of the environment itself where wrappers change rewards; by default with the
 * policy's best actions. The policy is told where episodes start, and the action masks of an environment that has them. With a `VectorEnv` its copies play side by side, and each plays a number of
 * episodes that is fixed beforehand: taking the first that end would favour short ones; a policy that remembers needs `actBatch` for
 * that, since `act` does not tell it which copy it sees. Throws `RangeError` unless `episodes` is a positive integer, and `EnvError` for
 * a reward that is not finite.
 */
export function evaluate(policy: Policy, env: Env | VectorEnv, options: EvaluateOptions = {}): Evaluation {
  checkArguments('evaluate', { policy, env }, { policy: aPolicy, env: anEnv });
  checkOptions('evaluate', options, {
    episodes: optional(positiveInteger),
    seed: optional(naturalNumber),
    deterministic: optional(flag),
  });
  const { episodes = 10, deterministic = true } = options;
  const seed = options.seed === undefined ? undefined : spawnSeed(options.seed, streams.evaluation);
  const play =
    'numEnvs' in env
      ? playTogether(policy, env, episodes, seed, deterministic)
      : playOne(policy, env, episodes, seed, deterministic);
  const returns = play.map((episode) => episode.return);
  const meanReturn = returns.reduce((sum, value) => sum + value, 0) / episodes;
  const variance = returns.reduce((sum, value) => sum + (value - meanReturn) ** 2, 0) / episodes;
  return { meanReturn, stdReturn: Math.sqrt(variance), returns, lengths: play.map((episode) => episode.length) };
}

interface Played {
  readonly return: number;
  readonly length: number;
}

function playOne(
  policy: Policy,
  env: Env,
  episodes: number,
  seed: number | undefined,
  deterministic: boolean,
): Played[] {
  const episodeStarts = new Uint8Array(1);
  return Array.from({ length: episodes }, (_, episode) => {
    let { observation } = env.reset(episode === 0 ? { seed } : {});
    let sum = 0;
    for (let length = 1; ; length++) {
      episodeStarts[0] = length === 1 ? 1 : 0;
      const action = policy.act(observation, { deterministic, actionMasks: env.actionMask?.(), episodeStarts });
      const result = env.step(action);
      observation = result.observation;
      checkReward('reward', result.reward);
      sum += originalReward(result);
      if (result.terminated || result.truncated) return { return: sum, length };
    }
  });
}

function playTogether(
  policy: Policy,
  env: VectorEnv,
  episodes: number,
  seed: number | undefined,
  deterministic: boolean,
): Played[] {
  const { numEnvs, actionMasks } = env;
  const actions = createActions(env.actionSpace, numEnvs);
  const left = Int32Array.from({ length: numEnvs }, (_, i) => Math.floor((episodes + numEnvs - 1 - i) / numEnvs));
  const episodeStarts = new Uint8Array(numEnvs).fill(1);
  const played: Played[] = [];
  env.reset({ seed });
  while (played.length < episodes) {
    if (policy.actBatch) policy.actBatch(env.observations, actions, { deterministic, actionMasks, episodeStarts });
    else {
      for (let i = 0; i < numEnvs; i++) {
        const observation = readRow(env.observationSpace, env.observations, i);
        const starts = episodeStarts.slice(i, i + 1);
        const action = policy.act(observation, { deterministic, actionMasks: maskOf(env, i), episodeStarts: starts });
        writeRow(env.actionSpace, action, actions, i);
      }
    }
    env.step(actions);
    checkStep(env);
    for (let i = 0; i < numEnvs; i++) {
      episodeStarts[i] = env.terminated[i] | env.truncated[i];
      if (left[i] === 0 || episodeStarts[i] === 0) continue;
      left[i]--;
      played.push({ return: env.episodeReturns[i], length: env.episodeLengths[i] });
    }
  }
  return played;
}

function maskOf({ actionMasks, numEnvs }: VectorEnv, i: number): Uint8Array | undefined {
  const size = (actionMasks?.length ?? 0) / numEnvs;
  return actionMasks?.slice(i * size, (i + 1) * size);
}
