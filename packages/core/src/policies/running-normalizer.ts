import { checkArguments, fraction, positiveInteger, type OptionCheck } from '@gradus/tensor';
import { floatArray } from '../options/argument-checks.ts';
import { checkRewards } from '../environments/check-float32.ts';
import { checkOutcome } from '../environments/check-rows.ts';
import { findNonFinite } from '../training/divergence.ts';
import { readNumber, readState, restoreArray, type StateDict, type Stateful } from '../checkpoints/state.ts';

/** The count that mean 0 and variance 1 weigh before any data, as in Gymnasium and Stable-Baselines3. */
const INITIAL_COUNT = 1e-4;
/** Keeps a constant feature from being divided by zero; same source. */
const EPSILON = 1e-8;
/** Normalized numbers are clipped to ±10 as in Stable-Baselines3; Gymnasium does not clip. */
const CLIP = 10;

/**
 * Mean and variance of each feature over all data seen, merged batch by batch (Chan, Golub and LeVeque, 1979), and
 * the normalization x ↦ clip((x − mean) / √(variance + 10⁻⁸), ±limit) with them.
 */
export class RunningNormalizer implements Stateful {
  /** Features of a row. */
  readonly size: number;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  private readonly limit: number;
  private count = INITIAL_COUNT;

  /**
   * `limit`: 10 by default, as in Stable-Baselines3; Gymnasium does not clip, which is `Infinity`. Throws `RangeError` unless
   * `size` is a positive integer and `limit` positive.
   */
  constructor(size: number, limit: number = CLIP) {
    checkArguments('RunningNormalizer', { size, limit }, { size: positiveInteger, limit: someLimit });
    this.size = size;
    this.limit = limit;
    this.mean = new Float64Array(size);
    this.variance = new Float64Array(size).fill(1);
  }

  /** Takes the rows of `batch`, [rows × size], into account. Throws `RangeError`, and takes none, for a number that is not finite. */
  update(batch: Float32Array | Float64Array): void {
    checkArguments('RunningNormalizer.update', { batch }, { batch: floatArray });
    const { size, count } = this;
    const rows = batch.length / size;
    if (rows === 0) return;
    const wrong = findNonFinite(batch);
    if (wrong !== -1) {
      throw new RangeError(`RunningNormalizer: expected finite numbers, got ${batch[wrong]} at [${wrong}]`);
    }
    const total = count + rows;
    for (let j = 0; j < size; j++) {
      let mean = 0;
      for (let k = j; k < batch.length; k += size) mean += batch[k];
      mean /= rows;
      let squares = 0;
      for (let k = j; k < batch.length; k += size) squares += (batch[k] - mean) ** 2;
      const delta = mean - this.mean[j];
      this.mean[j] += (delta * rows) / total;
      this.variance[j] = (this.variance[j] * count + squares + (delta * delta * count * rows) / total) / total;
    }
    this.count = total;
  }

  /** Writes the normalized rows of `batch`, [rows × size], into `target`, which may be `batch` itself. */
  normalize(batch: Float32Array, target: Float32Array): void {
    checkArguments('RunningNormalizer.normalize', { batch, target }, { batch: floatArray, target: floatArray });
    const { size, mean, variance, limit } = this;
    for (let j = 0; j < size; j++) {
      const center = mean[j];
      const scale = Math.sqrt(variance[j] + EPSILON);
      for (let k = j; k < batch.length; k += size) target[k] = clip((batch[k] - center) / scale, limit);
    }
  }

  getState(): StateDict {
    return { mean: this.mean.slice(), variance: this.variance.slice(), count: this.count };
  }

  setState(state: StateDict): void {
    restoreArray(state, 'mean', this.mean);
    restoreArray(state, 'variance', this.variance);
    this.count = readNumber(state, 'count');
  }
}

/**
 * Scales rewards by the running standard deviation of the discounted return of n environments:
 * Rₜ = γ Rₜ₋₁ + rₜ, r ↦ clip(r / √(variance(R) + 10⁻⁸), ±10), R starting from 0 in each episode (as Stable-Baselines3's VecNormalize).
 */
export class RewardNormalizer implements Stateful {
  private readonly gamma: number;
  private readonly returns: Float64Array;
  private readonly statistics = new RunningNormalizer(1);

  constructor(numEnvs: number, gamma: number) {
    checkArguments('RewardNormalizer', { numEnvs, gamma }, { numEnvs: positiveInteger, gamma: fraction });
    this.gamma = gamma;
    this.returns = new Float64Array(numEnvs);
  }

  /**
   * Takes one step's rewards into account and writes them, scaled, into `target`, which may be `rewards` itself. Throws `EnvError` for one that is not
   * finite, since it would spoil those of all copies.
   */
  normalize(
    outcome: { readonly rewards: Float64Array; readonly terminated: Uint8Array; readonly truncated: Uint8Array },
    target: Float32Array | Float64Array,
  ): void {
    checkOutcome(outcome, this.returns.length);
    checkArguments('RewardNormalizer.normalize', { target }, { target: floatArray });
    const { gamma, returns, statistics } = this;
    const { rewards, terminated, truncated } = outcome;
    checkRewards(rewards);
    for (let i = 0; i < returns.length; i++) returns[i] = gamma * returns[i] + rewards[i];
    statistics.update(returns);
    const scale = Math.sqrt(statistics.variance[0] + EPSILON);
    for (let i = 0; i < returns.length; i++) {
      target[i] = clip(rewards[i] / scale, CLIP);
      if (terminated[i] || truncated[i]) returns[i] = 0;
    }
  }

  getState(): StateDict {
    return { returns: this.returns.slice(), statistics: this.statistics.getState() };
  }

  setState(state: StateDict): void {
    restoreArray(state, 'returns', this.returns);
    this.statistics.setState(readState(state, 'statistics'));
  }
}

const someLimit: OptionCheck = {
  expected: 'a number above 0',
  accepts: (value) => typeof value === 'number' && value > 0,
};

function clip(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}
