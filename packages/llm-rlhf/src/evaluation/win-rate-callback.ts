import {
  aDevice,
  aFunction,
  Random,
  spawnSeed,
  streams,
  type Callback,
  type DeviceOption,
  type Learner,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { arrayOf, checkNeeded, tokenId } from '../checks.ts';
import { checkCompletionExamples, type CompletionExample } from '../data/examples.ts';
import { completeAll } from '../generation/complete-all.ts';
import { samplingChecks, type SamplingOptions } from '../generation/sampling.ts';
import { aDecoder, type Decoder } from '../model/decoder.ts';
import { winRate, type PairwiseJudge, type WinRate } from './win-rate.ts';

/** How win rates are measured during training. */
export interface WinRateCallbackOptions extends SamplingOptions, DeviceOption {
  /** Prompts that are not trained on, with the completions that the model's are compared with, at least two. */
  readonly rows: readonly CompletionExample[];
  readonly judge: PairwiseJudge;
  /** Texts of training between two measurements. Default 1,000. */
  readonly interval?: number;
  /** Tokens of the longest completion. */
  readonly maxNewTokens: number;
  /** Tokens that end one. */
  readonly stopTokens: readonly number[];
  /** Draws completions and which of two is shown first, at step t those of `spawnSeed(seed, streams.curve, t)`. Default 0. */
  readonly seed?: number;
  /** Called, and awaited, with what came of each measurement. */
  readonly onWinRate?: (measured: WinRate, completions: readonly (readonly number[])[]) => unknown;
}

/**
 * Has the model answer whenever training has passed a multiple of `interval` texts, a judge compare that with references, and records `eval/win_rate` and
 * `eval/win_probability` for the callbacks after it (`eval_win_rate` and `eval_avg_win_prob` of TRL's callback). Training is not changed by it.
 * @throws RangeError for wrong options, and for rows that are fewer than two or no examples.
 */
export function winRateCallback(model: Decoder, options: WinRateCallbackOptions): Callback<Learner> {
  const subject = 'winRateCallback';
  t.checkArguments(subject, { model }, { model: aDecoder });
  checkNeeded<WinRateCallbackOptions>(subject, options, {
    ...samplingChecks,
    rows: { expected: 'a list of at least two examples', accepts: (value) => Array.isArray(value) && value.length > 1 },
    judge: aFunction,
    interval: t.optional(t.positiveInteger),
    maxNewTokens: t.positiveInteger,
    stopTokens: arrayOf('tokens', tokenId.accepts),
    seed: t.optional(t.naturalNumber),
    onWinRate: t.optional(aFunction),
    device: t.optional(aDevice),
  });
  const { rows, judge, interval = 1000, seed = 0, onWinRate, ...drawing } = options;
  checkCompletionExamples(subject, rows, model.sizes.vocabulary);
  const turnsUntil = (step: number): number => Math.floor(step / interval);
  let turns = 0;
  return {
    onStart: ({ agent }) => {
      turns = turnsUntil(agent.step);
    },
    async onProgress({ step }, training) {
      if (turnsUntil(step) === turns) return;
      turns = turnsUntil(step);
      const random = new Random(spawnSeed(seed, streams.curve, step));
      const completions = completeAll(model, rows, { ...drawing, random }).map(({ tokens }) => tokens);
      const measured = winRate(rows, completions, { random, judge });
      training.record({ 'eval/win_rate': measured.hard.mean, 'eval/win_probability': measured.soft.mean });
      await onWinRate?.(measured, completions);
    },
  };
}
