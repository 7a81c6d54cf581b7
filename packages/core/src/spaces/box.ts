import {
  checkArguments,
  checkOptions,
  layerSizes,
  naturalNumber,
  oneOf,
  optional,
  valueText,
  type OptionCheck,
} from '@gradus/tensor';
import { checkRandom, numberList } from '../options/argument-checks.ts';
import type { RandomSource } from '../random/random.ts';
import { isNumbers, sizeOf, wrongLength, type SpaceJson, type SpaceMethods, type SpaceValue } from './space-methods.ts';

/** Above it, not every whole number is a float32. */
const MOST_EXACT = 2 ** 24;

/** By dtype of whole numbers: the least and the greatest bound. */
const ranges: Readonly<Record<WholeDtype, readonly [least: number, greatest: number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  int16: [-32_768, 32_767],
  int32: [-MOST_EXACT, MOST_EXACT],
  int64: [-MOST_EXACT, MOST_EXACT],
};

type WholeDtype = 'uint8' | 'int8' | 'uint16' | 'int16' | 'int32' | 'int64';

/** What the elements of a `Box` are: real numbers, or whole numbers with bounds that this type has. */
export type BoxDtype = 'float32' | WholeDtype;

/** The names of all {@link BoxDtype}s. */
export const boxDtypes: readonly string[] = ['float32', ...Object.keys(ranges)];

/** What else may be said about a `Box`. */
export interface BoxOptions {
  /**
   * `uint8`: the elements are whole numbers from 0 to 255, as those of pictures are. `int8`, `int16`, `uint16`, `int32` and `int64`: whole
   * numbers too, with the bounds that these types have, but none beyond ±2²⁴, where float32 no longer has them all; `int32` and `int64` may
   * be without bounds. Default `float32`.
   */
  readonly dtype?: BoxDtype | undefined;
  /**
   * The axis, the first or the last one, along which the elements are the frames seen last, the oldest first, as `frameStack` shows them:
   * replay buffers then keep each frame once. Default: none is.
   */
  readonly frameAxis?: number | undefined;
}

/**
 * Real vectors with low ≤ x ≤ high (compared as float32; bounds may be infinite), flattened in row-major order. With any other dtype than
 * `float32` only those of whole numbers. They are stored as float32 all the same, but for those of `uint8`: replay buffers keep them as
 * bytes, and `observationFeatures` divides them by `high`.
 */
export class Box implements SpaceMethods {
  readonly kind = 'box';
  readonly shape: readonly number[];
  readonly size: number;
  readonly dtype: BoxDtype;
  /** The axis of frames that follow each other, if there is one. */
  readonly frameAxis: number | undefined;
  /** Lower bounds, [size]. */
  readonly low: Float32Array;
  /** Upper bounds, [size]. */
  readonly high: Float32Array;

  /**
   * `low`, `high`: one bound for all elements or one for each; `shape`: by default [number of bounds].
   * Throws `RangeError` for bounds that do not fit the shape, are NaN, or leave no room, for those of a `Box` of whole numbers that its dtype
   * does not have, and for a `frameAxis` that is not the first or last one.
   */
  constructor(
    low: SpaceValue,
    high: SpaceValue,
    shape: readonly number[] = [lengthOf(low) ?? lengthOf(high) ?? 1],
    options: BoxOptions = {},
  ) {
    checkArguments('Box', { low, high, shape }, { low: bound, high: bound, shape: layerSizes });
    checkOptions('Box', options, { dtype: optional(oneOf(...boxDtypes)), frameAxis: optional(naturalNumber) });
    const { dtype = 'float32', frameAxis } = options;
    this.shape = shape;
    this.dtype = dtype;
    if (frameAxis !== undefined && !(shape.length > 0 && (frameAxis === 0 || frameAxis === shape.length - 1))) {
      throw new RangeError(`Box: expected frameAxis to be the first or last of ${shape.length} axes, got ${frameAxis}`);
    }
    this.frameAxis = frameAxis;
    this.size = sizeOf(shape);
    this.low = bounds('low', low, this.size);
    this.high = bounds('high', high, this.size);
    for (let i = 0; i < this.size; i++) {
      if (!(this.low[i] <= this.high[i])) {
        throw new RangeError(`Box: expected low ≤ high, got low[${i}] = ${this.low[i]}, high[${i}] = ${this.high[i]}`);
      }
      if (dtype !== 'float32') checkWholeBounds(dtype, elementOf(low, i), elementOf(high, i), i);
    }
  }

