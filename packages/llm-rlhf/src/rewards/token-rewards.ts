import { checkArguments, finiteNumber, oneOf, optional, positiveInteger } from '@gradus/tensor';
import { checkCompletions, checkLength, checkNeeded, completionsCheck, finite, finiteList } from '../checks.ts';
import type { Completions } from './completions.ts';

/**
 * Where a completion's score is given: at its last token (`last-token`), or one position later where there is one (`after-end`: the state after end-of-text;
 * Huang et al., 2024, and TRL until 1.9).
 */
export type RewardPlacement = 'last-token' | 'after-end';

/** Options of {@link tokenRewards}. */
export interface TokenRewardsOptions {
  /** Taken off for each nat of `kl`. TRL's PPO has 0.05. */
  readonly klCoefficient: number;
  readonly placement: RewardPlacement;
  /** Tokens of a completion, padding among them. */
  readonly time: number;
  /** What of the scores is given before the end, at other tokens: [completions × time]. Default: nothing. */
  readonly turnRewards?: ArrayLike<number> | undefined;
}

/**
 * rₜ = −β klₜ at each token, plus the completion's score where `placement` says, or what of it turns have not got before: `kl` [completions × time], estimates by token (k1), `scores` [completions] →
 * [completions × time], zeros where nothing is given. Throws `RangeError` for numbers that are not finite and for other sizes.
 */
export function tokenRewards(
  completions: Pick<Completions, 'lengths'>,
  scores: ArrayLike<number>,
  kl: ArrayLike<number>,
  options: TokenRewardsOptions,
): Float32Array {
  checkArguments(
    'tokenRewards',
    { completions, scores, kl },
    { completions: completionsCheck, scores: finiteList, kl: finiteList },
  );
  checkNeeded('tokenRewards', options, {
    klCoefficient: finiteNumber,
    placement: oneOf('last-token', 'after-end'),
    time: positiveInteger,
    turnRewards: optional(finiteList),
  });
  const { lengths } = completions;
  const { klCoefficient, placement, time, turnRewards = [] } = options;
  checkCompletions('tokenRewards', lengths, time);
  checkLength('tokenRewards: scores', scores, lengths.length);
  checkLength('tokenRewards: kl', kl, lengths.length * time);
  if (options.turnRewards !== undefined) checkLength('tokenRewards: turnRewards', turnRewards, kl.length);
  const rewards = new Float32Array(kl.length);
  lengths.forEach((length, row) => {
    let left = scores[row];
    for (let i = row * time; i < row * time + length; i++) {
      const given = turnRewards[i] ?? 0;
      rewards[i] = given - klCoefficient * kl[i];
      left -= given;
    }
    rewards[row * time + scoreIndex(length, time, placement)] += left;
  });
  return finite('tokenRewards: rewards', rewards);
}

/** The position of a completion's score. */
export function scoreIndex(length: number, time: number, placement: RewardPlacement): number {
  return placement === 'after-end' ? Math.min(length, time - 1) : length - 1;
}
