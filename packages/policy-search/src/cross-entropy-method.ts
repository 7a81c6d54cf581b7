import {
  checkOptions,
  fillNormal,
  naturalNumber,
  nonNegativeNumber,
  oneOf,
  positiveInteger,
  restoreArray,
  type OptionCheck,
  type StateDict,
} from '@gradus/core';
import { allocate } from './allocate.ts';
import { MeanSearch } from './mean-search.ts';
import { rankBest } from './ranking.ts';
import { readInitial } from './read-initial.ts';
import { meanSearchChecks, meanSearchDefaults, width, type MeanSearchOptions } from './search-options.ts';
import type { Termination } from './search.ts';
import { addScaled } from './vectors.ts';

/** Options of {@link CrossEntropyMethod}. */
export interface CrossEntropyMethodOptions extends MeanSearchOptions {
  /** Candidates of an iteration. Default 100 (Szita and Lőrincz, 2006). */
  readonly populationSize: number;
  /** m, the best so many are fitted; at most `populationSize`. Default 10 (the same paper's ρ = 10 %). */
  readonly eliteSize: number;
  /** Standard deviation of the first distribution, in every coordinate. Default 1. */
  readonly initialDeviation: number;
  /** Whether coordinates are independent or have covariances too. Default 'diagonal'. */
  readonly covariance: 'diagonal' | 'full';
  /** Z₀, what is added to the variances that the first iteration leads to, so that they do not shrink too soon. Default 0. */
  readonly extraNoise: number;
  /** How much less is added with each iteration: Z_t = max(extraNoise − t · extraNoiseDecay, 0). Default 0: constant noise. */
  readonly extraNoiseDecay: number;
  /** Default 0. */
  readonly seed: number;
}

/** Those that {@link CrossEntropyMethodOptions} names. */
export const crossEntropyMethodDefaults: CrossEntropyMethodOptions = {
  ...meanSearchDefaults,
  populationSize: 100,
  eliteSize: 10,
  initialDeviation: 1,
  covariance: 'diagonal',
  extraNoise: 0,
  extraNoiseDecay: 0,
  seed: 0,
};

const checks: { readonly [Name in keyof CrossEntropyMethodOptions]: OptionCheck } = {
  ...meanSearchChecks,
  populationSize: positiveInteger,
  eliteSize: positiveInteger,
  initialDeviation: width,
  covariance: oneOf('diagonal', 'full'),
  extraNoise: nonNegativeNumber,
  extraNoiseDecay: nonNegativeNumber,
  seed: naturalNumber,
};

const SMALLEST_SHRINKAGE = 1e-12;

/**
 * Cross-entropy method (S4.2; Rubinstein, 1999) with a Gaussian, and the extra noise of Szita and Lőrincz (2006), whose decreasing schedule is
 * `extraNoise: 5, extraNoiseDecay: 0.1`:
 *
 *     x_k ~ N(μ, Σ);   μ ← mean of the m best;   Σ ← their covariance, (1/m) Σ_k (x_k − μ)(x_k − μ)ᵀ, + Z_t I
 *
 * With 'diagonal' Σ keeps only its diagonal. 'full' needs no decomposition: with d_k the elite's deviations from μ and z standard normal,
 * x = μ + (1/√m) Σ_k z_k d_k + √Z z′ has that covariance. Learns from what the rows of candidates hold when told: repaired ones may be written there.
 *
 * The search is finished when all deviations have become 10⁻¹² of the first, or too small to change μ, as they are at once where the elite is one
 * candidate, and no noise will be added.
 */
export class CrossEntropyMethod extends MeanSearch {
  readonly options: CrossEntropyMethodOptions;
  /** Variances that are independent of each other: the diagonal of Σ, or of Z I where the elite's deviations are kept. */
  private readonly variances: Float64Array;
  /** d_k, [m × dimension] with 'full', else empty. */
  private readonly deviations: Float64Array;
  /** The m best candidates, from the best on. */
  private readonly elite: Int32Array;
  /** Roots of the variances when drawing, and sums of the elite's squared deviations when fitting. */
  private readonly spread: Float64Array;
  private readonly squares: Float64Array;

