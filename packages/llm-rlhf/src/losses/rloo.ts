import * as t from '@gradus/tensor';
import { finite } from '../checks.ts';
import { checkGroups } from './groups.ts';

/**
 * RLOO, REINFORCE leave-one-out (Kool et al., 2019; Ahmadian et al., 2024): the baseline of a completion is the mean reward of the others of its prompt,
 *
 *     Aᵢ = Rᵢ − 1 / (k − 1) Σ_{j ≠ i} Rⱼ
 *
 * `rewards` [prompts × k], the completions of a prompt side by side. Throws `RangeError` unless k ≥ 2 divides them, and where they are too far apart for float32.
 */
export function rlooAdvantages(rewards: ArrayLike<number>, k: number): Float32Array {
  checkGroups('rlooAdvantages', rewards, k);
  const advantages = Float32Array.from(rewards, (reward, i) => {
    const first = i - (i % k);
    // The mean distance from the others: exactly 0 where all are equal.
    let distances = 0;
    for (let j = first; j < first + k; j++) distances += reward - rewards[j];
    return distances / (k - 1);
  });
  return finite('rlooAdvantages: advantages', advantages);
}

/**
 * Inside a program: the clipped surrogate of PPO with whole completions as actions, for several passes over the same ones (TRL's RLOO),
 *
 *     L(θ) = −mean min(ρᵢ Aᵢ, clip(ρᵢ, 1 − ε, 1 + ε) Aᵢ),   ρᵢ = π(yᵢ; θ) / π_old(yᵢ)
 *
 * `logProbabilities` and `oldLogProbabilities` of completions, sums over their tokens, and their `advantages`, [completions] each. Where π is π_old its
 * gradient is that of REINFORCE.
 */
export function clippedSequenceLoss(
  logProbabilities: t.Tensor,
  oldLogProbabilities: t.Tensor,
  advantages: t.Tensor,
  clipRange: number,
): t.Tensor {
  const ratio = t.exp(t.sub(logProbabilities, oldLogProbabilities));
  const clipped = t.clip(ratio, 1 - clipRange, 1 + clipRange);
  return t.neg(t.mean(t.minimum(t.mul(ratio, advantages), t.mul(clipped, advantages))));
}
