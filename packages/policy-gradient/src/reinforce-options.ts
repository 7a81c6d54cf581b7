import {
  flag,
  fraction,
  naturalNumber,
  networkChecks,
  networkDefaults,
  nonNegativeNumber,
  nullable,
  oneOf,
  positiveInteger,
  positiveNumber,
  scheduleOf,
  type NetworkOptions,
  type OptionCheck,
  type Schedule,
} from '@gradus/core';
import type { Credit } from './estimators/step-credits.ts';

/**
 * REINFORCE (Williams, 1992; S5.2 to S5.4): play N whole episodes with the present policy, then make one step of Adam along the likelihood-ratio estimate
 * of ∇J,
 *
 *     ĝ = 1/N Σ_n Σ_t f_t (G_t − b) ∇ log π(a_t | s_t; θ)
 *
 * `credit` says what f_t and G_t are, `baseline` what b is, both as in `gradientEstimates`, whose estimates for policies with closed forms these are for
 * networks: a softmax over `Discrete` or `MultiDiscrete` actions, a normal distribution with learned deviations over those of a `Box`. `hidden: []` makes the
 * policy linear.
 *
 * What is learned from is whole episodes, a fixed number of each copy, since those that end first are the short ones. A copy that has played its share goes on
 * unheeded until all have, and the next round begins with new episodes; with one copy nothing is lost. An episode that a time limit cut off counts as ended
 * there; with a learned baseline, G goes on with γ v of its last observation.
 */
export interface ReinforceOptions extends NetworkOptions {
  /** Whole episodes of each copy in an update. Default 8. */
  readonly episodes: number;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /**
   * What an action gets credit for, see {@link Credit}. Default `reward-to-go`, which is biased and what nearly everybody does;
   * `discounted-reward-to-go` has the factor γᵗ of Sutton and Barto (2018, §13.3).
   */
  readonly credit: Credit;
  /**
   * b, what is subtracted from the return. Default `value`.
   *
   * - a number: the same everywhere; 0 for none
   * - `mean`: the mean return of all steps of the other episodes
   * - `value`: v(s) of a second network, fitted to the returns of the rounds before
   * - `optimal`: for each parameter the number of smallest variance, estimated from the other episodes (S5.4); slow, since it differentiates steps one by one
   */
  readonly baseline: number | 'mean' | 'value' | 'optimal';
  /**
   * Whether G − b gets mean 0 and standard deviation 1 over the steps of an update (with `optimal` it is G). This is a baseline, too, and one that
   * biases a little, since it knows the actions. Default true.
   */
  readonly normalizeReturns: boolean;
  /** Adam's step size for the policy, over the progress of training. Default 1e-2. */
  readonly learningRate: Schedule;
  /** Adam's step size for the value network. Default 1e-2. */
  readonly valueLearningRate: Schedule;
  /** Passes of minibatch steps of the value network over the steps of an update. Default 5. */
  readonly valueEpochs: number;
  /** Steps in such a minibatch, and in each part of a gradient; the last one of a pass is filled up with the first steps. Default 128. */
  readonly batchSize: number;
  /** Largest global norm of the policy's gradient, `null` for no limit. Default `null`. */
  readonly maxGradNorm: number | null;
  /**
   * Steps within which an episode has to end, since it is learned from as a whole; null: the environment's own limit, or 10,000 where it has none.
   * Default null.
   */
  readonly maxEpisodeSteps: number | null;
  /** Seeds weights, actions, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** Our own: nobody publishes settings. */
export const reinforceDefaults: ReinforceOptions = {
  ...networkDefaults,
  episodes: 8,
  gamma: 0.99,
  credit: 'reward-to-go',
  baseline: 'value',
  normalizeReturns: true,
  learningRate: 1e-2,
  valueLearningRate: 1e-2,
  valueEpochs: 5,
  batchSize: 128,
  maxGradNorm: null,
  maxEpisodeSteps: null,
  seed: 0,
};

const baselineCheck: OptionCheck = {
  expected: "a finite number, 'mean', 'value' or 'optimal'",
  accepts: (value) => Number.isFinite(value) || value === 'mean' || value === 'value' || value === 'optimal',
};

/** What each option must be. */
export const reinforceChecks: { readonly [Name in keyof ReinforceOptions]: OptionCheck } = {
  ...networkChecks,
  episodes: positiveInteger,
  gamma: fraction,
  credit: oneOf('total-return', 'discounted-reward-to-go', 'reward-to-go'),
  baseline: baselineCheck,
  normalizeReturns: flag,
  learningRate: scheduleOf(nonNegativeNumber),
  valueLearningRate: scheduleOf(nonNegativeNumber),
  valueEpochs: positiveInteger,
  batchSize: positiveInteger,
  maxGradNorm: nullable(positiveNumber),
  maxEpisodeSteps: nullable(positiveInteger),
  seed: naturalNumber,
};