  /** `initial`: μ at first. Throws `RangeError` for parameters that are not finite, and unknown or wrong options. */
  constructor(initial: ArrayLike<number>, options: Partial<CrossEntropyMethodOptions> = {}) {
    checkOptions<CrossEntropyMethodOptions>('CrossEntropyMethod', options, checks);
    const settings = { ...crossEntropyMethodDefaults, ...options };
    const { populationSize, eliteSize, initialDeviation, covariance, seed } = settings;
    if (eliteSize > populationSize) {
      throw new RangeError(`CrossEntropyMethod: expected eliteSize to be at most ${populationSize}, got ${eliteSize}`);
    }
    super('CrossEntropyMethod', readInitial('CrossEntropyMethod', initial), populationSize, seed, settings);
    this.options = settings;
    this.variances = new Float64Array(this.dimension).fill(initialDeviation ** 2);
    this.deviations = allocate(
      'CrossEntropyMethod',
      'deviations',
      covariance === 'full' ? eliteSize * this.dimension : 0,
    );
    this.elite = new Int32Array(eliteSize);
    this.spread = new Float64Array(this.dimension);
    this.squares = new Float64Array(this.dimension);
  }

  /** Σ, [dimension × dimension]. */
  covariance(): Float64Array {
    const { dimension, deviations, variances } = this;
    const matrix = new Float64Array(dimension * dimension);
    for (let i = 0; i < dimension; i++) {
      for (let j = 0; j < dimension; j++) {
        let sum = 0;
        for (let k = 0; k < deviations.length; k += dimension) sum += deviations[k + i] * deviations[k + j];
        matrix[i * dimension + j] = sum / this.options.eliteSize + (i === j ? variances[i] : 0);
      }
    }
    return matrix;
  }

  protected override draw(): void {
    const { dimension, random, mean, variances, spread, deviations } = this;
    const { populationSize, eliteSize } = this.options;
    const drawn = this.candidates.subarray(0, populationSize * dimension);
    for (let i = 0; i < dimension; i++) spread[i] = Math.sqrt(variances[i]);
    if (deviations.length === 0) {
      fillNormal(random, drawn);
      scaleRows(drawn, mean, spread);
      return;
    }
    const scale = 1 / Math.sqrt(eliteSize);
    const z = new Float64Array(eliteSize);
    for (let k = 0; k < populationSize; k++) {
      const candidate = this.candidate(k);
      fillNormal(random, candidate);
      scaleRows(candidate, mean, spread);
      fillNormal(random, z);
      for (let j = 0; j < eliteSize; j++) addScaled(candidate, scale * z[j], deviations, j * dimension);
    }
  }

  protected override improve(utilities: Float64Array): Termination | null {
    const { options, dimension, candidates, elite, mean, variances, squares, deviations } = this;
    const { eliteSize, extraNoise, extraNoiseDecay } = options;
    const isFull = options.covariance === 'full';
    const noise = Math.max(extraNoise - this.iteration * extraNoiseDecay, 0);
    rankBest(utilities, elite);
    mean.fill(0);
    for (const k of elite) addScaled(mean, 1, candidates, k * dimension);
    for (let i = 0; i < dimension; i++) mean[i] /= eliteSize;
    squares.fill(0);
    for (let rank = 0; rank < eliteSize; rank++) {
      const first = elite[rank] * dimension;
      for (let i = 0; i < dimension; i++) {
        const deviation = candidates[first + i] - mean[i];
        squares[i] += deviation * deviation;
        if (isFull) deviations[rank * dimension + i] = deviation;
      }
    }
    let isSmall = true;
    for (let i = 0; i < dimension; i++) {
      variances[i] = noise + (isFull ? 0 : squares[i] / eliteSize);
      if (noise > 0 || !this.isNegligible(Math.sqrt(squares[i] / eliteSize), mean[i])) isSmall = false;
    }
    return isSmall ? 'converged' : null;
  }

  private isNegligible(deviation: number, mean: number): boolean {
    return deviation <= SMALLEST_SHRINKAGE * this.options.initialDeviation || mean + 0.2 * deviation === mean;
  }

  protected override memory(): StateDict {
    return { ...super.memory(), variances: this.variances.slice(), deviations: this.deviations.slice() };
  }

  protected override setMemory(state: StateDict): void {
    super.setMemory(state);
    restoreArray(state, 'variances', this.variances);
    restoreArray(state, 'deviations', this.deviations);
  }
}

/** x ← mean + spread · x in each of the `rows`. */
function scaleRows(rows: Float64Array, mean: Float64Array, spread: Float64Array): void {
  for (let first = 0; first < rows.length; first += mean.length) {
    for (let i = 0; i < mean.length; i++) rows[first + i] = mean[i] + spread[i] * rows[first + i];
  }
}
