import {
  flag,
  naturalNumber,
  networkChecks,
  networkDefaults,
  nonNegativeNumber,
  positiveInteger,
  positiveNumber,
  rolloutChecks,
  rolloutDefaults,
  scheduleOf,
  type NetworkOptions,
  type OptionCheck,
  type RolloutOptions,
  type Schedule,
} from '@gradus/core';
import {
  naturalGradientAgent,
  type NaturalGradientAgent,
  type NaturalGradientAgentClass,
} from './natural-gradient/natural-gradient-agent.ts';

/**
 * Natural policy gradient (Kakade, 2001), with the step size of Rajeswaran et al. (2017).
 *
 * Each round collects `steps` steps of every environment copy with the present policy, estimates advantages Âₜ by GAE(λ), and makes one step
 *
 *     θ ← θ + √(2 δ / gᵀ x) x,   x = (F + c I)⁻¹ g,   g = E[Âₜ ∇ log π(aₜ|sₜ)],
 *
 * where F is the Fisher matrix of the policy, so that the direction depends on the policies and not on how θ describes them. To second
 * order the policy moves by a divergence of δ = `targetKl`. The critic learns from the same round by minibatch steps.
 *
 * This is TRPO without its line search: nothing checks how far the policy really went, or whether it became better.
 */
export interface NaturalPolicyGradientOptions extends NetworkOptions, RolloutOptions {
  /** Steps of each environment copy in a round. Default 2048 (sb3-contrib's TRPO). */
  readonly steps: number;
  /** δ, nats. Default 0.01. */
  readonly targetKl: number;
  /** Iterations of conjugate gradients at most, each a product F v. Default 15 (sb3-contrib's TRPO). */
  readonly conjugateGradientSteps: number;
  /** c. Default 0.1. */
  readonly damping: number;
  /** Whether a round's advantages get mean 0 and standard deviation 1. Default true. */
  readonly normalizeAdvantage: boolean;
  /** Adam's step size for the critic, over the progress of training. Default 1e-3 (sb3-contrib's TRPO). */
  readonly learningRate: Schedule;
  /** Transitions in a minibatch of the critic; divides steps × number of copies. Default 128 (sb3-contrib's TRPO). */
  readonly batchSize: number;
  /** Passes of the critic over a round's transitions. Default 10 (sb3-contrib's TRPO). */
  readonly criticEpochs: number;
}

/** Those of sb3-contrib's TRPO. */
export const naturalPolicyGradientDefaults: NaturalPolicyGradientOptions = {
  ...networkDefaults,
  ...rolloutDefaults,
  steps: 2048,
  targetKl: 0.01,
  conjugateGradientSteps: 15,
  damping: 0.1,
  normalizeAdvantage: true,
  learningRate: 1e-3,
  batchSize: 128,
  criticEpochs: 10,
};

/** What each option must be. */
export const naturalPolicyGradientChecks: { readonly [Name in keyof NaturalPolicyGradientOptions]: OptionCheck } = {
  ...networkChecks,
  ...rolloutChecks,
  steps: positiveInteger,
  targetKl: positiveNumber,
  conjugateGradientSteps: positiveInteger,
  damping: nonNegativeNumber,
  normalizeAdvantage: flag,
  learningRate: scheduleOf(nonNegativeNumber),
  batchSize: positiveInteger,
  criticEpochs: naturalNumber,
};

/** The class of natural policy gradient agents; see {@link NaturalPolicyGradientOptions} for the algorithm. */
export const NaturalPolicyGradient: NaturalGradientAgentClass<NaturalPolicyGradientOptions> = naturalGradientAgent(
  {
    name: 'NaturalPolicyGradient',
    algorithm: 'npg',
    defaults: naturalPolicyGradientDefaults,
    checks: naturalPolicyGradientChecks,
  },
  // A step to a policy that is not finite is taken back; any other one stays.
  (step) => step(1, { divergence: Infinity, gain: -Infinity }),
);

/** A natural policy gradient agent. */
export type NaturalPolicyGradient = NaturalGradientAgent<NaturalPolicyGradientOptions>;
