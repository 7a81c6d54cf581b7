import type { SearchOptions } from './search-options.ts';

/** A box l ≤ x ≤ u of parameters. */
export interface Bounds {
  /** l, [dimension]; −∞ where there is no bound. */
  readonly lower: Float64Array;
  /** u, [dimension]; ∞ where there is no bound. */
  readonly upper: Float64Array;
}

/**
 * The box of some options, or undefined where they have none. Throws `RangeError` for bounds of another length than `initial`, for a lower bound above the
 * upper one, and where `initial` is outside. `name` begins messages.
 */
export function readBounds(
  name: string,
  { lower, upper }: Pick<SearchOptions, 'lower' | 'upper'>,
  initial: Float64Array,
): Bounds | undefined {
  if (lower === null && upper === null) return undefined;
  const bounds = {
    lower: spread(`${name}: expected lower`, lower ?? -Infinity, initial.length),
    upper: spread(`${name}: expected upper`, upper ?? Infinity, initial.length),
  };
  for (let i = 0; i < initial.length; i++) {
    const [low, high] = [bounds.lower[i], bounds.upper[i]];
    if (!(low <= high) || low === Infinity || high === -Infinity) {
      throw new RangeError(`${name}: expected lower to be at most upper, got ${low} and ${high} for parameter ${i}`);
    }
    if (initial[i] >= low && initial[i] <= high) continue;
    throw new RangeError(`${name}: expected initial parameters in [${low}, ${high}], got ${initial[i]} at index ${i}`);
  }
  return bounds;
}

function spread(expected: string, bound: number | ArrayLike<number>, dimension: number): Float64Array {
  if (typeof bound === 'number') return new Float64Array(dimension).fill(bound);
  if (bound.length !== dimension) {
    throw new RangeError(`${expected} to have ${dimension} numbers, one for each parameter, got ${bound.length}`);
  }
  return Float64Array.from(bound);
}

/** Moves `values`, [rows × dimension], to the nearest points inside. */
export function clip({ lower, upper }: Bounds, values: Float64Array): void {
  const dimension = lower.length;
  for (let at = 0; at < values.length; at++) {
    const i = at % dimension;
    if (values[at] < lower[i]) values[at] = lower[i];
    else if (values[at] > upper[i]) values[at] = upper[i];
  }
}

/** The index of the first of `values`, [rows × dimension], that is not inside, −1 where there is none. */
export function findOutside({ lower, upper }: Bounds, values: Float64Array): number {
  const dimension = lower.length;
  return values.findIndex((value, at) => !(value >= lower[at % dimension] && value <= upper[at % dimension]));
}
