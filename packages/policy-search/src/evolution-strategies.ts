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
import { allocate } from './allocate.ts';
import { GradientAscent, type Ascent } from './gradient-ascent.ts';
import { MeanSearch } from './mean-search.ts';
import { centeredRanks, levelInfeasible } from './ranking.ts';
import { readInitial } from './read-initial.ts';
import { meanSearchChecks, meanSearchDefaults, width, type MeanSearchOptions } from './search-options.ts';

/** Options of {@link EvolutionStrategies}. Where the paper is named, its code's configuration for Humanoid is meant. */
export interface EvolutionStrategiesOptions extends MeanSearchOptions {
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
  ...meanSearchDefaults,
  directions: 50,
  deviation: 0.02,
  shaping: 'ranks',
  ascent: 'adam',
  learningRate: 0.01,
  weightDecay: 0,
  seed: 0,
};

const checks: { readonly [Name in keyof EvolutionStrategiesOptions]: OptionCheck } = {
  ...meanSearchChecks,
  directions: positiveInteger,
  deviation: width,
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
 * code leaves out the divisor σ, which Adam undoes but for the balance with λ. Infeasible candidates share the last rank; without ranks they count as the worst
 * feasible one of the iteration.
 */
export class EvolutionStrategies extends MeanSearch {
  readonly options: EvolutionStrategiesOptions;
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
    super('EvolutionStrategies', readInitial('EvolutionStrategies', initial), 2 * directions, seed, settings);
    this.options = settings;
    this.gradient = new Float64Array(this.dimension);
    this.ascent = new GradientAscent(ascent, learningRate, this.dimension);
    this.noise = allocate('EvolutionStrategies', 'directions', directions * this.dimension);
    this.order = new Int32Array(2 * directions);
    this.ranks = new Float64Array(2 * directions);
  }

  protected override draw(): void {
    writeAntitheticPairs(this.mean, this.options.deviation, this.random, this.noise, this.candidates);
  }

  protected override improve(utilities: Float64Array): null {
    const { mean, gradient, noise, order, ranks, dimension } = this;
    const { directions, deviation, shaping, weightDecay } = this.options;
    if (shaping === 'ranks') centeredRanks(utilities, order, ranks);
    else levelInfeasible(utilities);
    const values = shaping === 'ranks' ? ranks : utilities;
    for (let i = 0; i < dimension; i++) gradient[i] = -weightDecay * mean[i];
    for (let k = 0; k < directions; k++) {
      const weight = (values[2 * k] - values[2 * k + 1]) / (2 * directions * deviation);
      for (let i = 0; i < dimension; i++) gradient[i] += weight * noise[k * dimension + i];
    }
    this.ascent.step(mean, gradient);
    return null;
  }

  protected override memory(): StateDict {
    return {
      ...super.memory(),
      gradient: this.gradient.slice(),
      noise: this.noise.slice(),
      ascent: this.ascent.getState(),
    };
  }

  protected override setMemory(state: StateDict): void {
    super.setMemory(state);
    restoreArray(state, 'gradient', this.gradient);
    restoreArray(state, 'noise', this.noise);
    this.ascent.setState(readState(state, 'ascent'));
  }
}
