import { aFunction, checkArguments, numberList, objectOf, positiveInteger, type OptionCheck } from '@gradus/core';
/** What describes states to a linear method: x(s) ∈ ℝᵈ, of which v(s) = wᵀ x(s). */
export interface Features {
  /** d */
  readonly count: number;
  /** How many numbers of any x(s) are not 0 at most: what a {@link FeatureVector} must have room for. */
  readonly maxActive: number;
  /** Whether all numbers are 0 or 1. */
  readonly isBinary: boolean;
  /**
   * Writes x(s) into `target`; the observation of s begins at `observations[offset]`. Allocates nothing. Features of finite spaces throw
   * `RangeError` for an observation that is not in theirs.
   */
  write(observations: Float32Array, offset: number, target: FeatureVector): void;
}

/**
 * x(s) as a list of what is not 0: element `indices[k]` is `values[k]`, for k < `length`. Dense features list all elements, so that one loop
 * serves both, at the price of an indirection.
 */
export interface FeatureVector {
  length: number;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** What `createFeatures` makes. */
export const someFeatures: OptionCheck = objectOf('features (with count, maxActive and write)', {
  count: positiveInteger,
  maxActive: positiveInteger,
  write: aFunction,
});

/** Memory for any x(s) of `features`. Throws `RangeError` for what is none. */
export function createFeatureVector(features: Features): FeatureVector {
  checkArguments('createFeatureVector', { features }, { features: someFeatures });
  const { maxActive } = features;
  return { length: 0, indices: new Int32Array(maxActive), values: new Float64Array(maxActive) };
}

/** x(s) and x(s′) of the step that is learned from. */
export class FeatureStep {
  present: FeatureVector;
  next: FeatureVector;
  private readonly features: Features;

  constructor(features: Features) {
    this.features = features;
    this.present = createFeatureVector(features);
    this.next = createFeatureVector(features);
  }

  /** s is where an episode begins. */
  begin(observation: Float32Array): void {
    this.features.write(observation, 0, this.present);
  }

  /** The step leads to s′. */
  reach(observation: Float32Array): Readonly<Record<'present' | 'next', FeatureVector>> {
    this.features.write(observation, 0, this.next);
    return this;
  }

  /** s′ is where the next step begins. */
  proceed(): void {
    [this.present, this.next] = [this.next, this.present];
  }
}

/** wᵀ x */
export function dot(weights: Float64Array, { length, indices, values }: FeatureVector): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += weights[indices[k]] * values[k];
  return sum;
}

/** w ← w + factor · x */
export function addScaled(weights: Float64Array, factor: number, { length, indices, values }: FeatureVector): void {
  for (let k = 0; k < length; k++) weights[indices[k]] += factor * values[k];
}

/**
 * v(s) = wᵀ x(s) of many states. `observations` is [states × size of an observation]; the result is [states].
 * Throws `RangeError` for weights that are not [d] and for observations that are not whole rows of `size` numbers (1 by default).
 */
export function linearStateValues(
  features: Features,
  weights: Float64Array,
  observations: ArrayLike<number>,
  size = 1,
): Float64Array {
  checkArguments(
    'linearStateValues',
    { features, weights, observations, size },
    { features: someFeatures, weights: numberList, observations: numberList, size: positiveInteger },
  );
  if (weights.length !== features.count) {
    throw new RangeError(`weights: expected ${features.count} numbers, got ${weights.length}`);
  }
  if (!(observations.length % size === 0)) {
    throw new RangeError(`observations: expected rows of ${size} numbers, got ${observations.length} numbers`);
  }
  const rows = Float32Array.from(observations);
  const vector = createFeatureVector(features);
  return Float64Array.from({ length: rows.length / size }, (_, row) => {
    features.write(rows, row * size, vector);
    return dot(weights, vector);
  });
}

/** More features than this are a mistake: the weights of one action alone would take 128 MiB. */
const MAX_FEATURES = 2 ** 24;

/** Throws `RangeError` for more than 2²⁴ features. */
export function checkFeatureCount(subject: string, count: number): void {
  if (count <= MAX_FEATURES) return;
  throw new RangeError(`${subject}: expected at most ${MAX_FEATURES} features, got ${count}`);
}
