import {
  checkOptions,
  naturalNumber,
  nullable,
  readNumber,
  restoreArray,
  type OptionCheck,
  type StateDict,
} from '@gradus/core';
import { allocate } from './allocate.ts';
import { cmaParameters, defaultPopulationSize, type CmaParameters } from './cma-parameters.ts';
import { fold, unfold } from './fold.ts';
import { MeanSearch } from './mean-search.ts';
import { rankDescending } from './ranking.ts';
import { readInitial } from './read-initial.ts';
import { meanSearchChecks, meanSearchDefaults, width, type MeanSearchOptions } from './search-options.ts';
import type { Termination } from './search.ts';
import { symmetricEigen } from './symmetric-eigen.ts';
import { addOuter, addScaled, norm } from './vectors.ts';

/** Options of {@link CmaEs}. */
export interface CmaEsOptions extends MeanSearchOptions {
  /** σ at first, the same in every coordinate: about a third of how far the optimum may lie. Default 0.5, of no particular source. */
  readonly initialDeviation: number;
  /** λ ≥ 2; null: 4 + ⌊3 ln n⌋. More for utilities that are noisy or have many optima. Default null. */
  readonly populationSize: number | null;
  /** Default 0. */
  readonly seed: number;
}

/** Those that {@link CmaEsOptions} names. */
export const cmaEsDefaults: CmaEsOptions = {
  ...meanSearchDefaults,
  initialDeviation: 0.5,
  populationSize: null,
  seed: 0,
};

const checks: { readonly [Name in keyof CmaEsOptions]: OptionCheck } = {
  ...meanSearchChecks,
  initialDeviation: width,
  populationSize: nullable({
    expected: 'an integer of at least 2',
    accepts: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 2,
  }),
  seed: naturalNumber,
};

const LARGEST_CONDITION = 1e14;
const LARGEST_GROWTH = 1e4;
const SMALLEST_SHRINKAGE = 1e-12;

/**
 * CMA-ES, covariance matrix adaptation (Hansen and Ostermeier, 2001), with the parameters and negative weights of Hansen's tutorial
 * (arXiv:1604.00772v2). With y_1 … y_λ the steps from best to worst, ⟨y⟩ = Σ_{i ≤ µ} w_i y_i, and h = 0 while p_σ is long, else 1:
 *
 *     x_k = m + σ y_k,   y_k ~ N(0, C)
 *     m   ← m + σ ⟨y⟩
 *     p_σ ← (1 − c_σ) p_σ + √(c_σ (2 − c_σ) µ_eff) C^(−½) ⟨y⟩
 *     p_c ← (1 − c_c) p_c + h √(c_c (2 − c_c) µ_eff) ⟨y⟩
 *     C   ← (1 − c_1 (1 − (1 − h) c_c (2 − c_c)) − c_µ Σ w_i) C + c_1 p_c p_cᵀ + c_µ Σ w°_i y_i y_iᵀ
 *     σ   ← σ exp(c_σ / d_σ (‖p_σ‖ / χ_n − 1))
 *
 * where w°_i = w_i, but w_i n / ‖C^(−½) y_i‖² for negative weights. Only ranks count: an increasing function of U leads to the same candidates. C
 * is decomposed, C = Bᵀ D² B with eigenvectors in the rows of B, every few iterations only.
 *
 * Learns from what the rows of candidates hold when told: others may be written there, repaired ones or solutions from elsewhere (Hansen, 2011). Those
 * farther away than any that it draws, ‖C^(−½) y‖ > √n + 2n / (n + 2), count as if they were at this distance, and, where they are among the worse half, not
 * at all for C, so that no outlier moves m, C or σ more than its own candidates do.
 *
 * With bounds it searches a space without, from which a smooth map leads into the box (pycma's `BoundTransform`: see {@link fold}); m and C are there.
 *
 * The search is finished, by rules of the tutorial (§B.3), when steps have become 10⁻¹² of the first or too small to change m, 10⁴ times as long as the
 * first (σ was far too small, or U has no maximum), or C has a condition number above 10¹⁴.
 */
export class CmaEs extends MeanSearch {
  readonly options: CmaEsOptions;
  /** m, which differs from `mean` only by the map into the bounds. */
  private readonly center: Float64Array;
  /** The candidates in the space of m, [λ × n], and which of them are far from it. */
  private readonly points: Float64Array;
  private readonly isFar: Uint8Array;
  private sigma: number;
  private readonly parameters: CmaParameters;
  /** C, [n × n], of which only the lower triangle is kept up to date. */
  private readonly matrix: Float64Array;
  /** B, [n × n]. */
  private readonly axes: Float64Array;
  /** The diagonal of D. */
  private readonly lengths: Float64Array;
  /** p_σ and p_c. */
  private readonly stepSizePath: Float64Array;
  private readonly covariancePath: Float64Array;
  /** The y of one candidate, ⟨y⟩, B y, and an order. */
  private readonly step: Float64Array;
  private readonly meanStep: Float64Array;
  private readonly coordinates: Float64Array;
  private readonly order: Int32Array;

