import { aRandomSource, objectOf, type RandomSource } from '@gradus/core';
import { checkArguments } from '@gradus/tensor';
import { arrayOf, tokenId } from '../checks.ts';
import type { PreferenceExample } from '../data/examples.ts';
import { happens } from './draw.ts';
import { judgeSummary } from './judge.ts';

/** How much human beings err: the gold of two summaries that differ by this much is told apart with probability σ(1) = 0.73. */
export const LABEL_TEMPERATURE = 0.7;

/** Two summaries of one post. */
export interface SummaryPair {
  readonly prompt: ArrayLike<number>;
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
}

const tokens = arrayOf('tokens', tokenId.accepts);
const aPair = objectOf('a pair (with prompt, first and second)', { prompt: tokens, first: tokens, second: tokens });

/** P(first ≻ second) = σ((gold of first − gold of second) / 0.7), the model of Bradley and Terry (1952). */
export function preferenceProbability(pair: SummaryPair): number {
  checkArguments('preferenceProbability', { pair }, { pair: aPair });
  const { prompt, first, second } = pair;
  const difference = judgeSummary(prompt, first).gold - judgeSummary(prompt, second).gold;
  return 1 / (1 + Math.exp(-difference / LABEL_TEMPERATURE));
}

/**
 * Human labels for pairs: which one is preferred is drawn with {@link preferenceProbability}, and is all that is told; how good either is nobody learns.
 * @throws RangeError for a prompt that is no post.
 */
export function labelPairs(pairs: readonly SummaryPair[], random: RandomSource): PreferenceExample[] {
  checkArguments(
    'labelPairs',
    { pairs, random },
    { pairs: arrayOf(aPair.expected, aPair.accepts), random: aRandomSource },
  );
  return pairs.map((pair) => {
    const { prompt, first, second } = pair;
    const isFirst = happens(random, preferenceProbability(pair));
    return isFirst ? { prompt, chosen: first, rejected: second } : { prompt, chosen: second, rejected: first };
  });
}
