import { checkOptions, flag, positiveNumber, restoreArray, type OptionCheck, type StateDict } from '@gradus/core';
import { MeanSearch } from './mean-search.ts';
import { levelInfeasible } from './ranking.ts';
import { readInitial } from './read-initial.ts';
import { meanSearchChecks, meanSearchDefaults, width, type MeanSearchOptions } from './search-options.ts';

/** Options of {@link FiniteDifferences}. The defaults are of no particular source: scale them to the parameters and utilities at hand. */
export interface FiniteDifferencesOptions extends MeanSearchOptions {
  /** α. Default 0.01. */
  readonly learningRate: number;
  /** δ, how far a parameter is moved to see what it does. Default 0.01. */
  readonly difference: number;
  /** Whether parameters are moved both ways (2 · dimension candidates) or one way (dimension + 1, one of them the mean). Default true. */
  readonly twoSided: boolean;
  /** Whether steps have the length α, whatever that of the gradient, as of Kohl and Stone (2004). Default false. */
  readonly normalize: boolean;
}

/** Those that {@link FiniteDifferencesOptions} names. */
export const finiteDifferencesDefaults: FiniteDifferencesOptions = {
  ...meanSearchDefaults,
  learningRate: 0.01,
  difference: 0.01,
  twoSided: true,
  normalize: false,
};

const checks: { readonly [Name in keyof FiniteDifferencesOptions]: OptionCheck } = {
  ...meanSearchChecks,
  learningRate: positiveNumber,
  difference: width,
  twoSided: flag,
  normalize: flag,
};

/**
 * Gradient ascent on differences (S4.2), as legged robots learned their gaits (Kohl and Stone, 2004, who moved parameters at random):
 *
 *     two-sided:  g_i = [U(θ + δ e_i) − U(θ − δ e_i)] / 2δ,   off by O(δ²), exact for quadratic U
 *     one-sided:  g_i = [U(θ + δ e_i) − U(θ)] / δ,            off by O(δ), exact for linear U
 *
 * and θ ← θ + α g. Where the utility is noisy, δ trades its noise, / δ, for this error. No randomness of its own. Infeasible candidates count as the worst
 * feasible one of the iteration. At a bound, parameters are moved as far as it allows, which is what differences are divided by, and one-sided ones to the
 * other side where that is farther.
 */
export class FiniteDifferences extends MeanSearch {
  readonly options: FiniteDifferencesOptions;
  /** The last g, [dimension], before any normalization. */
  readonly gradient: Float64Array;

  /** `initial`: θ at first. Throws `RangeError` for parameters that are not finite, and unknown or wrong options. */
  constructor(initial: ArrayLike<number>, options: Partial<FiniteDifferencesOptions> = {}) {
    checkOptions<FiniteDifferencesOptions>('FiniteDifferences', options, checks);
    const settings = { ...finiteDifferencesDefaults, ...options };
    const { twoSided } = settings;
    const parameters = readInitial('FiniteDifferences', initial);
    super('FiniteDifferences', parameters, twoSided ? 2 * parameters.length : parameters.length + 1, 0, {
      ...settings,
      // One-sided, it is evaluated anyway.
      evaluateMean: twoSided && settings.evaluateMean,
    });
    this.options = settings;
    this.gradient = new Float64Array(this.dimension);
  }

  /** Rows 2i and 2i + 1 are θ ± δ e_i; or row 0 is θ and row i + 1 is θ + δ e_i. */
  protected override draw(): void {
    const { candidates, dimension, mean } = this;
    const { twoSided } = this.options;
    for (let k = 0; k < this.populationSize; k++) candidates.set(mean, k * dimension);
    for (let i = 0; i < dimension; i++) {
      candidates[(twoSided ? 2 * i : i + 1) * dimension + i] += twoSided ? this.reach(i, 1) : this.farther(i);
      if (twoSided) candidates[(2 * i + 1) * dimension + i] += this.reach(i, -1);
    }
  }

  protected override improve(utilities: Float64Array): null {
    const { mean, gradient, dimension } = this;
    const { learningRate, twoSided, normalize } = this.options;
    levelInfeasible(utilities);
    let squares = 0;
    for (let i = 0; i < dimension; i++) {
      const change = twoSided ? utilities[2 * i] - utilities[2 * i + 1] : utilities[i + 1] - utilities[0];
      const distance = twoSided ? this.reach(i, 1) - this.reach(i, -1) : this.farther(i);
      gradient[i] = distance === 0 ? 0 : change / distance;
      squares += gradient[i] ** 2;
    }
    if (squares === 0) return null;
    const rate = normalize ? learningRate / Math.sqrt(squares) : learningRate;
    for (let i = 0; i < dimension; i++) mean[i] += rate * gradient[i];
    return null;
  }

  /** δ in the direction `sign`, or as much of it as the bounds leave. */
  private reach(i: number, sign: 1 | -1): number {
    const { bounds, mean } = this;
    const step = sign * this.options.difference;
    if (!bounds) return step;
    return Math.min(Math.max(step, bounds.lower[i] - mean[i]), bounds.upper[i] - mean[i]);
  }

  /** The longer one of both ways, forwards where they are equal. */
  private farther(i: number): number {
    const [forwards, backwards] = [this.reach(i, 1), this.reach(i, -1)];
    return forwards >= -backwards ? forwards : backwards;
  }

  protected override memory(): StateDict {
    return { ...super.memory(), gradient: this.gradient.slice() };
  }

  protected override setMemory(state: StateDict): void {
    super.setMemory(state);
    restoreArray(state, 'gradient', this.gradient);
  }
}
