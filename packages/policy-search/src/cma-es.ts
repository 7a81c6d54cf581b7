import {
  checkOptions,
  naturalNumber,
  nullable,
  positiveNumber,
  readNumber,
  restoreArray,
  type OptionCheck,
  type StateDict,
} from '@gradus/core';
import { AskTellSearch } from './ask-tell-search.ts';
import { cmaParameters, defaultPopulationSize, type CmaParameters } from './cma-parameters.ts';
import { rankDescending } from './ranking.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Options of {@link CmaEs}. */
export interface CmaEsOptions {
  /** σ at first, the same in every coordinate: about a third of how far the optimum may lie. Default 0.5, of no particular source. */
  readonly initialDeviation: number;
  /** λ ≥ 2; null: 4 + ⌊3 ln n⌋. More for utilities that are noisy or have many optima. Default null. */
  readonly populationSize: number | null;
  /** Default 0. */
  readonly seed: number;
}

/** Those that {@link CmaEsOptions} names. */
export const cmaEsDefaults: CmaEsOptions = { initialDeviation: 0.5, populationSize: null, seed: 0 };

const checks: { readonly [Name in keyof CmaEsOptions]: OptionCheck } = {
  initialDeviation: positiveNumber,
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
 * is decomposed, C = Bᵀ D² B with eigenvectors in the rows of B, every few iterations only. Learns from what the rows of candidates hold when told:
 * repaired ones, near by, may be written there.
 *
 * The search is finished, by rules of the tutorial (§B.3), when steps have become 10⁻¹² of the first or too small to change m, 10⁴ times as long as the
 * first (σ was far too small, or U has no maximum), or C has a condition number above 10¹⁴.
 */
export class CmaEs extends AskTellSearch {
  readonly options: CmaEsOptions;
  /** m. */
  readonly mean: Float64Array;
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
    const populationSize = settings.populationSize ?? defaultPopulationSize(initial.length);
    super('CmaEs', initial, populationSize, settings.seed);
    const n = this.dimension;
    this.options = settings;
    this.mean = Float64Array.from(initial);
    this.sigma = settings.initialDeviation;
    this.parameters = cmaParameters(n, populationSize);
    this.matrix = new Float64Array(n * n);
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

  protected override propose(): void {
    const { dimension: n, random, mean, sigma, axes, lengths } = this;
    for (let k = 0; k < this.populationSize; k++) {
      const candidate = this.candidate(k);
      candidate.fill(0);
      for (let i = 0; i < n; i++) addScaled(candidate, lengths[i] * random.normal(), axes, i * n);
      for (let i = 0; i < n; i++) candidate[i] = mean[i] + sigma * candidate[i];
    }
  }

  protected override learn(utilities: ArrayLike<number>): void {
    const { mean, sigma, meanStep, order, parameters } = this;
    rankDescending(utilities, order);
    meanStep.fill(0);
    for (let rank = 0; rank < parameters.parents; rank++) {
      this.readStep(order[rank]);
      addScaled(meanStep, parameters.weights[rank], this.step, 0);
    }
    const isShort = this.updatePaths();
    // The steps are measured from the old mean, with the old σ.
    this.updateMatrix(isShort);
    addScaled(mean, sigma, meanStep, 0);
    const { stepSizePathRate, stepSizeDamping, expectedNorm } = parameters;
    this.sigma *= Math.exp((stepSizePathRate / stepSizeDamping) * (norm(this.stepSizePath) / expectedNorm - 1));
    if ((this.iteration + 1) % parameters.decompositionInterval === 0) this.decompose();
    this.exhausted ||= this.hasNothingToGain();
  }

  /** y = (x_k − m) / σ. */
  private readStep(k: number): void {
    const { step, mean, sigma } = this;
    const candidate = this.candidate(k);
    for (let i = 0; i < step.length; i++) step[i] = (candidate[i] - mean[i]) / sigma;
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
    const { weights, rankOneRate, rankMuRate, covariancePathRate: cc } = this.parameters;
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

  /** B and D of C. Rounding may leave eigenvalues that are not positive; they are raised to what the largest condition number allows. */
  private decompose(): void {
    const { matrix, axes, lengths } = this;
    symmetricEigen(matrix, axes, lengths);
    const largest = lengths.reduce((max, value) => Math.max(max, value), 0);
    const least = largest / LARGEST_CONDITION;
    this.exhausted ||= lengths.some((value) => !(value > least));
    for (let i = 0; i < lengths.length; i++) lengths[i] = Math.sqrt(Math.max(lengths[i], least));
  }

  private hasNothingToGain(): boolean {
    const { dimension: n, mean, matrix, sigma, lengths, covariancePath } = this;
    const { initialDeviation } = this.options;
    if (sigma * lengths.reduce((max, length) => Math.max(max, length), 0) > LARGEST_GROWTH * initialDeviation)
      return true;
    const smallest = SMALLEST_SHRINKAGE * initialDeviation;
    let isSmall = true;
    for (let i = 0; i < n; i++) {
      const deviation = sigma * Math.sqrt(matrix[i * n + i]);
      if (mean[i] === mean[i] + 0.2 * deviation) return true;
      if (deviation >= smallest || sigma * Math.abs(covariancePath[i]) >= smallest) isSmall = false;
    }
    return isSmall;
  }

  protected override memory(): StateDict {
    return {
      mean: this.mean.slice(),
      stepSize: this.sigma,
      matrix: this.matrix.slice(),
      axes: this.axes.slice(),
      lengths: this.lengths.slice(),
      stepSizePath: this.stepSizePath.slice(),
      covariancePath: this.covariancePath.slice(),
    };
  }

  protected override setMemory(state: StateDict): void {
    restoreArray(state, 'mean', this.mean);
    this.sigma = readNumber(state, 'stepSize');
    restoreArray(state, 'matrix', this.matrix);
    restoreArray(state, 'axes', this.axes);
    restoreArray(state, 'lengths', this.lengths);
    restoreArray(state, 'stepSizePath', this.stepSizePath);
    restoreArray(state, 'covariancePath', this.covariancePath);
  }
}

/** target ← target + scale · (the row of `rows` that begins at `first`). */
function addScaled(target: Float64Array, scale: number, rows: Float64Array, first: number): void {
  for (let i = 0; i < target.length; i++) target[i] += scale * rows[first + i];
}

/** The lower triangle of A ← A + scale · v vᵀ. */
function addOuter(matrix: Float64Array, scale: number, vector: Float64Array): void {
  const n = vector.length;
  for (let i = 0; i < n; i++) {
    const scaled = scale * vector[i];
    for (let j = 0; j <= i; j++) matrix[i * n + j] += scaled * vector[j];
  }
}

function norm(vector: Float64Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Math.sqrt(squares);
}