  /** `initial`: m at first. Throws `RangeError` for parameters that are not finite, and unknown or wrong options. */
  constructor(initial: ArrayLike<number>, options: Partial<CmaEsOptions> = {}) {
    checkOptions<CmaEsOptions>('CmaEs', options, checks);
    const settings = { ...cmaEsDefaults, ...options };
    const parameters = readInitial('CmaEs', initial);
    const populationSize = settings.populationSize ?? defaultPopulationSize(parameters.length);
    super('CmaEs', parameters, populationSize, settings.seed, settings);
    const n = this.dimension;
    this.options = settings;
    this.center = parameters.slice();
    if (this.bounds) unfold(this.bounds, this.center);
    this.points = allocate('CmaEs', 'candidates', populationSize * n);
    this.isFar = new Uint8Array(populationSize);
    this.sigma = settings.initialDeviation;
    this.parameters = cmaParameters(n, populationSize);
    this.matrix = allocate('CmaEs', 'covariances', n * n);
    for (let i = 0; i < n; i++) this.matrix[i * n + i] = 1;
    this.axes = this.matrix.slice();
    this.lengths = new Float64Array(n).fill(1);
    this.stepSizePath = new Float64Array(n);
    this.covariancePath = new Float64Array(n);
    this.step = new Float64Array(n);
    this.meanStep = new Float64Array(n);
    this.coordinates = new Float64Array(n);
    this.order = new Int32Array(populationSize);
  }

  /** σ. */
  get stepSize(): number {
    return this.sigma;
  }

  /** σ² C, [n × n]. */
  covariance(): Float64Array {
    const { dimension: n, matrix, sigma } = this;
    return matrix.map((_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return sigma ** 2 * (i > j ? matrix[at] : matrix[j * n + i]);
    });
  }

  protected override draw(): void {
    const { dimension: n, random, center, sigma, axes, lengths, points, candidates, bounds } = this;
    for (let k = 0; k < this.order.length; k++) {
      const point = this.point(k);
      point.fill(0);
      for (let i = 0; i < n; i++) addScaled(point, lengths[i] * random.normal(), axes, i * n);
      for (let i = 0; i < n; i++) point[i] = center[i] + sigma * point[i];
    }
    candidates.set(points);
    if (bounds) fold(bounds, candidates.subarray(0, points.length));
  }

  protected override improve(utilities: Float64Array): Termination | null {
    const { center, mean, sigma, meanStep, order, parameters, bounds } = this;
    for (let k = 0; k < order.length; k++) this.readWritten(k);
    rankDescending(utilities, order);
    meanStep.fill(0);
    for (let rank = 0; rank < parameters.parents; rank++) {
      this.readStep(order[rank]);
      addScaled(meanStep, parameters.weights[rank], this.step, 0);
    }
    const isShort = this.updatePaths();
    // The steps are measured from the old mean, with the old σ.
    this.updateMatrix(isShort);
    addScaled(center, sigma, meanStep, 0);
    mean.set(center);
    if (bounds) fold(bounds, mean);
    const { stepSizePathRate, stepSizeDamping, expectedNorm } = parameters;
    const growth = (stepSizePathRate / stepSizeDamping) * (norm(this.stepSizePath) / expectedNorm - 1);
    this.sigma *= Math.exp(Math.min(1, growth));
    const isDue = (this.iteration + 1) % parameters.decompositionInterval === 0;
    if (isDue && !this.decompose()) return 'ill-conditioned';
    return this.judgeSteps();
  }

  private point(k: number): Float64Array {
    return this.points.subarray(k * this.dimension, (k + 1) * this.dimension);
  }

  /** Takes candidate k where it is not what was asked, from no farther away than c_y. */
  private readWritten(k: number): void {
    const { dimension: n, step, center, sigma, bounds } = this;
    const candidate = this.candidate(k);
    const point = this.point(k);
    this.isFar[k] = 0;
    step.set(point);
    if (bounds) fold(bounds, step);
    if (candidate.every((value, i) => value === step[i])) return;
    point.set(candidate);
    if (bounds) unfold(bounds, point);
    // Its direction and its length apart, since its square may be too large for a number.
    let scale = 0;
    for (let i = 0; i < n; i++) scale = Math.max(scale, Math.abs(point[i]), Math.abs(center[i]));
    for (let i = 0; i < n; i++) step[i] = point[i] / scale - center[i] / scale;
    const length = norm(this.whiten(step));
    const farthest = Math.sqrt(n) + (2 * n) / (n + 2);
    if (!(length * (scale / sigma) > farthest)) return;
    this.isFar[k] = 1;
    for (let i = 0; i < n; i++) point[i] = center[i] + sigma * ((farthest * step[i]) / length);
  }

  /** y = (x_k − m) / σ. */
  private readStep(k: number): void {
    const { step, center, sigma } = this;
    const point = this.point(k);
    for (let i = 0; i < step.length; i++) step[i] = (point[i] - center[i]) / sigma;
  }

