import {
  BaseAgent,
  flag,
  fraction,
  naturalNumber,
  networkChecks,
  networkDefaults,
  nonNegativeNumber,
  nullable,
  positiveInteger,
  positiveNumber,
  scheduleOf,
  type ActorCriticLookup,
  type AgentParts,
  type DeviceOption,
  type Env,
  type NetworkOptions,
  type OptionCheck,
  type Progress,
  type Schedule,
  type VectorEnv,
} from '@gradus/core';
import { NaturalGradientLearner, stay } from './natural-gradient/natural-gradient-learner.ts';

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
export interface NaturalPolicyGradientOptions extends NetworkOptions {
  /** Steps of each environment copy in a round. Default 2048 (sb3-contrib's TRPO). */
  readonly steps: number;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** λ of generalized advantage estimation. Default 0.95 (sb3-contrib's TRPO). */
  readonly gaeLambda: number;
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
  /** Whether observations are normalized by their running mean and variance. Default false. */
  readonly normalizeObservation: boolean;
  /** Whether rewards are divided by the running standard deviation of the return. Default false. */
  readonly normalizeReward: boolean;
  /**
   * gSDE (Raffin et al., 2021) for continuous actions: their noise is a function of the state (see `stateDependentGaussian` of core), the
   * same one for so many steps, and a new one in each round. `null`: independent noise, whose deviation does not depend on the state, at
   * every step. Default `null`.
   */
  readonly stateDependentExploration: number | null;
  /** Seeds weights, actions, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** Those of sb3-contrib's TRPO. */
export const naturalPolicyGradientDefaults: NaturalPolicyGradientOptions = {
  ...networkDefaults,
  steps: 2048,
  gamma: 0.99,
  gaeLambda: 0.95,
  targetKl: 0.01,
  conjugateGradientSteps: 15,
  damping: 0.1,
  normalizeAdvantage: true,
  learningRate: 1e-3,
  batchSize: 128,
  criticEpochs: 10,
  normalizeObservation: false,
  normalizeReward: false,
  stateDependentExploration: null,
  seed: 0,
};

/** What each option must be. */
export const naturalPolicyGradientChecks: { readonly [Name in keyof NaturalPolicyGradientOptions]: OptionCheck } = {
  ...networkChecks,
  steps: positiveInteger,
  gamma: fraction,
  gaeLambda: fraction,
  targetKl: positiveNumber,
  conjugateGradientSteps: positiveInteger,
  damping: nonNegativeNumber,
  normalizeAdvantage: flag,
  learningRate: scheduleOf(nonNegativeNumber),
  batchSize: positiveInteger,
  criticEpochs: naturalNumber,
  normalizeObservation: flag,
  normalizeReward: flag,
  stateDependentExploration: nullable(positiveInteger),
  seed: naturalNumber,
};

/** A natural policy gradient agent; see {@link NaturalPolicyGradientOptions} for the algorithm. */
export class NaturalPolicyGradient extends BaseAgent<NaturalPolicyGradientOptions> {
  static readonly algorithm = 'npg';
  protected readonly parts: AgentParts;
  readonly actionDistribution: ActorCriticLookup['actionDistribution'];
  readonly stateValue: ActorCriticLookup['stateValue'];
  private readonly learner: NaturalGradientLearner;

  /**
   * @param env one environment, or n copies stepped together (n × `steps` transitions a round); where it has action masks, illegal
   *   actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as minibatches that do not divide a round evenly.
   */
  constructor(env: Env | VectorEnv, options: Partial<NaturalPolicyGradientOptions> & DeviceOption = {}) {
    const { algorithm } = NaturalPolicyGradient;
    const kind = { defaults: naturalPolicyGradientDefaults, checks: naturalPolicyGradientChecks };
    super({ name: 'NaturalPolicyGradient', algorithm, ...kind }, env, options);
    this.learner = new NaturalGradientLearner(this.training, this.random, this.options, this.device);
    this.parts = this.learner.parts;
    ({ actionDistribution: this.actionDistribution, stateValue: this.stateValue } = this.learner.lookup);
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { rollouts, actor } = this.learner;
    const { targetKl } = this.options;
    for (const progress of rollouts.rounds(totalSteps)) {
      const direction = actor.compute(rollouts.buffer);
      const { curvature } = direction;
      // Without a gradient, or one that is not finite, there is no direction.
      const move = curvature > 0 ? actor.step(Math.sqrt((2 * targetKl) / curvature), anyFinite) : stay;
      yield rollouts.progress(this.learner.finishRound(this, direction, move, progress));
    }
  }
}

/** A step to a policy that is not finite is taken back; any other one stays. */
const anyFinite = { divergence: Infinity, gain: -Infinity };
