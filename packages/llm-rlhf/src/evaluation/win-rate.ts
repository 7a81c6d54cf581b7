import { aFunction, aRandomSource, objectOf, type Interval, type RandomSource } from '@gradus/core';
import { checkArguments, type OptionCheck } from '@gradus/tensor';
import { arrayOf, checkLength, checkNeeded, tokenId } from '../checks.ts';
import type { CompletionExample } from '../data/examples.ts';

/** The probability that the first of two completions of a prompt is the better one. */
export type PairwiseJudge = (prompt: ArrayLike<number>, first: ArrayLike<number>, second: ArrayLike<number>) => number;

/** A mean, and where the true one may be expected with a probability of 95 %. */
export interface Estimate extends Interval {
  readonly mean: number;
}

/** How often completions are better than the references. */
export interface WinRate {
  /** Part of the completions that the judge finds the more probable to be better; those of which it cannot tell count half. */
  readonly hard: Estimate;
  /** Mean probability that they are better, by the judge. */
  readonly soft: Estimate;
}

/** How {@link winRate} compares. */
export interface WinRateOptions {
  /** Draws which of two completions the judge is shown first, since judges may favour one place (Zheng et al., 2023). */
  readonly random: RandomSource;
  readonly judge: PairwiseJudge;
}

/** The standard normal's quantile of 97.5 %. */
const QUANTILE = 1.959964;

const tokens = arrayOf('tokens', tokenId.accepts);
/** What {@link winRate} compares. */
export const someCompletions: OptionCheck = arrayOf('completions, lists of tokens', tokens.accepts);
const aReference = objectOf('a reference (with prompt and completion)', { prompt: tokens, completion: tokens });
/** What it compares with. */
export const someReferences: OptionCheck = arrayOf(aReference.expected, aReference.accepts);

/**
 * How often completions beat the references of their prompts, with intervals by the normal approximation, mean ± 1.96 s / √n: prompts are independent and many, and
 * scores are bounded. Over 1,000 prompts they reach some 3 points to either side.
 * @throws RangeError for other than one completion for each reference, for fewer than two, and for what a judge says that is no probability.
 */
export function winRate(
  references: readonly CompletionExample[],
  completions: readonly ArrayLike<number>[],
  options: WinRateOptions,
): WinRate {
  checkArguments('winRate', { references, completions }, { references: someReferences, completions: someCompletions });
  checkNeeded('winRate', options, { random: aRandomSource, judge: aFunction });
  checkLength('winRate: completions', completions, references.length);
  const { random, judge } = options;
  const probabilities = references.map(({ prompt, completion }, i) => {
    const isFirst = random.nextFloat() < 0.5;
    const first = isFirst ? judge(prompt, completions[i], completion) : judge(prompt, completion, completions[i]);
    if (!(first >= 0 && first <= 1))
      throw new RangeError(`winRate: expected the judge to say a probability, got ${first}`);
    return isFirst ? first : 1 - first;
  });
  return { hard: estimate(probabilities.map((p) => (1 + Math.sign(p - 0.5)) / 2)), soft: estimate(probabilities) };
}

/** The mean of scores, at least two, with its interval. */
export function estimate(scores: readonly number[]): Estimate {
  if (scores.length < 2) throw new RangeError(`winRate: expected at least 2 completions, got ${scores.length}`);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (scores.length - 1);
  const margin = QUANTILE * Math.sqrt(variance / scores.length);
  return { mean, low: mean - margin, high: mean + margin };
}
