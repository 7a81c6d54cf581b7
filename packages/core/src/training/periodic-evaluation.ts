import { checkArguments, checkOptions, flag, naturalNumber, optional, positiveInteger } from '@gradus/tensor';
import { aFunction, anEnv, optionsWithEnv } from '../options/argument-checks.ts';
import type { Env } from '../environments/env.ts';
import { evaluate, type Evaluation } from './evaluate.ts';
import { spawnSeed, streams } from '../random/seed-sequence.ts';
import { readNumber, type Stateful } from '../checkpoints/state.ts';
import { stepInterval } from './step-interval.ts';
import type { Callback, Training } from './train.ts';
import type { VectorEnv } from '../environments/vector-env.ts';

/** How to evaluate during training. */
export interface PeriodicEvaluationOptions {
  /**
   * What to play in: not what the agent trains in, whose episodes would be cut short, but one like it. Wrappers that change what the
   * agent sees or may do belong around both; those that change rewards around that of training alone, so that returns are the
   * task's own. An agent's own normalizers come with it, and so do the statistics of wrappers that normalize what it sees: they are set, and left as they are, by `evaluate`.
   */
  readonly env: Env | VectorEnv;
  /** Environment steps of training between evaluations: 10,000 by default, as in Stable-Baselines3. */
  readonly interval?: number | undefined;
  /** Episodes of an evaluation, 10 by default. */
  readonly episodes?: number | undefined;
  /**
   * Chooses the episodes: an evaluation at step t plays those of `spawnSeed(seed, streams.curve, t)`, so that each has fresh ones and resuming changes
   * none. Default: the agent's own seed (`agent.options.seed`), or 0 where it has none.
   */
  readonly seed?: number | undefined;
  /** Steps after which an episode is cut off. Default as that of `evaluate`. */
  readonly maxEpisodeSteps?: number | undefined;
  /**
   * Play the best actions, by default. Where an agent acts and trains by the same random numbers, samples change its training; they do not
   * with those that play by a `RolloutCollector`.
   */
  readonly deterministic?: boolean | undefined;
  /** Called, and awaited, after an evaluation with a higher mean return than all before: the place to save the agent. */
  readonly onBest?: ((evaluation: Evaluation, training: Training) => unknown) | undefined;
}

/**
 * Evaluates the agent whenever training has passed a multiple of `interval` steps (EvalCallback of Stable-Baselines3), and records
 * `eval/mean_return`, `eval/std_return`, `eval/mean_length`, `eval/best_return`, the highest mean so far, and
 * `eval/cut_off_episodes`, how many did not end within `maxEpisodeSteps`, for the callbacks after
 * it: loggers, `stopOnReturn`, `stopOnNoImprovement`. After training the agent is the last, not the best; `onBest` keeps that:
 *
 * ```ts
 * periodicEvaluation({ env, onBest: (_, { agent }) => saveCheckpoint('runs/best', agent.checkpoint()) })
 * ```
 *
 * The best return is part of `Training.checkpoint`. Throws `RangeError` for options out of range.
 */
export function periodicEvaluation(options: PeriodicEvaluationOptions): Callback & Stateful {
  const subject = 'periodicEvaluation';
  checkArguments(subject, { options }, { options: optionsWithEnv });
  checkOptions(subject, options, {
    env: anEnv,
    interval: optional(positiveInteger),
    episodes: optional(positiveInteger),
    seed: optional(naturalNumber),
    deterministic: optional(flag),
    maxEpisodeSteps: optional(positiveInteger),
    onBest: optional(aFunction),
  });
  const { env, interval = 10_000, episodes = 10, seed, deterministic = true, maxEpisodeSteps, onBest } = options;
  checkArguments(subject, { env }, { env: anEnv });
  const turns = stepInterval(subject, interval);
  let best = -Infinity;
  return {
    onStart: ({ agent }) => {
      turns.start(agent.step);
    },
    async onProgress({ step }, training) {
      if (!turns.passed(step)) return;
      const { agent } = training;
      const ownSeed = spawnSeed(seed ?? agent.options?.seed ?? 0, streams.curve, step);
      const evaluation = evaluate(agent, env, { episodes, seed: ownSeed, deterministic, maxEpisodeSteps });
      const { meanReturn, stdReturn, lengths, cutOff } = evaluation;
      const isBest = meanReturn > best;
      if (isBest) best = meanReturn;
      training.record({
        'eval/mean_return': meanReturn,
        'eval/std_return': stdReturn,
        'eval/mean_length': lengths.reduce((sum, length) => sum + length, 0) / episodes,
        'eval/best_return': best,
        'eval/cut_off_episodes': cutOff,
      });
      if (isBest) await onBest?.(evaluation, training);
    },
    getState: () => ({ best }),
    setState: (state) => {
      best = readNumber(state, 'best');
    },
  };
}
