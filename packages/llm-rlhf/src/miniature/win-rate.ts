import { aFunction, aRandomSource, objectOf, type Interval, type RandomSource } from '@gradus/core';
import { checkArguments, optional } from '@gradus/tensor';
import { arrayOf, checkLength, checkNeeded, tokenId } from '../checks.ts';
import type { CompletionExample } from '../data/examples.ts';
import { happens } from './draw.ts';
import { judgeSummary } from './judge.ts';

/** The probability that the first of two summaries of a post is the better one. */
export type PairwiseJudge = (prompt: ArrayLike<number>, first: ArrayLike<number>, second: ArrayLike<number>) => number;

/** A mean, and where the true one may be expected with a probability of 95 %. */
export interface Estimate extends Interval {
  readonly mean: number;
}

/** How often summaries are better than the references. */
export interface WinRate {
  /** Part of the summaries that the judge finds the more probable to be better; those of which it cannot tell count half. */
  readonly hard: Estimate;
  /** Mean probability that they are better, by the judge. */
  readonly soft: Estimate;
}

/** How {@link winRate} compares. */
export interface WinRateOptions {
  /** Draws which of two summaries the judge is shown first, since judges may favour one place (Zheng et al., 2023). */
  readonly random: RandomSource;
  /** Default: {@link goldJudge}. */
  readonly judge?: PairwiseJudge;
}

/** The standard normal's quantile of 97.5 %. */
const QUANTILE = 1.959964;

/** σ(gold of the first − gold of the second): above ½ where the first is better. */
export function goldJudge(prompt: ArrayLike<number>, first: ArrayLike<number>, second: ArrayLike<number>): number {
  return 1 / (1 + Math.exp(judgeSummary(prompt, second).gold - judgeSummary(prompt, first).gold));
}

const tokens = arrayOf('tokens', tokenId.accepts);
const someSummaries = arrayOf('summaries, lists of tokens', tokens.accepts);
const aReference = objectOf('a reference (with prompt and completion)', { prompt: tokens, completion: tokens });
const someReferences = arrayOf(aReference.expected, aReference.accepts);

/**
 * How often summaries beat the references of their prompts, with intervals by the normal approximation, mean ± 1.96 s / √n: prompts are independent and many, and
 * scores are bounded. Over 1,000 prompts they reach some 3 points to either side.
 * @throws RangeError for other than one summary for each reference, for none, and for what a judge says that is no probability.
 */
export function winRate(
  references: readonly CompletionExample[],
  summaries: readonly ArrayLike<number>[],
  options: WinRateOptions,
): WinRate {
  checkArguments('winRate', { references, summaries }, { references: someReferences, summaries: someSummaries });
  checkNeeded('winRate', options, { random: aRandomSource, judge: optional(aFunction) });
  checkLength('winRate: summaries', summaries, references.length);
  const { random, judge = goldJudge } = options;
  const probabilities = references.map(({ prompt, completion }, i) => {
    const isFirst = happens(random, 0.5);
    const first = isFirst ? judge(prompt, summaries[i], completion) : judge(prompt, completion, summaries[i]);
    if (!(first >= 0 && first <= 1))
      throw new RangeError(`winRate: expected the judge to say a probability, got ${first}`);
    return isFirst ? first : 1 - first;
  });
  return { hard: estimate(probabilities.map((p) => (1 + Math.sign(p - 0.5)) / 2)), soft: estimate(probabilities) };
}

/**
 * The mean gold of summaries, which nobody sees but who evaluates: 3 is a perfect one's.
 * @throws RangeError as {@link winRate} does.
 */
export function meanGold(references: readonly CompletionExample[], summaries: readonly ArrayLike<number>[]): Estimate {
  checkArguments('meanGold', { references, summaries }, { references: someReferences, summaries: someSummaries });
  checkLength('meanGold: summaries', summaries, references.length);
  return estimate(references.map(({ prompt }, i) => judgeSummary(prompt, summaries[i]).gold));
}

function estimate(scores: readonly number[]): Estimate {
  if (scores.length < 2) throw new RangeError(`winRate: expected at least 2 summaries, got ${scores.length}`);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (scores.length - 1);
  const margin = QUANTILE * Math.sqrt(variance / scores.length);
  return { mean, low: mean - margin, high: mean + margin };
}
