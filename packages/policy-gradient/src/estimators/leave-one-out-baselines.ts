import type { ScoredPolicy } from '../policies/scored-policy.ts';
import { stepCredits, type Credit } from './step-credits.ts';
import type { Trajectory } from './trajectory.ts';

/**
 * Estimates [trajectories × p] whose baseline comes from the trajectories themselves: for trajectory n, from all but n.
 *
 * A baseline that knows the actions of its own trajectory would bias the estimate, in the order of 1 / N. One that is made of the others is
 * independent of them, so E[b ∇ log π(A | s)] = E[b] · 0 still. With ℓ_t = f_t ∇ log π(a_t | s_t), trajectory n gives
 *
 *     ĝ_i = Σ_t ℓ_{t,i} (G_t − c_t b_i),   b_i = Σ_{m ≠ n} Σ_t u_t G_t / Σ_{m ≠ n} Σ_t u_t c_t
 *
 * and u_t decides what is averaged (c_t = 1 unless another policy acted):
 *
 * - `mean`: u_t = f_t, the same baseline for all parameters, the mean return
 * - `optimal`: u_t = ℓ²_{t,i} c_t, that is b_i = E[ℓ_i² G] / E[ℓ_i²] (S5.4; Kochenderfer et al., 2022, §11.5). It minimizes Σ_t E[ℓ²_{t,i} (G_t − b)²],
 *   which is the variance of ĝ_i in the case of one step; with more it leaves out how the terms of different steps correlate
 *
 * A parameter on which no other trajectory has anything to say gets no baseline.
 */
export function leaveOneOutEstimates<State>(
  policy: ScoredPolicy<State>,
  trajectories: readonly Trajectory<State>[],
  options: { readonly gamma: number; readonly credit: Credit; readonly baseline: 'mean' | 'optimal' },
): Float64Array {
  const { numParameters } = policy;
  const size = trajectories.length * numParameters;
  // Of each trajectory and parameter: Σ ℓ G, Σ ℓ c, Σ u G and Σ u c.
  const estimates = new Float64Array(size);
  const slopes = new Float64Array(size);
  const numerators = new Float64Array(size);
  const denominators = new Float64Array(size);
  const score = new Float64Array(numParameters);
  const creditsOf = stepCredits(policy, trajectories, options.credit, options.gamma);
  trajectories.forEach((trajectory, n) => {
    const { states, actions } = trajectory;
    const { factors, returns, weights } = creditsOf(trajectory);
    for (let t = 0; t < returns.length; t++) {
      // Impossible actions, which only other policies take, have the weight 0 and no score.
      if (weights[t] === 0) continue;
      policy.score(states[t], actions[t], score);
      for (let i = 0; i < numParameters; i++) {
        const k = n * numParameters + i;
        const l = factors[t] * score[i];
        const u = options.baseline === 'optimal' ? l * l * weights[t] : factors[t];
        estimates[k] += l * returns[t];
        slopes[k] += l * weights[t];
        numerators[k] += u * returns[t];
        denominators[k] += u * weights[t];
      }
    }
  });
  const otherNumerators = sumsOfOthers(numerators, numParameters);
  const otherDenominators = sumsOfOthers(denominators, numParameters);
  for (let k = 0; k < size; k++) {
    if (otherDenominators[k] > 0) estimates[k] -= (otherNumerators[k] / otherDenominators[k]) * slopes[k];
  }
  return estimates;
}

/**
 * Of rows [n × p] the sum of all rows but one, [n × p]. Sums from both ends: the total less one's own would leave nothing but rounding where
 * one's own is most of it, as it is for rare parameters and large importance weights.
 */
function sumsOfOthers(rows: Float64Array, length: number): Float64Array {
  const others = new Float64Array(rows.length);
  const before = new Float64Array(length);
  const after = new Float64Array(length);
  for (let k = 0; k < rows.length; k++) {
    others[k] += before[k % length];
    before[k % length] += rows[k];
    const back = rows.length - 1 - k;
    others[back] += after[back % length];
    after[back % length] += rows[back];
  }
  return others;
}
