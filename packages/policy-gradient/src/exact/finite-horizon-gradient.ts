import {
  checkArguments,
  finiteHorizonDistributions,
  finiteHorizonValues,
  readHorizon,
  type FiniteHorizonOptions,
  type FiniteHorizonValues,
  type TransitionTable,
} from '@gradus/core';
import { aScoredPolicy } from '../policies/checks.ts';
import type { DiscretePolicy } from '../policies/scored-policy.ts';

/** The gradient of a policy's expected return within a horizon, and what it is made of. */
export interface FiniteHorizonGradient extends FiniteHorizonValues {
  /** ∇_θ J, [numParameters]. */
  readonly gradient: Float64Array;
  /** d_h(s) = P(s_h = s and the episode goes on), [numStates], for h = 0 … H − 1; not discounted. */
  readonly distributions: readonly Float64Array[];
}

/**
 * The policy gradient over a finite horizon, exactly: J(θ) = E[Σ_{h < H} γ^h r_h] of a policy that has the same parameters at each step, though its values
 * depend on the steps that are left (S5.5; Sutton et al., 2000):
 *
 *     ∇J(θ) = Σ_{h < H} γ^h Σ_s d_h(s) Σ_a Q_h(s, a) ∇π(a | s)
 *
 * It is what REINFORCE estimates in an environment with the time limit H, γ = 1 being the default. Throws `RangeError` for a policy with another number of
 * actions than the table, and as `finiteHorizonValues`.
 */
export function finiteHorizonPolicyGradient(
  table: TransitionTable,
  policy: DiscretePolicy,
  options: FiniteHorizonOptions = {},
): FiniteHorizonGradient {
  const { horizon, gamma } = readHorizon(table, options);
  checkArguments('finiteHorizonPolicyGradient', { policy }, { policy: aScoredPolicy });
  const { numStates, numActions } = table;
  if (policy.numActions !== numActions) {
    throw new RangeError(`policy: expected ${numActions} actions, as the table has, got ${policy.numActions}`);
  }
  const probabilities = new Float64Array(numStates * numActions);
  for (let state = 0; state < numStates; state++) {
    policy.probabilities(state, probabilities.subarray(state * numActions, (state + 1) * numActions));
  }
  const values = finiteHorizonValues(table, probabilities, { horizon, gamma });
  const distributions = finiteHorizonDistributions(table, probabilities, { horizon });
  const gradient = new Float64Array(policy.numParameters);
  const score = new Float64Array(policy.numParameters);
  for (let pair = 0; pair < probabilities.length; pair++) {
    const state = Math.floor(pair / numActions);
    let weight = 0;
    for (let step = 0, discount = 1; step < horizon; step++, discount *= gamma) {
      weight += discount * distributions[step][state] * values.actionValues[step][pair];
    }
    if (weight * probabilities[pair] === 0) continue;
    policy.score(state, pair % numActions, score);
    for (let i = 0; i < gradient.length; i++) gradient[i] += weight * probabilities[pair] * score[i];
  }
  return { ...values, gradient, distributions };
}
