import {
  flag,
  fraction,
  linear,
  naturalNumber,
  nonNegativeNumber,
  nullable,
  oneOf,
  positiveInteger,
  positiveNumber,
  scheduleOf,
  samplingChecks,
  type HindsightOptions,
  type MinibatchOptions,
  type OptionCheck,
  type Schedule,
} from '@gradus/core';
import { qNetworkChecks, qNetworkDefaults, type QNetworkLayers } from './own-network.ts';
import { distributionCheck, type Distribution } from './distribution.ts';

/** Options of `Dqn`, the deep Q-network and its extensions; formulas of both are at `Dqn`. */
export interface DqnOptions extends QNetworkLayers {
  /** The optimizer's step size, over the progress of training. Default 1e-4 (SB3). */
  readonly learningRate: Schedule;
  /** `rmsprop` is MinAtar's, after Mnih et al. (2015): centered, with ρ = 0.95 and ε = 0.01. Default `adam` (SB3). */
  readonly optimizer: 'adam' | 'rmsprop';
  /** What Adam adds to its denominators. Default 1e-8 (SB3). */
  readonly adamEpsilon: number;
  /** Transitions that the replay buffer holds. Default 1,000,000. */
  readonly bufferSize: number;
  /** Environment steps before the first update; until then all actions are random. Default 100 (SB3). */
  readonly learningStarts: number;
  /** Transitions in a minibatch. Default 32. */
  readonly batchSize: number;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** Environment steps between rounds of updates; a multiple of the number of copies. Default 4. */
  readonly trainFrequency: number;
  /** Updates in a round. Default 1. */
  readonly gradientSteps: number;
  /** Environment steps between changes of the target network, which come before updates. Default 10,000 (SB3). */
  readonly targetUpdateInterval: number;
  /** w⁻ ← τ w + (1 − τ) w⁻. Default 1: a copy. */
  readonly tau: number;
  /** Probability of a random action, over the progress of training. Default: 1 → 0.05 in the first tenth (SB3). */
  readonly epsilon: Schedule;
  /** Whether w chooses the next action, and w⁻ only values it: a′ = argmax_a q(s′, a; w) (van Hasselt et al., 2016). Default false. */
  readonly double: boolean;
  /** Whether q = v + A − mean A, from two streams of which each has the last hidden layer (Wang et al., 2016). Default false. */
  readonly dueling: boolean;
  /** Noise on the parameters of all layers but convolutions and those of parts, for exploration; with ε = 0 (Fortunato et al., 2018). Default false. */
  readonly noisy: boolean;
  /** n: y = Σ_{k<n} γᵏ rₜ₊ₖ₊₁ + γⁿ max_a′ q(sₜ₊ₙ, a′; w⁻), shorter where an episode ends (Sutton, 1988; S2.4). Default 1. */
  readonly nSteps: number;
  /**
   * Minibatches are drawn `uniform`ly or `prioritized` by errors (Schaul et al., 2016), or are with `none`, for ablations (S3.4), the last
   * `trainFrequency` transitions, each used once: `batchSize` is the same then, and `gradientSteps` 1. Default `uniform`.
   */
  readonly replay: 'uniform' | 'prioritized' | 'none';
  /** α of prioritized replay, P ∝ error^α. Default 0.6 (Schaul et al., 2016). */
  readonly priorityExponent: number;
  /** β of its weights (N P)^−β, over the progress of training. Default: 0.4 → 1 (Schaul et al., 2016). */
  readonly importanceExponent: Schedule;
  /**
   * In environments with goals: hindsight experience replay (Andrychowicz et al., 2017), which learns from most transitions as if what came of them had been
   * wanted, see `HindsightReplayBuffer` of core; only with uniform replay and one step. `{}` is the paper's `{ strategy: 'future', sampledGoals: 4 }`, `null` none.
   * Default `null`.
   */
  readonly hindsight: HindsightOptions | null;
  /**
   * What is learned of the return besides its expectation: `null`, its probabilities on atoms (C51, Bellemare et al., 2017), or its
   * quantiles (QR-DQN, Dabney et al., 2018). Default `null`.
   */
  readonly distribution: Distribution;
  /** Of expectations: `squared`, or `huber`, ½ error² up to 1 and then linear, which is what the paper's clipping of errors to [−1, 1] comes to. Default `huber` (SB3). */
  readonly loss: 'squared' | 'huber';
  /** Largest global norm of the gradient, `null` for no limit. Default 10 (SB3). */
  readonly maxGradNorm: number | null;
  /** Seeds weights, exploration, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** Stable-Baselines3's defaults. */
export const dqnDefaults: DqnOptions = {
  ...qNetworkDefaults,
  learningRate: 1e-4,
  optimizer: 'adam',
  adamEpsilon: 1e-8,
  bufferSize: 1_000_000,
  learningStarts: 100,
  batchSize: 32,
  gamma: 0.99,
  trainFrequency: 4,
  gradientSteps: 1,
  targetUpdateInterval: 10_000,
  tau: 1,
  epsilon: linear(1, 0.05, 0.1),
  double: false,
  dueling: false,
  noisy: false,
  nSteps: 1,
  replay: 'uniform',
  priorityExponent: 0.6,
  importanceExponent: linear(0.4, 1),
  hindsight: null,
  distribution: null,
  loss: 'huber',
  maxGradNorm: 10,
  seed: 0,
};

/** What each option must be. */
export const dqnOptionChecks: { readonly [Name in keyof DqnOptions]: OptionCheck } = {
  ...qNetworkChecks,
  learningRate: scheduleOf(nonNegativeNumber),
  optimizer: oneOf('adam', 'rmsprop'),
  adamEpsilon: positiveNumber,
  bufferSize: positiveInteger,
  learningStarts: naturalNumber,
  batchSize: positiveInteger,
  gamma: fraction,
  trainFrequency: positiveInteger,
  gradientSteps: positiveInteger,
  targetUpdateInterval: positiveInteger,
  tau: fraction,
  epsilon: scheduleOf(fraction),
  double: flag,
  dueling: flag,
  noisy: flag,
  nSteps: positiveInteger,
  replay: oneOf('uniform', 'prioritized', 'none'),
  priorityExponent: nonNegativeNumber,
  importanceExponent: scheduleOf(fraction),
  hindsight: samplingChecks.hindsight,
  distribution: distributionCheck,
  loss: oneOf('squared', 'huber'),
  maxGradNorm: nullable(positiveNumber),
  seed: naturalNumber,
};

/** Which transitions are learned from. Throws `RangeError` for options that do not fit together. */
export function minibatchOptions(options: DqnOptions): MinibatchOptions {
  const { replay, bufferSize, batchSize, trainFrequency, gradientSteps } = options;
  const { gamma, nSteps, priorityExponent, importanceExponent, hindsight } = options;
  const common = { bufferSize, batchSize, gamma, nSteps, hindsight, newest: null };
  if (replay === 'uniform') return { ...common, sampling: { kind: 'uniform' } };
  if (replay === 'prioritized') {
    return { ...common, sampling: { kind: 'prioritized', priorityExponent, importanceExponent } };
  }
  if (!(batchSize === trainFrequency && gradientSteps === 1)) {
    const got = `got ${batchSize} and ${gradientSteps}`;
    throw new RangeError(
      `replay 'none': expected batchSize ${trainFrequency} (trainFrequency) and gradientSteps 1, ${got}`,
    );
  }
  // Room for just the transitions of one round.
  return { ...common, bufferSize: trainFrequency, sampling: { kind: 'latest' } };
}
