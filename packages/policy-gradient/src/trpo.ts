import { positiveInteger, type OptionCheck } from '@gradus/core';
import {
  naturalGradientAgent,
  stay,
  type NaturalGradientAgent,
  type NaturalGradientAgentClass,
  type NaturalMove,
  type NaturalStep,
} from './natural-gradient/natural-gradient-agent.ts';
import {
  naturalPolicyGradientChecks,
  naturalPolicyGradientDefaults,
  type NaturalPolicyGradientOptions,
} from './natural-policy-gradient.ts';

/**
 * Trust region policy optimization (Schulman et al., 2015; S5.9).
 *
 * Each round collects `steps` steps of every environment copy with the present policy and estimates advantages Âₜ by GAE(λ). Then the policy
 * makes one large step, which is to
 *
 *     maximize E[ρₜ Âₜ], ρₜ = π(aₜ|sₜ) / π_old(aₜ|sₜ), subject to E[KL(π_old(·|sₜ) ‖ π(·|sₜ))] < δ.
 *
 * To first order in the objective, g, and second order in the divergence, ½ Δθᵀ F Δθ, the best step is
 *
 *     Δθ = √(2 δ / gᵀ x) x,   x = (F + c I)⁻¹ g,
 *
 * where x comes by conjugate gradients, from products of the Fisher matrix F with vectors. A line search shrinks Δθ until the objective itself
 * has risen and the divergence itself is below δ; where no try is good enough the policy stays as it is. The critic learns from the same
 * round by minibatch steps. But for the line search this is the natural policy gradient, whose options it has.
 *
 * Details follow sb3-contrib, but for: the divergence is KL(π_old ‖ π), as in the paper; there it is KL(π ‖ π_old). Conjugate gradients
 * end at a residual relative to g's size. All of a round serves for F; the paper takes a tenth of it.
 */
export interface TrpoOptions extends NaturalPolicyGradientOptions {
  /** Tries of the line search. Default 10 (sb3-contrib). */
  readonly lineSearchSteps: number;
  /** Each try is this times the one before; between 0 and 1. Default 0.8 (sb3-contrib). */
  readonly lineSearchFactor: number;
}

/** Those of sb3-contrib. */
export const trpoDefaults: TrpoOptions = {
  ...naturalPolicyGradientDefaults,
  lineSearchSteps: 10,
  lineSearchFactor: 0.8,
};

const optionChecks: { readonly [Name in keyof TrpoOptions]: OptionCheck } = {
  ...naturalPolicyGradientChecks,
  lineSearchSteps: positiveInteger,
  lineSearchFactor: {
    expected: 'a number in (0, 1)',
    accepts: (value) => typeof value === 'number' && value > 0 && value < 1,
  },
};

/** The line search: the largest of the tries α = factorᵏ √(2 δ / gᵀ x) that is within the trust region and better than the old policy. */
function lineSearch(step: NaturalStep, { targetKl, lineSearchSteps, lineSearchFactor }: TrpoOptions): NaturalMove {
  const limits = { divergence: targetKl, gain: 0 };
  for (let k = 0; k < lineSearchSteps; k++) {
    const fraction = lineSearchFactor ** k;
    const outcome = step(fraction, limits);
    if (outcome.accepted) return { ...outcome, metrics: { 'train/step_fraction': fraction } };
  }
  return { ...stay, metrics: { 'train/step_fraction': 0 } };
}

/** The class of TRPO agents; see {@link TrpoOptions} for the algorithm. */
export const Trpo: NaturalGradientAgentClass<TrpoOptions> = naturalGradientAgent(
  { name: 'Trpo', algorithm: 'trpo', defaults: trpoDefaults, checks: optionChecks },
  lineSearch,
);

/** A TRPO agent. */
export type Trpo = NaturalGradientAgent<TrpoOptions>;
