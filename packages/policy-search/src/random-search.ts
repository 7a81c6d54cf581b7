import {
  checkOptions,
  naturalNumber,
  nullable,
  positiveInteger,
  positiveNumber,
  restoreArray,
  type OptionCheck,
  type StateDict,
} from '@gradus/core';
import { writeAntitheticPairs } from './antithetic-pairs.ts';
import { allocate } from './allocate.ts';
import { MeanSearch } from './mean-search.ts';
import { levelInfeasible, rankDescending } from './ranking.ts';
import { readInitial } from './read-initial.ts';
import { meanSearchChecks, meanSearchDefaults, width, type MeanSearchOptions } from './search-options.ts';

/** Options of {@link RandomSearch}; the defaults are those of sb3-contrib's `ARS`. */
export interface RandomSearchOptions extends MeanSearchOptions {
  /** N, the directions tried in an iteration, each both ways. Default 8. */
  readonly directions: number;
  /** b, the best so many directions make the step; null: all. Default null. */
  readonly topDirections: number | null;
  /** α. Default 0.02. */
  readonly learningRate: number;
  /** ν, how far candidates lie from θ in each coordinate: a standard deviation. Default 0.05. */
  readonly deviation: number;
  /** Default 0. */
  readonly seed: number;
}

/** Those that {@link RandomSearchOptions} names. */
export const randomSearchDefaults: RandomSearchOptions = {
  ...meanSearchDefaults,
  directions: 8,
  topDirections: null,
  learningRate: 0.02,
  deviation: 0.05,
  seed: 0,
};

const checks: { readonly [Name in keyof RandomSearchOptions]: OptionCheck } = {
  ...meanSearchChecks,
  directions: positiveInteger,
  topDirections: nullable(positiveInteger),
  learningRate: positiveNumber,
  deviation: width,
  seed: naturalNumber,
};

/** In units of the utilities themselves. */
const ROUNDING = 16 * Number.EPSILON;

/**
 * Augmented random search (Mania, Guy and Recht, 2018), what of it concerns the parameters: V1-t, and V1 where b = N. With r±_k = U(θ ± ν ε_k),
 * ε_k ~ N(0, I), directions sorted by max(r⁺_k, r⁻_k), and σ_R the standard deviation of the 2b utilities of the first b:
 *
 *     θ ← θ + α / (b σ_R) Σ_{k ≤ b} (r⁺_k − r⁻_k) ε_k
 *
 * Where these utilities are all equal, nothing moves; infeasible candidates count as the worst feasible one of the iteration. V2 is this with normalized observations, which is for the policy to do.
 */
export class RandomSearch extends MeanSearch {
  readonly options: RandomSearchOptions;
  /** ε_k, [directions × dimension]. */
  private readonly noise: Float64Array;
  /** max(r⁺_k, r⁻_k), and the directions sorted by it. */
  private readonly larger: Float64Array;
  private readonly order: Int32Array;

  /** `initial`: θ at first. Throws `RangeError` for parameters that are not finite, and unknown or wrong options. */
  constructor(initial: ArrayLike<number>, options: Partial<RandomSearchOptions> = {}) {
    checkOptions<RandomSearchOptions>('RandomSearch', options, checks);
    const settings = { ...randomSearchDefaults, ...options };
    const { directions, topDirections, seed } = settings;
    if (topDirections !== null && topDirections > directions) {
      throw new RangeError(`RandomSearch: expected topDirections to be at most ${directions}, got ${topDirections}`);
    }
    super('RandomSearch', readInitial('RandomSearch', initial), 2 * directions, seed, settings);
    this.options = settings;
    this.noise = allocate('RandomSearch', 'directions', directions * this.dimension);
    this.larger = new Float64Array(directions);
    this.order = new Int32Array(directions);
  }

  protected override draw(): void {
    writeAntitheticPairs(this.mean, this.options.deviation, this.random, this.noise, this.candidates);
  }

  protected override improve(utilities: Float64Array): null {
    const { mean, noise, larger, order, dimension } = this;
    const { directions, topDirections, learningRate } = this.options;
    const used = topDirections ?? directions;
    levelInfeasible(utilities);
    shrinkToSquares(utilities);
    for (let k = 0; k < directions; k++) larger[k] = Math.max(utilities[2 * k], utilities[2 * k + 1]);
    rankDescending(larger, order);
    const deviation = this.deviationOfUsed(utilities, used);
    if (deviation === 0) return null;
    for (let rank = 0; rank < used; rank++) {
      const k = order[rank];
      const weight = (learningRate * (utilities[2 * k] - utilities[2 * k + 1])) / (used * deviation);
      for (let i = 0; i < dimension; i++) mean[i] += weight * noise[k * dimension + i];
    }
    return null;
  }

  /** σ_R, with the divisor 2b; 0 where utilities differ by nothing but the rounding of sums of rewards. */
  private deviationOfUsed(utilities: ArrayLike<number>, used: number): number {
    const { order } = this;
    let sum = 0;
    for (let rank = 0; rank < used; rank++) sum += utilities[2 * order[rank]] + utilities[2 * order[rank] + 1];
    const average = sum / (2 * used);
    let squares = 0;
    for (let rank = 0; rank < used; rank++) {
      const k = order[rank];
      squares += (utilities[2 * k] - average) ** 2 + (utilities[2 * k + 1] - average) ** 2;
    }
    const deviation = Math.sqrt(squares / (2 * used));
    return deviation <= ROUNDING * Math.abs(average) ? 0 : deviation;
  }

  protected override memory(): StateDict {
    return { ...super.memory(), noise: this.noise.slice() };
  }

  protected override setMemory(state: StateDict): void {
    super.setMemory(state);
    restoreArray(state, 'noise', this.noise);
  }
}

/** Only ratios of utilities count: divides those whose squares would overflow by the largest. */
function shrinkToSquares(utilities: Float64Array): void {
  const largest = utilities.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (largest > 1e100) for (let k = 0; k < utilities.length; k++) utilities[k] /= largest;
}
