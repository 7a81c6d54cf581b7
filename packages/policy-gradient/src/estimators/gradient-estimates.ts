import { checkArguments, fraction, oneOf, optional, valueText, type OptionCheck } from '@gradus/core';
import { aScoredPolicy } from '../policies/checks.ts';
import type { ScoredPolicy } from '../policies/scored-policy.ts';
import { leaveOneOutEstimates } from './leave-one-out-baselines.ts';
import { stepCredits, type Credit } from './step-credits.ts';
import { checkTrajectories, type Trajectory } from './trajectory.ts';

/**
 * b, what is subtracted from the return that an action gets credit for (S5.4). Since E[∇ log π(A | s)] = 0, no b(s) that does not depend on the
 * action changes the mean of the estimate; a good one takes away most of its variance.
 *
 * - a number: the same everywhere; 0 for none
 * - a function: a value of the state, such as v_π(s) or what was learned of it (from other episodes, or else the mean does change)
 * - `mean`: the mean return of all steps of the other trajectories
 * - `optimal`: for each parameter the number of smallest variance, estimated from the other trajectories, see `leaveOneOutEstimates`
 */
export type Baseline<State = number> = number | ((state: State) => number) | 'mean' | 'optimal';

/** Which estimator of the gradient. */
export interface GradientOptions<State = number> {
  /** γ */
  readonly gamma: number;
  /** What an action gets credit for. Default `discounted-reward-to-go`, without bias. */
  readonly credit?: Credit | undefined;
  /** What is subtracted from it. Default 0. */
  readonly baseline?: Baseline<State> | undefined;
}

/**
 * The likelihood-ratio estimate of ∇J from each of some trajectories (REINFORCE, Williams, 1992; S5.2 to S5.4), [trajectories × p]:
 *
 *     ĝ = Σ_t f_t (G_t − b(s_t)) ∇ log π(a_t | s_t)
 *
 * G_t and f_t being those of `credit`. Trajectories of other policies are importance-weighted, see `stepCredits`. A contextual bandit is the
 * case of one step, ĝ = (r − b(s)) ∇ log π(a | s) (S5.6).
 *
 * Throws `RangeError` for options out of range, for lists of different lengths or without steps, rewards and baselines that are not finite,
 * and with `mean` and `optimal` for fewer than two trajectories.
 */
export function gradientEstimates<State>(
  policy: ScoredPolicy<State>,
  trajectories: readonly Trajectory<State>[],
  options: GradientOptions<State>,
): Float64Array {
  checkArguments('gradient', { policy, trajectories }, { policy: aScoredPolicy, trajectories: aList });
  checkArguments<GradientOptions<State>>('gradient', options, checks);
  const { gamma, credit = 'discounted-reward-to-go', baseline = 0 } = options;
  checkTrajectories(policy, trajectories, typeof baseline === 'string' ? 2 : 1);
  if (typeof baseline === 'string') return leaveOneOutEstimates(policy, trajectories, { gamma, credit, baseline });

  const { numParameters } = policy;
  const estimates = new Float64Array(trajectories.length * numParameters);
  const score = new Float64Array(numParameters);
  const creditsOf = stepCredits(policy, trajectories, credit, gamma);
  trajectories.forEach((trajectory, n) => {
    const { states, actions } = trajectory;
    const { factors, returns, weights } = creditsOf(trajectory);
    for (let t = 0; t < returns.length; t++) {
      const value = typeof baseline === 'number' ? baseline : checkedBaseline(baseline(states[t]));
      const advantage = factors[t] * (returns[t] - weights[t] * value);
      // Impossible actions, which only other policies take, have the weight 0 and no score.
      if (advantage === 0) continue;
      policy.score(states[t], actions[t], score);
      for (let i = 0; i < numParameters; i++) estimates[n * numParameters + i] += advantage * score[i];
    }
  });
  return estimates;
}

/** The mean of `gradientEstimates` over the trajectories, [p]: the gradient to follow. Throws as that does. */
export function estimateGradient<State>(
  policy: ScoredPolicy<State>,
  trajectories: readonly Trajectory<State>[],
  options: GradientOptions<State>,
): Float64Array {
  const estimates = gradientEstimates(policy, trajectories, options);
  const mean = new Float64Array(policy.numParameters);
  estimates.forEach((estimate, k) => (mean[k % mean.length] += estimate / trajectories.length));
  return mean;
}

const baselineCheck: OptionCheck = {
  expected: "a finite number, a function of the state, 'mean' or 'optimal'",
  accepts: (value) => Number.isFinite(value) || typeof value === 'function' || value === 'mean' || value === 'optimal',
};

const aList: OptionCheck = { expected: 'a list', accepts: (value) => Array.isArray(value) };

const checks = {
  gamma: fraction,
  credit: optional(oneOf('total-return', 'discounted-reward-to-go', 'reward-to-go')),
  baseline: optional(baselineCheck),
};

function checkedBaseline(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`baseline: expected a finite number for each state, got ${valueText(value)}`);
}
