import { checkOptions, flag, positiveNumber, restoreArray, type OptionCheck, type StateDict } from '@gradus/core';
import { AskTellSearch } from './ask-tell-search.ts';

/** Options of {@link FiniteDifferences}. The defaults are of no particular source: scale them to the parameters and utilities at hand. */
export interface FiniteDifferencesOptions {
  /** α. Default 0.01. */
  readonly learningRate: number;
  /** δ, how far a parameter is moved to see what it does. Default 0.01. */
  readonly difference: number;
  /** Whether parameters are moved both ways (2 · dimension candidates) or one way (dimension + 1). Default true. */
  readonly twoSided: boolean;
  /** Whether steps have the length α, whatever that of the gradient, as of Kohl and Stone (2004). Default false. */
  readonly normalize: boolean;
}

/** Those that {@link FiniteDifferencesOptions} names. */
export const finiteDifferencesDefaults: FiniteDifferencesOptions = {
  learningRate: 0.01,
  difference: 0.01,
  twoSided: true,
  normalize: false,
};

const checks: { readonly [Name in keyof FiniteDifferencesOptions]: OptionCheck } = {
  learningRate: positiveNumber,
  difference: positiveNumber,
  twoSided: flag,
  normalize: flag,
};

/**
 * Gradient ascent on differences (S4.2), as legged robots learned their gaits (Kohl and Stone, 2004, who moved parameters at random):
 *
 *     two-sided:  g_i = [U(θ + δ e_i) − U(θ − δ e_i)] / 2δ,   off by O(δ²), exact for quadratic U
 *     one-sided:  g_i = [U(θ + δ e_i) − U(θ)] / δ,            off by O(δ), exact for linear U
 *
 * and θ ← θ + α g. Where the utility is noisy, δ trades its noise, / δ, for this error. No randomness of its own.
 */
export class FiniteDifferences extends AskTellSearch {
  readonly options: FiniteDifferencesOptions;
  /** θ. */
  readonly mean: Float64Array;
  /** The last g, [dimension], before any normalization. */
  readonly gradient: Float64Array;

  /** `initial`: θ at first. Throws `RangeError` for parameters that are not finite, and unknown or wrong options. */
  constructor(initial: ArrayLike<number>, options: Partial<FiniteDifferencesOptions> = {}) {
    checkOptions<FiniteDifferencesOptions>('FiniteDifferences', options, checks);
    const settings = { ...finiteDifferencesDefaults, ...options };
    super('FiniteDifferences', initial, settings.twoSided ? 2 * initial.length : initial.length + 1, 0);
    this.options = settings;
    this.mean = Float64Array.from(initial);
    this.gradient = new Float64Array(this.dimension);
  }

  /** Rows 2i and 2i + 1 are θ ± δ e_i; or row 0 is θ and row i + 1 is θ + δ e_i. */
  protected override propose(): void {
    const { candidates, dimension, mean } = this;
    const { difference, twoSided } = this.options;
    for (let k = 0; k < this.populationSize; k++) candidates.set(mean, k * dimension);
    for (let i = 0; i < dimension; i++) {
      candidates[(twoSided ? 2 * i : i + 1) * dimension + i] += difference;
      if (twoSided) candidates[(2 * i + 1) * dimension + i] -= difference;
    }
  }

  protected override learn(utilities: ArrayLike<number>): void {
    const { mean, gradient, dimension } = this;
    const { learningRate, difference, twoSided, normalize } = this.options;
    let squares = 0;
    for (let i = 0; i < dimension; i++) {
      gradient[i] = twoSided
        ? (utilities[2 * i] - utilities[2 * i + 1]) / (2 * difference)
        : (utilities[i + 1] - utilities[0]) / difference;
      squares += gradient[i] ** 2;
    }
    if (squares === 0) return;
    const rate = normalize ? learningRate / Math.sqrt(squares) : learningRate;
    for (let i = 0; i < dimension; i++) mean[i] += rate * gradient[i];
  }

  protected override memory(): StateDict {
    return { mean: this.mean.slice(), gradient: this.gradient.slice() };
  }

  protected override setMemory(state: StateDict): void {
    restoreArray(state, 'mean', this.mean);
    restoreArray(state, 'gradient', this.gradient);
  }
}
