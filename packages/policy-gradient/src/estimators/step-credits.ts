import { discountedReturn, rewardToGo } from '@gradus/core';
import type { ScoredPolicy } from '../policies/scored-policy.ts';
import type { Trajectory } from './trajectory.ts';

/**
 * What an action gets credit for (S5.3):
 *
 * - `total-return`: all of R(τ) = Σ_k γᵏ r_k, also what came before it (S5.2)
 * - `discounted-reward-to-go`: γᵗ G_t, G_t = Σ_{k ≥ t} γ^{k−t} r_k: causality, since no action changes the rewards before it
 * - `reward-to-go`: G_t without γᵗ, as nearly everybody does, since otherwise late steps hardly count. This is biased: it weights states
 *   by how often they are visited, not discounted, as J does
 */
export type Credit = 'total-return' | 'discounted-reward-to-go' | 'reward-to-go';

/** By step of one trajectory, so that its estimate is Σ_t f_t (G_t − c_t b(s_t)) ∇ log π(a_t | s_t). */
export interface StepCredits {
  /** f_t, [T]: γᵗ or 1. */
  readonly factors: Float64Array;
  /** G_t, [T]: the return that the action gets credit for, importance-weighted. */
  readonly returns: Float64Array;
  /** c_t, [T]: the importance weight of the baseline; 1 where π itself acted. */
  readonly weights: Float64Array;
}

/**
 * What gives the credits of each of `trajectories`, in memory that the next one's are written into: they are many, and small. Where another policy ρ
 * acted they are importance-weighted (S5.2), by the ratio of the probabilities of all of τ, in which the environment's part cancels:
 *
 *     π(τ) / ρ(τ) = Π_t π(a_t | s_t) / ρ(a_t | s_t) = w_{T−1},   w_t = Π_{k ≤ t} π(a_k | s_k) / ρ(a_k | s_k)
 *
 * Rewards to go are weighted one by one, r_k by w_k, for causality says of ratios too that later ones do not matter (Precup et al., 2000).
 * The mean is the same, the variance smaller; the factor of the baseline is then w_t. What it returns throws `RangeError` where a w_t is not finite.
 */
export function stepCredits<State>(
  policy: ScoredPolicy<State>,
  trajectories: readonly Trajectory<State>[],
  credit: Credit,
  gamma: number,
): (trajectory: Trajectory<State>) => StepCredits {
  const longest = trajectories.reduce((most, { rewards }) => Math.max(most, rewards.length), 0);
  const memory = {
    factors: new Float64Array(longest),
    returns: new Float64Array(longest),
    weights: new Float64Array(longest),
  };
  return (trajectory) => {
    const steps = trajectory.rewards.length;
    const factors = memory.factors.subarray(0, steps).fill(1);
    const returns = memory.returns.subarray(0, steps);
    const weights = memory.weights.subarray(0, steps).fill(1);
    weighByImportance(policy, trajectory, weights);
    if (credit === 'total-return') {
      const ratio = weights[steps - 1];
      returns.fill(ratio * discountedReturn(trajectory.rewards, gamma));
      return { factors, returns, weights: weights.fill(ratio) };
    }
    for (let t = 0; t < steps; t++) returns[t] = weights[t] * trajectory.rewards[t];
    rewardToGo(returns, gamma, returns);
    if (credit === 'discounted-reward-to-go') {
      for (let t = 1; t < steps; t++) factors[t] = factors[t - 1] * gamma;
    }
    return { factors, returns, weights };
  };
}

/** Makes w_t, [T], of ones. */
function weighByImportance<State>(
  policy: ScoredPolicy<State>,
  { states, actions, logProbabilities }: Trajectory<State>,
  weights: Float64Array,
): void {
  if (!logProbabilities) return;
  let sum = 0;
  for (let t = 0; t < weights.length; t++) {
    sum += policy.logProbability(states[t], actions[t]) - logProbabilities[t];
    weights[t] = Math.exp(sum);
    if (!Number.isFinite(weights[t])) {
      throw new RangeError(`logProbabilities: expected finite importance weights, got ${weights[t]} at step ${t}`);
    }
  }
}
