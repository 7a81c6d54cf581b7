import {
  BaseAgent,
  positiveInteger,
  type ActorCriticLookup,
  type AgentParts,
  type DeviceOption,
  type Env,
  type OptionCheck,
  type Progress,
  type VectorEnv,
} from '@gradus/core';
import { NaturalGradientLearner, stay, type Move } from './natural-gradient/natural-gradient-learner.ts';
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

/** A TRPO agent; see {@link TrpoOptions} for the algorithm. */
export class Trpo extends BaseAgent<TrpoOptions> {
  static readonly algorithm = 'trpo';
  protected readonly parts: AgentParts;
  readonly actionDistribution: ActorCriticLookup['actionDistribution'];
  readonly stateValue: ActorCriticLookup['stateValue'];
  private readonly learner: NaturalGradientLearner;

  /**
   * @param env one environment, or n copies stepped together (n × `steps` transitions a round); where it has action masks, illegal
   *   actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as minibatches that do not divide a round evenly.
   */
  constructor(env: Env | VectorEnv, options: Partial<TrpoOptions> & DeviceOption = {}) {
    super({ name: 'Trpo', algorithm: Trpo.algorithm, defaults: trpoDefaults, checks: optionChecks }, env, options);
    this.learner = new NaturalGradientLearner(this.training, this.random, this.options, this.device);
    this.parts = this.learner.parts;
    ({ actionDistribution: this.actionDistribution, stateValue: this.stateValue } = this.learner.lookup);
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { rollouts, actor } = this.learner;
    for (const progress of rollouts.rounds(totalSteps)) {
      const direction = actor.compute(rollouts.buffer);
      const { curvature } = direction;
      // Without a gradient, or one that is not finite, there is no direction.
      const move = curvature > 0 ? this.search(Math.sqrt((2 * this.options.targetKl) / curvature)) : noTry;
      const metrics = this.learner.finishRound(this, direction, move, progress);
      yield rollouts.progress({ ...metrics, 'train/step_fraction': move.fraction });
    }
  }

  /** The line search: the largest of the tries α = largest × factorᵏ that is within the trust region and better than the old policy. */
  private search(largest: number): Try {
    const { targetKl, lineSearchSteps, lineSearchFactor } = this.options;
    const limits = { divergence: targetKl, gain: 0 };
    for (let k = 0; k < lineSearchSteps; k++) {
      const fraction = lineSearchFactor ** k;
      const outcome = this.learner.actor.step(fraction * largest, limits);
      if (outcome.accepted) return { ...outcome, fraction };
    }
    return noTry;
  }
}

/** A step of the policy, and what part it is of the largest one. */
type Try = Move & { readonly fraction: number };

const noTry: Try = { ...stay, fraction: 0 };
