import {
  checkOptions,
  naturalNumber,
  nonNegativeNumber,
  oneOf,
  positiveInteger,
  positiveNumber,
  readState,
  restoreArray,
  type OptionCheck,
  type StateDict,
} from '@gradus/core';
import { writeAntitheticPairs } from './antithetic-pairs.ts';
import { AskTellSearch } from './ask-tell-search.ts';
import { GradientAscent, type Ascent } from './gradient-ascent.ts';
import { centeredRanks } from './ranking.ts';

/** Options of {@link EvolutionStrategies}. Where the paper is named, its code's configuration for Humanoid is meant. */
export interface EvolutionStrategiesOptions {
  /** n, pairs of candidates of an iteration. Default 50; the paper has 5000 or more. */
  readonly directions: number;
  /** σ. Default 0.02 (the paper's). */
  readonly deviation: number;
  /** Whether utilities count by their centered ranks, between −½ and ½, or as they are. Default 'ranks' (the paper's). */
  readonly shaping: 'ranks' | 'none';
  /** How the gradient becomes a step. Default 'adam' (the paper's). */
  readonly ascent: Ascent;
  /** α. Default 0.01 (the paper's). */
  readonly learningRate: number;
  /** λ, how strongly parameters are pulled towards 0. Default 0; the paper has 0.005. */
  readonly weightDecay: number;
  /** Default 0. */
  readonly seed: number;
}

/** Those that {@link EvolutionStrategiesOptions} names. */
export const evolutionStrategiesDefaults: EvolutionStrategiesOptions = {
  directions: 50,
  deviation: 0.02,
  shaping: 'ranks',
  ascent: 'adam',
  learningRate: 0.01,
  weightDecay: 0,
  seed: 0,
};

const checks: { readonly [Name in keyof EvolutionStrategiesOptions]: OptionCheck } = {
  directions: positiveInteger,
  deviation: positiveNumber,
  shaping: oneOf('ranks', 'none'),
  ascent: oneOf('sgd', 'momentum', 'adam'),
  learningRate: positiveNumber,
  weightDecay: nonNegativeNumber,
  seed: naturalNumber,
};

/**
 * Evolution strategies of OpenAI (Salimans et al., 2017): ascent on J(θ) = E[F(θ + σ ε)], ε ~ N(0, I), estimated by antithetic pairs,
 *
 *     g = 1 / (2nσ) Σ_k (F(θ + σ ε_k) − F(θ − σ ε_k)) ε_k − λ θ
 *
 * where F is U or, so that no outlier counts more than the best, its centered rank among the 2n candidates; equal utilities share a rank. The paper's
 * code leaves out the divisor σ, which Adam undoes but for the balance with λ.
 */
export class EvolutionStrategies extends AskTellSearch {
  readonly options: EvolutionStrategiesOptions;
  /** θ. */
  readonly mean: Float64Array;
  /** The last g, [dimension]. */
  readonly gradient: Float64Array;
  private readonly ascent: GradientAscent;
  /** ε_k, [directions × dimension]. */
  private readonly noise: Float64Array;
  private readonly order: Int32Array;
  private readonly ranks: Float64Array;

  /** `initial`: θ at first. Throws `RangeError` for parameters that are not finite, and unknown or wrong options. */
  constructor(initial: ArrayLike<number>, options: Partial<EvolutionStrategiesOptions> = {}) {
    checkOptions<EvolutionStrategiesOptions>('EvolutionStrategies', options, checks);
    const settings = { ...evolutionStrategiesDefaults, ...options };
    const { directions, ascent, learningRate, seed } = settings;
    super('EvolutionStrategies', initial, 2 * directions, seed);
    this.options = settings;
    this.mean = Float64Array.from(initial);
    this.gradient = new Float64Array(this.dimension);
    this.ascent = new GradientAscent(ascent, learningRate, this.dimension);
    this.noise = new Float64Array(directions * this.dimension);
    this.order = new Int32Array(2 * directions);
    this.ranks = new Float64Array(2 * directions);
  }

  protected override propose(): void {
    writeAntitheticPairs(this.mean, this.options.deviation, this.random, this.noise, this.candidates);
  }

  protected override learn(utilities: ArrayLike<number>): void {
    const { mean, gradient, noise, order, ranks, dimension } = this;
    const { directions, deviation, shaping, weightDecay } = this.options;
    if (shaping === 'ranks') centeredRanks(utilities, order, ranks);
    const values = shaping === 'ranks' ? ranks : utilities;
    for (let i = 0; i < dimension; i++) gradient[i] = -weightDecay * mean[i];
    for (let k = 0; k < directions; k++) {
      const weight = (values[2 * k] - values[2 * k + 1]) / (2 * directions * deviation);
      for (let i = 0; i < dimension; i++) gradient[i] += weight * noise[k * dimension + i];
    }
    this.ascent.step(mean, gradient);
  }

  protected override memory(): StateDict {
    return {
      mean: this.mean.slice(),
      gradient: this.gradient.slice(),
      noise: this.noise.slice(),
      ascent: this.ascent.getState(),
    };
  }

  protected override setMemory(state: StateDict): void {
    restoreArray(state, 'mean', this.mean);
    restoreArray(state, 'gradient', this.gradient);
    restoreArray(state, 'noise', this.noise);
    this.ascent.setState(readState(state, 'ascent'));
  }
}
