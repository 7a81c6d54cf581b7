import { checkArguments, fraction, oneOf, positiveInteger } from '@gradus/tensor';
import { checkCompletions, checkLength, checkNeeded, finite, finiteList, maskedCompletionsCheck } from '../checks.ts';
import type { Completions } from './completions.ts';
import { scoreIndex, type RewardPlacement } from './token-rewards.ts';

/** Options of {@link tokenAdvantages}. */
export interface TokenAdvantagesOptions {
  /** γ; 1 where completions are all that counts. */
  readonly gamma: number;
  /** λ. TRL's PPO has 0.95. */
  readonly lambda: number;
  /** Where the score was given: values count up to there. */
  readonly placement: RewardPlacement;
  /** Tokens of a completion, padding among them. */
  readonly time: number;
}

/**
 * Generalized advantage estimation (Schulman et al., 2016) over the tokens of completions, which all terminate: δₜ = rₜ + γ vₜ₊₁ − vₜ, Aₜ = δₜ + γλ Aₜ₊₁, and
 * returns Aₜ + vₜ. `rewards` and `values`, of the states before the tokens, [completions × time]; all is 0 behind a completion. What the mask leaves out within one,
 * others have written: no time passes there, and a turn's last token is followed by the next turn's first.
 */
export function tokenAdvantages(
  completions: Pick<Completions, 'lengths' | 'mask'>,
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  options: TokenAdvantagesOptions,
): Readonly<Record<'advantages' | 'returns', Float32Array>> {
  checkArguments(
    'tokenAdvantages',
    { completions, rewards, values },
    { completions: maskedCompletionsCheck, rewards: finiteList, values: finiteList },
  );
  checkNeeded('tokenAdvantages', options, {
    gamma: fraction,
    lambda: fraction,
    placement: oneOf('last-token', 'after-end'),
    time: positiveInteger,
  });
  const { lengths, mask } = completions;
  const { gamma, lambda, placement, time } = options;
  checkCompletions('tokenAdvantages', lengths, time);
  checkLength('tokenAdvantages: rewards', rewards, lengths.length * time);
  checkLength('tokenAdvantages: mask', mask, lengths.length * time);
  checkLength('tokenAdvantages: values', values, lengths.length * time);
  const advantages = new Float32Array(rewards.length);
  const returns = new Float32Array(rewards.length);
  lengths.forEach((length, row) => {
    let [next, nextValue] = [0, 0];
    for (let i = row * time + scoreIndex(length, time, placement); i >= row * time; i--) {
      if (mask[i] === 0 && i < row * time + length) continue;
      next = rewards[i] + gamma * nextValue - values[i] + gamma * lambda * next;
      nextValue = values[i];
      advantages[i] = next;
      returns[i] = next + nextValue;
    }
  });
  return {
    advantages: finite('tokenAdvantages: advantages', advantages),
    returns: finite('tokenAdvantages: returns', returns),
  };
}
