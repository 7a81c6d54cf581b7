import { valueText, type OptionCheck } from '@gradus/tensor';
import type { RandomSource } from '../random/random.ts';

/** A member of a space: an integer for `Discrete`, as many numbers as its `size` for the others. */
export type SpaceValue = number | ArrayLike<number>;

/** A space as JSON: `spaceFromJson` makes it again. */
export interface SpaceJson {
  readonly kind: string;
  readonly [name: string]: SpaceJsonValue;
}

/** What a space's JSON is made of. */
export type SpaceJsonValue = number | string | readonly SpaceJsonValue[] | { readonly [name: string]: SpaceJsonValue };

/** What every space can do. */
export interface SpaceMethods {
  /** Lengths of the axes; empty for a single number. */
  readonly shape: readonly number[];
  /** Numbers in one member: the product of `shape`. */
  readonly size: number;
  /** A random member. */
  sample(random: RandomSource): SpaceValue;
  /** Whether `value` is a member. */
  contains(value: unknown): boolean;
  /** Why `value` is not a member, in words; undefined if it is one. */
  problem(value: unknown): string | undefined;
  /** The space in words, such as `Discrete(2)`. */
  toString(): string;
  /** The space as plain data, which `JSON.stringify` calls for: equal spaces have equal JSON. */
  toJSON(): SpaceJson;
}

/** Whether `value` is a list or a typed array, as members of more than one number are. */
export function isNumbers(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** What is wrong with a value that has not `expected` elements, in words. */
export function wrongLength(value: ArrayLike<unknown>, expected: number): string | undefined {
  if (value.length === expected) return undefined;
  const advice = typeof value[0] === 'object' ? ': lists within lists are given as one, row by row' : '';
  return `has ${value.length} elements, expected ${expected}${advice}`;
}

/** The numbers in a member of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Any whole number. */
export const integer: OptionCheck = { expected: 'an integer', accepts: Number.isSafeInteger };

/** Why `value` is no list of integers with lows[i] ≤ value[i] < lows[i] + counts[i], in words; undefined if it is. */
export function integersProblem(
  value: unknown,
  lows: ArrayLike<number>,
  counts: ArrayLike<number>,
): string | undefined {
  if (!isNumbers(value)) return `is ${valueText(value)}, expected an Int32Array or number[]`;
  if (value.length !== counts.length) return `has ${value.length} elements, expected ${counts.length}`;
  for (let i = 0; i < counts.length; i++) {
    const end = lows[i] + counts[i];
    if (!(Number.isInteger(value[i]) && value[i] >= lows[i] && value[i] < end)) {
      return `has ${valueText(value[i])} at [${i}], expected an integer in [${lows[i]}, ${end - 1}]`;
    }
  }
  return undefined;
}
