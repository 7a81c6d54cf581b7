import {
  fraction,
  naturalNumber,
  nonNegativeNumber,
  nullable,
  optional,
  positiveInteger,
  positiveNumber,
  samplingChecks,
  scheduleOf,
  variantCheck,
  type OptionCheck,
  type SamplingOptions,
  type Schedule,
} from '@gradus/core';
import type { TextEncoding } from './text-encoders.ts';

/** How actions are chosen in training: see `DrrnOptions.exploration`. */
export type TextExploration =
  | { readonly kind: 'softmax'; readonly temperature: Schedule }
  | { readonly kind: 'epsilon'; readonly epsilon: Schedule };

/** Options of `Drrn`. */
export interface DrrnOptions {
  /** What makes vectors of texts, see {@link TextEncoding}. Default `{ kind: 'n-grams' }`. */
  readonly encoding: TextEncoding;
  /** Size of the vectors of words. Default 128 (Hausknecht et al., 2020). */
  readonly embeddingSize: number;
  /** Size of the vectors of texts, and of the hidden layer. Default 128 (Hausknecht et al., 2020). */
  readonly hiddenSize: number;
  /** Adam's step size, over the progress of training. Default 1e-4 (Hausknecht et al., 2020). */
  readonly learningRate: Schedule;
  /** γ. Default 0.9 (Hausknecht et al., 2020). */
  readonly gamma: number;
  /**
   * `softmax`: π(a|s) ∝ exp(q(s, a) / temperature), the smaller the greedier; `epsilon`: a random valid action with probability ε, else the best one. Both over
   * the progress of training. Default softmax with temperature 1 (Hausknecht et al., 2020), in units of reward.
   */
  readonly exploration: TextExploration;
  /** Transitions that the replay buffer holds. Default 100,000. */
  readonly bufferSize: number;
  /** Transitions in a minibatch. Default 64 (Hausknecht et al., 2020). */
  readonly batchSize: number;
  /** n of n-step returns, shorter where an episode ends. Default 1. */
  readonly nSteps: number;
  /**
   * Which transitions are drawn: `{ kind: 'episodes' }` prefers those of good episodes, see `ReplaySampling` and `PrioritizedSampling` of core for all kinds.
   * Default `{ kind: 'uniform' }` (Hausknecht et al., 2020).
   */
  readonly sampling: SamplingOptions['sampling'];
  /** Environment steps before the first update; until then all actions are random. Default 1000. */
  readonly learningStarts: number;
  /** Environment steps between rounds of updates; a multiple of the number of copies. Default 8, one step of 8 copies (Hausknecht et al., 2020). */
  readonly trainFrequency: number;
  /** Updates in a round. Default 1. */
  readonly gradientSteps: number;
  /** Environment steps between copies of w into w⁻, which come before updates. Default 800, a hundred rounds. */
  readonly targetUpdateInterval: number;
  /** Largest global norm of the gradient, `null` for no limit. Default 5 (Hausknecht et al., 2020). */
  readonly maxGradNorm: number | null;
  /** Seeds weights, exploration, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** Those of Hausknecht et al. (2020), where they say so. */
export const drrnDefaults: DrrnOptions = {
  encoding: { kind: 'n-grams' },
  embeddingSize: 128,
  hiddenSize: 128,
  learningRate: 1e-4,
  gamma: 0.9,
  exploration: { kind: 'softmax', temperature: 1 },
  bufferSize: 100_000,
  batchSize: 64,
  nSteps: 1,
  sampling: { kind: 'uniform' },
  learningStarts: 1000,
  trainFrequency: 8,
  gradientSteps: 1,
  targetUpdateInterval: 800,
  maxGradNorm: 5,
  seed: 0,
};

/** What each option must be. */
export const drrnOptionChecks: { readonly [Name in keyof DrrnOptions]: OptionCheck } = {
  encoding: variantCheck({ 'n-grams': { buckets: optional(positiveInteger) }, words: {}, recurrent: {} }),
  embeddingSize: positiveInteger,
  hiddenSize: positiveInteger,
  learningRate: scheduleOf(nonNegativeNumber),
  gamma: fraction,
  exploration: variantCheck({
    softmax: { temperature: scheduleOf(positiveNumber) },
    epsilon: { epsilon: scheduleOf(fraction) },
  }),
  bufferSize: positiveInteger,
  batchSize: positiveInteger,
  nSteps: positiveInteger,
  sampling: samplingChecks.sampling,
  learningStarts: naturalNumber,
  trainFrequency: positiveInteger,
  gradientSteps: positiveInteger,
  targetUpdateInterval: positiveInteger,
  maxGradNorm: nullable(positiveNumber),
  seed: naturalNumber,
};
