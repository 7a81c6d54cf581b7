import { aFunction, aRandomSource, type RandomSource } from '@gradus/core';
import { checkArguments, optional } from '@gradus/tensor';
import { checkLength, checkNeeded } from '../checks.ts';
import type { CompletionExample } from '../data/examples.ts';
import {
  estimate,
  someCompletions,
  someReferences,
  winRate as winRateBy,
  type Estimate,
  type PairwiseJudge,
  type WinRate,
} from '../evaluation/win-rate.ts';
import { judgeSummary } from './judge.ts';

/** How {@link winRate} compares. */
export interface WinRateOptions {
  /** Draws which of two summaries the judge is shown first. */
  readonly random: RandomSource;
  /** Default: {@link goldJudge}. */
  readonly judge?: PairwiseJudge;
}

/** σ(gold of the first − gold of the second): above ½ where the first is better. */
export function goldJudge(prompt: ArrayLike<number>, first: ArrayLike<number>, second: ArrayLike<number>): number {
  return 1 / (1 + Math.exp(judgeSummary(prompt, second).gold - judgeSummary(prompt, first).gold));
}

/** How often summaries beat human ones, to the gold judge if not to another. Throws `RangeError` as `winRate` of `@gradus/llm-rlhf` does. */
export function winRate(
  references: readonly CompletionExample[],
  summaries: readonly ArrayLike<number>[],
  options: WinRateOptions,
): WinRate {
  checkNeeded('winRate', options, { random: aRandomSource, judge: optional(aFunction) });
  const { random, judge = goldJudge } = options;
  return winRateBy(references, summaries, { random, judge });
}

/**
 * The mean gold of summaries, which nobody sees but who evaluates: 3 is a perfect one's.
 * @throws RangeError as {@link winRate} does.
 */
export function meanGold(references: readonly CompletionExample[], summaries: readonly ArrayLike<number>[]): Estimate {
  checkArguments('meanGold', { references, summaries }, { references: someReferences, summaries: someCompletions });
  checkLength('meanGold: summaries', summaries, references.length);
  return estimate(references.map(({ prompt }, i) => judgeSummary(prompt, summaries[i]).gold));
}
