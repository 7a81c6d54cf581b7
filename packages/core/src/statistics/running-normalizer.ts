import {
  checkArguments,
  clip as clipTensor,
  constant,
  div,
  positiveInteger,
  sub,
  valueText,
  type OptionCheck,
  type Tensor,
  type TensorLike,
} from '@gradus/tensor';
import { anObject, floatArray } from '../options/argument-checks.ts';
import { readNumber, restoreArray, type StateDict, type StateValue, type Stateful } from '../checkpoints/state.ts';
import { CheckpointError } from '../errors.ts';
import { findNonFinite } from './find-non-finite.ts';

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
  /** While it is true, `update` changes nothing: an evaluation takes statistics as they are. */
  isHeld = false;
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

  /**
   * Takes the rows of `batch`, [rows × size], into account. Throws `RangeError`, and takes none, for a number that is not finite, and for rows of another
   * size.
   */
  update(batch: Float32Array | Float64Array): void {
    checkArguments('RunningNormalizer.update', { batch }, { batch: floatArray });
    const { size, count } = this;
    const rows = this.rowsOf(batch);
    if (rows === 0 || this.isHeld) return;
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

  /** Writes the normalized rows of `batch`, [rows × size], into `target`, which may be `batch` itself. Throws `RangeError` for other lengths. */
  normalize(batch: Float32Array, target: Float32Array): void {
    checkArguments('RunningNormalizer.normalize', { batch, target }, { batch: floatArray, target: floatArray });
    this.rowsOf(batch);
    if (target.length !== batch.length) {
      throw new RangeError(`RunningNormalizer: expected a target of ${batch.length} numbers, got ${target.length}`);
    }
    const { size, mean, variance, limit } = this;
    for (let j = 0; j < size; j++) {
      const center = mean[j];
      const scale = Math.sqrt(variance[j] + EPSILON);
      for (let k = j; k < batch.length; k += size) target[k] = clip((batch[k] - center) / scale, limit);
    }
  }

  /** What `normalize` makes of rows, [rows × size], with the statistics as they are now, within a program. */
  apply(rows: TensorLike): Tensor {
    const { size, mean, variance, limit } = this;
    // A mean far from 0 has more digits than a float: what it lacks is taken off afterwards.
    const rest = mean.map((center) => center - Math.fround(center));
    const scale = variance.map((each) => Math.sqrt(each + EPSILON));
    const centered = sub(sub(rows, constant([size], mean)), constant([size], rest));
    const normalized = div(centered, constant([size], scale));
    return limit === Infinity ? normalized : clipTensor(normalized, -limit, limit);
  }

  private rowsOf(batch: ArrayLike<number>): number {
    const rows = batch.length / this.size;
    if (Number.isInteger(rows)) return rows;
    throw new RangeError(`RunningNormalizer: expected rows of ${this.size} numbers, got ${batch.length}`);
  }

  /** One with the mean and variance of all data that any of `normalizers` has seen; where there is one of them, that itself. */
  static merge(normalizers: readonly RunningNormalizer[]): RunningNormalizer {
    checkArguments('RunningNormalizer.merge', { normalizers }, { normalizers: someAlike });
    const [first] = normalizers;
    if (normalizers.length === 1) return first;
    const { size, limit } = first;
    const merged = new RunningNormalizer(size, limit);
    merged.count = normalizers.reduce((sum, { count }) => sum + count, 0);
    const meanOver = (valueOf: (each: RunningNormalizer) => number): number =>
      normalizers.reduce((sum, each) => sum + each.count * valueOf(each), 0) / merged.count;
    for (let j = 0; j < size; j++) {
      const center = meanOver(({ mean }) => mean[j]);
      merged.mean[j] = center;
      merged.variance[j] = meanOver(({ mean, variance }) => variance[j] + (mean[j] - center) ** 2);
    }
    return merged;
  }

  /** The one whose state was saved. Throws `CheckpointError` where it was none's. */
  static fromState(state: StateDict): RunningNormalizer {
    const mean: StateValue | undefined = anObject.accepts(state) ? state.mean : undefined;
    if (!(mean instanceof Float64Array && mean.length > 0)) {
      throw new CheckpointError(`state 'mean': expected a Float64Array, got ${valueText(mean)}`);
    }
    const normalizer = new RunningNormalizer(mean.length, readNumber(state, 'limit'));
    normalizer.setState(state);
    return normalizer;
  }

  getState(): StateDict {
    return { mean: this.mean.slice(), variance: this.variance.slice(), count: this.count, limit: this.limit };
  }

  /** Throws `CheckpointError` for the state of one of another size or limit. */
  setState(state: StateDict): void {
    const limit = readNumber(state, 'limit');
    if (limit !== this.limit) throw new CheckpointError(`state 'limit': expected ${this.limit}, got ${limit}`);
    restoreArray(state, 'mean', this.mean);
    restoreArray(state, 'variance', this.variance);
    this.count = readNumber(state, 'count');
  }
}

const someAlike: OptionCheck = {
  expected: 'a list of RunningNormalizers of one size',
  accepts: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (each: unknown) => each instanceof RunningNormalizer && each.size === (value as RunningNormalizer[])[0].size,
    ),
};

const someLimit: OptionCheck = {
  expected: 'a number above 0',
  accepts: (value) => typeof value === 'number' && value > 0,
};

function clip(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}
