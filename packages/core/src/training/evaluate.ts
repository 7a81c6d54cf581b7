import { checkArguments, checkOptions, flag, naturalNumber, optional, positiveInteger } from '@gradus/tensor';
import type { ActOptions, Policy } from './agent.ts';
import { aPolicy, anEnv, stepLimit } from '../options/argument-checks.ts';
import { checkValue } from '../environments/check-values.ts';
import { resetEnv, stepCopies, stepEnv } from '../environments/checked-step.ts';
import { withStatistics } from '../environments/env-statistics.ts';
import type { Env } from '../environments/env.ts';
import { originalReward } from '../environments/original-reward.ts';
import { EnvError } from '../errors.ts';
import { spawnSeed, streams } from '../random/seed-sequence.ts';
import { createActions, readRow, writeRow } from '../spaces/spaces.ts';
import type { VectorEnv } from '../environments/vector-env.ts';

/** What to evaluate. */
export interface EvaluateOptions extends Pick<ActOptions, 'deterministic'> {
  /** Whole episodes to play, 10 by default. */
  readonly episodes?: number | undefined;
  /**
   * Chooses the episodes: the environment is reset with `spawnSeed(seed, streams.evaluation)`, so that an agent that was trained with the same seed has
   * seen none of them, and evaluations with different seeds share none; a single environment plays what the only copy of a `VectorEnv` does. Without it the environment's random stream goes on.
   */
  readonly seed?: number | undefined;
  /**
   * Steps after which an episode is cut off: best actions may go in circles for ever. Default: the environment's own limit, or 10,000 where it has none.
   */
  readonly maxEpisodeSteps?: number | undefined;
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
  /** How many of the episodes were cut off by `maxEpisodeSteps`, and not ended by the environment. */
  readonly cutOff: number;
}

/**
 * Plays whole episodes and reports their returns, those of the environment itself where wrappers change rewards; by default with the
 * policy's best actions. The policy is told where episodes start, and the action masks of an environment that has them. With a `VectorEnv` its copies play side by side, and each plays a number of
 * episodes that is fixed beforehand: taking the first that end would favour short ones; a policy that remembers needs `actBatch` for
 * that, since `act` does not tell it which copy it sees. Wrappers that normalize do so by what those of the agent's training have learned, and learn
 * nothing; where there are none, the agent normalizes by itself. Throws `RangeError` unless `episodes` and `maxEpisodeSteps` are positive integers, and
 * `EnvError` for what the environment or the policy gives that cannot be right, as `stepEnv` does.
 */
export function evaluate(policy: Policy, env: Env | VectorEnv, options: EvaluateOptions = {}): Evaluation {
  checkArguments('evaluate', { policy, env }, { policy: aPolicy, env: anEnv });
  checkOptions('evaluate', options, {
    episodes: optional(positiveInteger),
    seed: optional(naturalNumber),
    deterministic: optional(flag),
    maxEpisodeSteps: optional(positiveInteger),
  });
  const { episodes = 10, deterministic = true } = options;
  const seed = options.seed === undefined ? undefined : spawnSeed(options.seed, streams.evaluation);
  const limit = episodeLimit(env, options.maxEpisodeSteps);
  const play = withStatistics(policy, env, (isNormalized) => {
    const how: ActOptions = { deterministic, ...(isNormalized !== undefined && { isNormalized }) };
    const given = { episodes, seed, limit, how };
    return 'numEnvs' in env ? playTogether(policy, env, given) : playOne(policy, env, given);
  });
  const returns = play.map((episode) => episode.return);
  const meanReturn = returns.reduce((sum, value) => sum + value, 0) / episodes;
  const variance = returns.reduce((sum, value) => sum + (value - meanReturn) ** 2, 0) / episodes;
  const lengths = play.map((episode) => episode.length);
  const cutOff = play.filter((episode) => episode.isCutOff).length;
  return { meanReturn, stdReturn: Math.sqrt(variance), returns, lengths, cutOff };
}

/**
 * Steps after which a loop over episodes cuts one off: `maxEpisodeSteps`, or else the environment's own limit, or else 10,000. Throws `RangeError`
 * unless `maxEpisodeSteps` is a positive integer or undefined, and that of the environment one, `Infinity` or undefined.
 */
