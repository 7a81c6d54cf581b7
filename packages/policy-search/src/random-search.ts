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
import { AskTellSearch } from './ask-tell-search.ts';
import { rankDescending } from './ranking.ts';

/** Options of {@link RandomSearch}; the defaults are those of sb3-contrib's `ARS`. */
export interface RandomSearchOptions {
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
  directions: 8,
  topDirections: null,
  learningRate: 0.02,
  deviation: 0.05,
  seed: 0,
};

const checks: { readonly [Name in keyof RandomSearchOptions]: OptionCheck } = {
  directions: positiveInteger,
  topDirections: nullable(positiveInteger),
  learningRate: positiveNumber,
  deviation: positiveNumber,
  seed: naturalNumber,
};

/**
 * Augmented random search (Mania, Guy and Recht, 2018), what of it concerns the parameters: V1-t, and V1 where b = N. With r±_k = U(θ ± ν ε_k),
 * ε_k ~ N(0, I), directions sorted by max(r⁺_k, r⁻_k), and σ_R the standard deviation of the 2b utilities of the first b:
 *
 *     θ ← θ + α / (b σ_R) Σ_{k ≤ b} (r⁺_k − r⁻_k) ε_k
 *
 * Where these utilities are all equal, nothing moves. V2 is this with normalized observations, which is for the policy to do.
 */
export class RandomSearch extends AskTellSearch {
  readonly options: RandomSearchOptions;
  /** θ. */
  readonly mean: Float64Array;
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
    super('RandomSearch', initial, 2 * directions, seed);
    this.options = settings;
    this.mean = Float64Array.from(initial);
    this.noise = new Float64Array(directions * this.dimension);
    this.larger = new Float64Array(directions);
    this.order = new Int32Array(directions);
  }

  protected override propose(): void {
    writeAntitheticPairs(this.mean, this.options.deviation, this.random, this.noise, this.candidates);
  }

  protected override learn(utilities: ArrayLike<number>): void {
    const { mean, noise, larger, order, dimension } = this;
    const { directions, topDirections, learningRate } = this.options;
    const used = topDirections ?? directions;
    for (let k = 0; k < directions; k++) larger[k] = Math.max(utilities[2 * k], utilities[2 * k + 1]);
    rankDescending(larger, order);
    const deviation = this.deviationOfUsed(utilities, used);
    if (deviation === 0) return;
    for (let rank = 0; rank < used; rank++) {
      const k = order[rank];
      const weight = (learningRate * (utilities[2 * k] - utilities[2 * k + 1])) / (used * deviation);
      for (let i = 0; i < dimension; i++) mean[i] += weight * noise[k * dimension + i];
    }
  }

  /** σ_R, with the divisor 2b. */
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
    return Math.sqrt(squares / (2 * used));
  }

  protected override memory(): StateDict {
    return { mean: this.mean.slice(), noise: this.noise.slice() };
  }

  protected override setMemory(state: StateDict): void {
    restoreArray(state, 'mean', this.mean);
    restoreArray(state, 'noise', this.noise);
  }
}