  /**
   * Uniform between two finite bounds (both included where the numbers are whole), exponential from one, normal without any; rounded down
   * to whole numbers where they are to be whole, as in Gymnasium.
   */
  sample(random: RandomSource): Float32Array {
    checkRandom('Box.sample', random);
    const { low, high, size, dtype } = this;
    const value = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      value[i] = dtype === 'float32' ? sampleBetween(low[i], high[i], random) : sampleWhole(low[i], high[i], random);
    }
    return value;
  }

  contains(value: unknown): boolean {
    return this.problem(value) === undefined;
  }

  problem(value: unknown): string | undefined {
    if (!isNumbers(value)) return `is ${valueText(value)}, expected a Float32Array or number[]`;
    const length = wrongLength(value, this.size);
    if (length !== undefined) return length;
    const i = value instanceof Float32Array ? this.findOutside(value) : this.findWrong(value);
    if (i === -1) return undefined;
    const expected = this.dtype === 'float32' ? 'a number' : 'an integer';
    return `has ${valueText(value[i])} at [${i}], expected ${expected} in [${this.low[i]}, ${this.high[i]}]`;
  }

  /** Index of the first element that is not in this space, −1 if there is none. */
  private findWrong(value: ArrayLike<unknown>): number {
    for (let i = 0; i < this.size; i++) {
      const element = value[i];
      // `fround` takes text for a number, and throws at a BigInt.
      const rounded = typeof element === 'number' ? Math.fround(element) : NaN;
      const isWhole = this.dtype === 'float32' || Number.isInteger(element);
      if (!(rounded >= this.low[i] && rounded <= this.high[i] && isWhole)) return i;
    }
    return -1;
  }

  /** The same of what can hold nothing but float32: every pixel of every step is looked at. */
  private findOutside(value: Float32Array): number {
    const { low, high, size } = this;
    const mayBeBroken = this.dtype === 'float32';
    for (let i = 0; i < size; i++) {
      const element = value[i];
      if (!(element >= low[i] && element <= high[i] && (mayBeBroken || Number.isInteger(element)))) return i;
    }
    return -1;
  }

  toString(): string {
    const range = (values: Float32Array): string => (isUniform(values) ? String(values[0]) : `[${values.join(', ')}]`);
    const dtype = this.dtype === 'float32' ? '' : `, ${this.dtype}`;
    return `Box(${range(this.low)}, ${range(this.high)}, [${this.shape.join(', ')}]${dtype})`;
  }

  /** Bounds that are all the same are one number, and infinite ones, which JSON has not, are the strings `Infinity` and `-Infinity`. */
  toJSON(): SpaceJson {
    const { kind, low, high, shape, dtype, frameAxis } = this;
    const frames = frameAxis === undefined ? {} : { frameAxis };
    return { kind, low: boundsToJson(low), high: boundsToJson(high), shape, dtype, ...frames };
  }
}

function checkWholeBounds(dtype: WholeDtype, low: number, high: number, i: number): void {
  const [least, greatest] = ranges[dtype];
  const mayBeInfinite = greatest === MOST_EXACT;
  const fits = (bound: number): boolean =>
    (Number.isInteger(bound) && bound >= least && bound <= greatest) || (mayBeInfinite && Math.abs(bound) === Infinity);
  if (fits(low) && fits(high)) return;
  const expected = `whole numbers in [${least}, ${greatest}]${mayBeInfinite ? ' or infinity' : ''}`;
  throw new RangeError(`Box: expected ${expected} as ${dtype} bounds, got low[${i}] = ${low}, high[${i}] = ${high}`);
}

function sampleBetween(low: number, high: number, random: RandomSource): number {
  if (low > -Infinity) return high < Infinity ? random.uniform(low, high) : low - Math.log(1 - random.nextFloat());
  return high < Infinity ? high + Math.log(1 - random.nextFloat()) : random.normal();
}

function sampleWhole(low: number, high: number, random: RandomSource): number {
  if (high - low < Infinity) return low + random.integer(high - low + 1);
  // An exponential number may be 0: the bound itself is a member, what lies 1 above is not.
  return Math.min(Math.floor(sampleBetween(low, high + 1, random)), high);
}

/** What JavaScript passes may be anything. */
function lengthOf(value: SpaceValue | null | undefined): number | undefined {
  return typeof value === 'number' ? undefined : value?.length;
}

function elementOf(value: SpaceValue, i: number): number {
  return typeof value === 'number' ? value : value[i];
}

function bounds(name: string, value: SpaceValue, size: number): Float32Array {
  if (typeof value === 'number') return new Float32Array(size).fill(value);
  if (value.length !== size) throw new RangeError(`Box: ${name} has ${value.length} elements, expected ${size}`);
  return Float32Array.from(value);
}

function isUniform(values: Float32Array): boolean {
  return values.every((value) => value === values[0]);
}

function boundsToJson(values: Float32Array): SpaceJson[string] {
  // Adding 0 makes −0, which JSON has not, the 0 that it equals.
  const toJson = (value: number): number | string => (Number.isFinite(value) ? value + 0 : String(value));
  return isUniform(values) ? toJson(values[0]) : Array.from(values, toJson);
}

const bound: OptionCheck = {
  expected: 'a number or a list of numbers',
  accepts: (value) => typeof value === 'number' || numberList.accepts(value),
};