export function episodeLimit(env: Pick<Env, 'maxEpisodeSteps'>, maxEpisodeSteps?: number): number {
  checkArguments(
    'episodeLimit',
    { maxEpisodeSteps, 'env.maxEpisodeSteps': env.maxEpisodeSteps },
    { maxEpisodeSteps: optional(positiveInteger), 'env.maxEpisodeSteps': optional(stepLimit) },
  );
  return maxEpisodeSteps ?? env.maxEpisodeSteps ?? 10_000;
}

/** The error of a loop, named `subject`, that needs whole episodes and met one that does not end. */
export function endlessEpisode(subject: string, limit: number): EnvError {
  return new EnvError(
    `${subject}: an episode did not end within ${limit} steps; give the environment a time limit, or set maxEpisodeSteps where that is too few`,
  );
}

interface Play {
  readonly episodes: number;
  readonly seed: number | undefined;
  readonly limit: number;
  readonly how: ActOptions;
}

interface Played {
  readonly return: number;
  readonly length: number;
  readonly isCutOff: boolean;
}

function playOne(policy: Policy, env: Env, { episodes, seed, limit, how }: Play): Played[] {
  const episodeStarts = new Uint8Array(1);
  // As the only copy of a `VectorEnv`.
  const first = seed === undefined ? {} : { seed: spawnSeed(seed, 0) };
  return Array.from({ length: episodes }, (_, episode) => {
    let { observation } = resetEnv(env, episode === 0 ? first : {});
    let sum = 0;
    for (let length = 1; ; length++) {
      episodeStarts[0] = length === 1 ? 1 : 0;
      const action = policy.act(observation, { ...how, actionMasks: env.actionMask?.(), episodeStarts });
      const result = stepEnv(env, action);
      observation = result.observation;
      sum += originalReward(result);
      const isOver = result.terminated || result.truncated;
      if (isOver || length >= limit) return { return: sum, length, isCutOff: !isOver };
    }
  });
}

/** A copy whose episode was cut off waits until all copies that are still to play do, since they can only be reset together. */
function playTogether(policy: Policy, env: VectorEnv, { episodes, seed, limit, how }: Play): Played[] {
  const { numEnvs, actionMasks } = env;
  const actions = createActions(env.actionSpace, numEnvs);
  const left = Int32Array.from({ length: numEnvs }, (_, i) => Math.floor((episodes + numEnvs - 1 - i) / numEnvs));
  const episodeStarts = new Uint8Array(numEnvs).fill(1);
  const waiting = new Uint8Array(numEnvs);
  const howTogether = { ...how, actionMasks, episodeStarts };
  const played: Played[] = [];
  env.reset({ seed });
  while (played.length < episodes) {
    if (left.every((count, i) => count === 0 || waiting[i] === 1)) {
      env.reset();
      waiting.fill(0);
      episodeStarts.fill(1);
    }
    if (policy.actBatch) policy.actBatch(env.observations, actions, howTogether);
    else {
      for (let i = 0; i < numEnvs; i++) {
        const observation = readRow(env.observationSpace, env.observations, i);
        const starts = episodeStarts.slice(i, i + 1);
        const action = policy.act(observation, { ...how, actionMasks: maskOf(env, i), episodeStarts: starts });
        checkValue(`action of environment ${i}`, env.actionSpace, action);
        writeRow(env.actionSpace, action, actions, i);
      }
    }
    stepCopies(env, actions);
    for (let i = 0; i < numEnvs; i++) {
      episodeStarts[i] = env.terminated[i] | env.truncated[i];
      const isCutOff = episodeStarts[i] === 0;
      if (left[i] === 0 || waiting[i] === 1 || (isCutOff && env.episodeLengths[i] < limit)) continue;
      left[i]--;
      if (isCutOff) waiting[i] = 1;
      played.push({ return: env.episodeReturns[i], length: env.episodeLengths[i], isCutOff });
    }
  }
  return played;
}

function maskOf({ actionMasks, numEnvs }: VectorEnv, i: number): Uint8Array | undefined {
  const size = (actionMasks?.length ?? 0) / numEnvs;
  return actionMasks?.slice(i * size, (i + 1) * size);
}