  /** D⁻¹ B y: the rows of B with these weights add up to C^(−½) y, and both have the same length. */
  private whiten(y: Float64Array): Float64Array {
    const { dimension: n, axes, lengths, coordinates } = this;
    for (let i = 0; i < n; i++) {
      let product = 0;
      for (let j = 0; j < n; j++) product += axes[i * n + j] * y[j];
      coordinates[i] = product / lengths[i];
    }
    return coordinates;
  }

  /** Updates p_σ and p_c; whether p_σ is short enough (h). */
  private updatePaths(): boolean {
    const { dimension: n, meanStep, stepSizePath, covariancePath, axes } = this;
    const { stepSizePathRate: cs, covariancePathRate: cc, effectiveParents, expectedNorm } = this.parameters;
    for (let i = 0; i < n; i++) stepSizePath[i] *= 1 - cs;
    const gain = Math.sqrt(cs * (2 - cs) * effectiveParents);
    this.whiten(meanStep).forEach((weight, i) => addScaled(stepSizePath, gain * weight, axes, i * n));
    // The path begins at 0 and is shorter than expected at first.
    const expected = Math.sqrt(1 - (1 - cs) ** (2 * (this.iteration + 1))) * expectedNorm;
    const isShort = norm(stepSizePath) < (1.4 + 2 / (n + 1)) * expected;
    for (let i = 0; i < n; i++) covariancePath[i] *= 1 - cc;
    if (isShort) addScaled(covariancePath, Math.sqrt(cc * (2 - cc) * effectiveParents), meanStep, 0);
    return isShort;
  }

  private updateMatrix(isShort: boolean): void {
    const { dimension: n, matrix, order, step } = this;
    const { rankOneRate, rankMuRate, covariancePathRate: cc } = this.parameters;
    const weights = this.parameters.weights.map((weight, rank) => (weight < 0 && this.isFar[order[rank]] ? 0 : weight));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    // What p_c lacks while it stands still is made up for by C.
    const lack = isShort ? 0 : cc * (2 - cc);
    const kept = 1 - rankOneRate * (1 - lack) - rankMuRate * total;
    for (let i = 0; i < matrix.length; i++) matrix[i] *= kept;
    addOuter(matrix, rankOneRate, this.covariancePath);
    for (let rank = 0; rank < weights.length; rank++) {
      this.readStep(order[rank]);
      let weight = weights[rank];
      if (weight < 0) {
        const length = norm(this.whiten(step));
        weight = length > 0 ? (weight * n) / length ** 2 : 0;
      }
      addOuter(matrix, rankMuRate * weight, step);
    }
  }

  /**
   * B and D of C. Rounding may leave eigenvalues that are not positive; they are raised to what the largest condition number allows. False where some were.
   */
  private decompose(): boolean {
    const { matrix, axes, lengths } = this;
    symmetricEigen(matrix, axes, lengths);
    const largest = lengths.reduce((max, value) => Math.max(max, value), 0);
    const least = largest / LARGEST_CONDITION;
    const isRegular = lengths.every((value) => value > least);
    for (let i = 0; i < lengths.length; i++) lengths[i] = Math.sqrt(Math.max(lengths[i], least));
    return isRegular;
  }

  /** Whether steps have become too long or too short. */
  private judgeSteps(): Termination | null {
    const { dimension: n, center, matrix, sigma, lengths, covariancePath } = this;
    const { initialDeviation } = this.options;
    const longest = sigma * lengths.reduce((max, length) => Math.max(max, length), 0);
    if (longest > LARGEST_GROWTH * initialDeviation) return 'unbounded';
    const smallest = SMALLEST_SHRINKAGE * initialDeviation;
    let isSmall = true;
    for (let i = 0; i < n; i++) {
      const deviation = sigma * Math.sqrt(matrix[i * n + i]);
      if (center[i] === center[i] + 0.2 * deviation) return 'converged';
      if (deviation >= smallest || sigma * Math.abs(covariancePath[i]) >= smallest) isSmall = false;
    }
    return isSmall ? 'converged' : null;
  }

  protected override memory(): StateDict {
    return {
      ...super.memory(),
      center: this.center.slice(),
      points: this.points.slice(),
      stepSize: this.sigma,
      matrix: this.matrix.slice(),
      axes: this.axes.slice(),
      lengths: this.lengths.slice(),
      stepSizePath: this.stepSizePath.slice(),
      covariancePath: this.covariancePath.slice(),
    };
  }

  protected override setMemory(state: StateDict): void {
    super.setMemory(state);
    restoreArray(state, 'center', this.center);
    restoreArray(state, 'points', this.points);
    this.sigma = readNumber(state, 'stepSize');
    restoreArray(state, 'matrix', this.matrix);
    restoreArray(state, 'axes', this.axes);
    restoreArray(state, 'lengths', this.lengths);
    restoreArray(state, 'stepSizePath', this.stepSizePath);
    restoreArray(state, 'covariancePath', this.covariancePath);
  }
}
