import { spaceBounds, type Space } from '@gradus/core';

/** Where observations lie, for features that are defined on a unit cube. */
export interface RangeOptions {
  /** Smallest value of each number of an observation; smaller ones count as it. Default: that of the space. */
  readonly low?: readonly number[] | undefined;
  /** Largest value of each number of an observation; larger ones count as it. Default: that of the space. */
  readonly high?: readonly number[] | undefined;
}

/** Takes observations to the unit cube: u = (x − low) / (high − low), clipped to [0, 1]. */
export class ObservationRange {
  /** Numbers in an observation. */
  readonly dimensions: number;
  private readonly low: Float64Array;
  private readonly width: Float64Array;

  /**
   * The range of `space`, with what the options replace. Spaces of choices and bits count as the numbers they consist of.
   * Throws `RangeError`, beginning with `subject`, for a dimension without bounds, and for bounds that are not finite, in order, and as
   * many as an observation has numbers.
   */
  constructor(subject: string, space: Space, { low, high }: RangeOptions) {
    this.dimensions = space.size;
    const limits = spaceBounds(space);
    const lowest = bounds(`${subject}: low`, low ?? limits.low, space.size);
    const highest = bounds(`${subject}: high`, high ?? limits.high, space.size);
    for (let j = 0; j < space.size; j++) {
      if (!(Number.isFinite(lowest[j]) && Number.isFinite(highest[j]))) {
        throw new RangeError(
          `${subject}: dimension ${j} of the observations ranges over [${lowest[j]}, ${highest[j]}], expected finite low and high`,
        );
      }
      if (!(lowest[j] < highest[j])) {
        throw new RangeError(
          `${subject}: expected low < high, got low[${j}] = ${lowest[j]}, high[${j}] = ${highest[j]}`,
        );
      }
    }
    this.low = lowest;
    this.width = highest.map((value, j) => value - lowest[j]);
  }

  /** `scale` · u of number `j` of the observation that begins at `observations[offset]`. */
  scaled(observations: Float32Array, offset: number, j: number, scale: number): number {
    // Dividing last keeps whole numbers whole, where u · scale would fall just short of the edge of a tile.
    const value = ((observations[offset + j] - this.low[j]) * scale) / this.width[j];
    return value < 0 ? 0 : value > scale ? scale : value;
  }
}

function bounds(name: string, values: ArrayLike<number>, dimensions: number): Float64Array {
  if (values.length !== dimensions) {
    throw new RangeError(`${name}: expected ${dimensions} numbers, as an observation has, got ${values.length}`);
  }
  return Float64Array.from(values);
}
