import {
  checkArguments,
  checkOptions,
  layerSizes,
  naturalNumber,
  oneOf,
  optional,
  positiveInteger,
  valueText,
  type OptionCheck,
} from '@gradus/tensor';
import { aRandomSource, aSpace, numberList } from '../options/argument-checks.ts';
import type { RandomSource } from '../random/random.ts';

/** The set that an observation or an action comes from; tell them apart by `kind`. */
export type Space = Box | Discrete | MultiDiscrete;

/** A member of a space: an integer for `Discrete`, as many numbers as its `size` for the others. */
export type SpaceValue = number | ArrayLike<number>;

/** Actions of several environments, [n × size of the space]: float32 for `Box`, int32 for the discrete spaces. */
export type ActionArray = Float32Array | Int32Array;

/** What every space can do. */
interface SpaceMethods {
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
}

/** What else may be said about a `Box`. */
export interface BoxOptions {
  /** `uint8`: the elements are whole numbers from 0 to 255, as those of pictures are. Default `float32`. */
  readonly dtype?: 'float32' | 'uint8' | undefined;
  /**
   * The axis, the first or the last one, along which the elements are the frames seen last, the oldest first, as `frameStack` shows them:
   * replay buffers then keep each frame once. Default: none is.
   */
  readonly frameAxis?: number | undefined;
}

/**
 * Real vectors with low ≤ x ≤ high (compared as float32; bounds may be infinite), flattened in row-major order. With the dtype `uint8`
 * only those of whole numbers: replay buffers keep them as bytes, and `observationFeatures` divides them by `high`. Everywhere
 * else they are stored as float32 too.
 */
export class Box implements SpaceMethods {
  readonly kind = 'box';
  readonly shape: readonly number[];
  readonly size: number;
  readonly dtype: 'float32' | 'uint8';
  /** The axis of frames that follow each other, if there is one. */
  readonly frameAxis: number | undefined;
  /** Lower bounds, [size]. */
  readonly low: Float32Array;
  /** Upper bounds, [size]. */
  readonly high: Float32Array;

  /**
   * `low`, `high`: one bound for all elements or one for each; `shape`: by default [number of bounds].
   * Throws `RangeError` for bounds that do not fit the shape, are NaN, or leave no room, for those of a uint8 `Box` that are not
   * whole numbers from 0 to 255, and for a `frameAxis` that is not the first or last one.
   */
  constructor(
    low: SpaceValue,
    high: SpaceValue,
    shape: readonly number[] = [lengthOf(low) ?? lengthOf(high) ?? 1],
    options: BoxOptions = {},
  ) {
    checkArguments('Box', { low, high, shape }, { low: bound, high: bound, shape: layerSizes });
    checkOptions('Box', options, { dtype: optional(oneOf('float32', 'uint8')), frameAxis: optional(naturalNumber) });
    const { dtype = 'float32', frameAxis } = options;
    this.shape = shape;
    this.dtype = dtype;
    if (frameAxis !== undefined && !(shape.length > 0 && (frameAxis === 0 || frameAxis === shape.length - 1))) {
      throw new RangeError(`Box: expected frameAxis to be the first or last of ${shape.length} axes, got ${frameAxis}`);
    }
    this.frameAxis = frameAxis;
    this.size = shape.reduce((product, length) => product * length, 1);
    this.low = bounds('low', low, this.size);
    this.high = bounds('high', high, this.size);
    for (let i = 0; i < this.size; i++) {
      if (!(this.low[i] <= this.high[i])) {
        throw new RangeError(`Box: expected low ≤ high, got low[${i}] = ${this.low[i]}, high[${i}] = ${this.high[i]}`);
      }
      if (dtype === 'uint8' && !(isByte(this.low[i]) && isByte(this.high[i]))) {
        throw new RangeError(
          `Box: expected whole numbers in [0, 255] as uint8 bounds, got low[${i}] = ${this.low[i]}, high[${i}] = ${this.high[i]}`,
        );
      }
    }
  }

  /** Uniform between two finite bounds (over the whole numbers where they are uint8), exponential from one, normal without any. */
  sample(random: RandomSource): Float32Array {
    checkArguments('Box.sample', { random }, { random: aRandomSource });
    const { low, high, size, dtype } = this;
    const value = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      value[i] =
        dtype === 'uint8' ? low[i] + random.integer(high[i] - low[i] + 1) : sampleBetween(low[i], high[i], random);
    }
    return value;
  }

  contains(value: unknown): boolean {
    return this.problem(value) === undefined;
  }

  problem(value: unknown): string | undefined {
    if (!isNumbers(value)) return `is ${typeof value}, expected a Float32Array or number[]`;
    if (value.length !== this.size) return `has ${value.length} elements, expected ${this.size}`;
    for (let i = 0; i < this.size; i++) {
      const element = Math.fround(value[i]);
      const isWhole = this.dtype === 'float32' || Number.isInteger(value[i]);
      if (!(element >= this.low[i] && element <= this.high[i] && isWhole)) {
        const expected = this.dtype === 'float32' ? 'a number' : 'an integer';
        return `has ${valueText(value[i])} at [${i}], expected ${expected} in [${this.low[i]}, ${this.high[i]}]`;
      }
    }
    return undefined;
  }

  toString(): string {
    const range = (values: Float32Array): string =>
      values.every((value) => value === values[0]) ? String(values[0]) : `[${values.join(', ')}]`;
    const dtype = this.dtype === 'float32' ? '' : `, ${this.dtype}`;
    return `Box(${range(this.low)}, ${range(this.high)}, [${this.shape.join(', ')}]${dtype})`;
  }
}

/** The integers start, …, start + n − 1. */
export class Discrete implements SpaceMethods {
  readonly kind = 'discrete';
  readonly shape: readonly number[] = [];
  readonly size = 1;
  /** How many members there are. */
  readonly n: number;
  /** The smallest member, 0 by default. */
  readonly start: number;

  /** Throws `RangeError` unless n is a positive integer and start an integer. */
  constructor(n: number, start = 0) {
    checkArguments('Discrete', { n, start }, { n: positiveInteger, start: integer });
    this.n = n;
    this.start = start;
  }

  sample(random: RandomSource): number {
    checkArguments('Discrete.sample', { random }, { random: aRandomSource });
    return this.start + random.integer(this.n);
  }

  contains(value: unknown): boolean {
    return this.problem(value) === undefined;
  }

  problem(value: unknown): string | undefined {
    if (typeof value !== 'number') return `is ${typeof value}, expected an integer`;
    const inside = Number.isInteger(value) && value >= this.start && value < this.start + this.n;
    return inside ? undefined : `is ${value}, expected an integer in [${this.start}, ${this.start + this.n - 1}]`;
  }

  toString(): string {
    return this.start === 0 ? `Discrete(${this.n})` : `Discrete(${this.n}, start ${this.start})`;
  }
}

/** Vectors of integers, the i-th of them in [0, counts[i]). */
export class MultiDiscrete implements SpaceMethods {
  readonly kind = 'multi-discrete';
  readonly shape: readonly number[];
  readonly size: number;
  /** How many values each element may take. */
  readonly counts: readonly number[];

  /** Throws `RangeError` unless there is at least one count and all are positive integers. */
  constructor(counts: readonly number[]) {
    checkArguments('MultiDiscrete', { counts }, { counts: someCounts });
    this.size = counts.length;
    this.shape = [this.size];
    this.counts = [...counts];
  }

  sample(random: RandomSource): Int32Array {
    checkArguments('MultiDiscrete.sample', { random }, { random: aRandomSource });
    const { counts, size } = this;
    const value = new Int32Array(size);
    for (let i = 0; i < size; i++) value[i] = random.integer(counts[i]);
    return value;
  }

  contains(value: unknown): boolean {
    return this.problem(value) === undefined;
  }

  problem(value: unknown): string | undefined {
    if (!isNumbers(value)) return `is ${typeof value}, expected an Int32Array or number[]`;
    if (value.length !== this.size) return `has ${value.length} elements, expected ${this.size}`;
    for (let i = 0; i < this.size; i++) {
      if (!(Number.isInteger(value[i]) && value[i] >= 0 && value[i] < this.counts[i])) {
        return `has ${valueText(value[i])} at [${i}], expected an integer in [0, ${this.counts[i] - 1}]`;
      }
    }
    return undefined;
  }

  toString(): string {
    return `MultiDiscrete([${this.counts.join(', ')}])`;
  }
}

function sampleBetween(low: number, high: number, random: RandomSource): number {
  if (low > -Infinity) return high < Infinity ? random.uniform(low, high) : low - Math.log(1 - random.nextFloat());
  return high < Infinity ? high + Math.log(1 - random.nextFloat()) : random.normal();
}

/** Memory for the actions of `n` environments, in the type that the action space calls for. */
export function createActions(space: Space, n: number): ActionArray {
  checkArguments('createActions', { space, n }, { space: aSpace, n: naturalNumber });
  return space.kind === 'box' ? new Float32Array(n * space.size) : new Int32Array(n * space.size);
}

/** Copies member `value` of `space` into row `row` of `target`, [rows × space.size]. */
export function writeRow(space: Space, value: SpaceValue, target: ActionArray, row: number): void {
  if (typeof value === 'number') target[row] = value;
  else target.set(value, row * space.size);
}

/** The member of `space` in row `row` of `source`, [rows × space.size]: a copy. */
export function readRow(space: Space, source: ActionArray, row: number): SpaceValue {
  return space.kind === 'discrete' ? source[row] : source.slice(row * space.size, (row + 1) * space.size);
}

/** What JavaScript passes may be anything. */
function lengthOf(value: SpaceValue | null | undefined): number | undefined {
  return typeof value === 'number' ? undefined : value?.length;
}

function isNumbers(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function bounds(name: string, value: SpaceValue, size: number): Float32Array {
  if (typeof value === 'number') return new Float32Array(size).fill(value);
  if (value.length !== size) throw new RangeError(`Box: ${name} has ${value.length} elements, expected ${size}`);
  return Float32Array.from(value);
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255;
}

const bound: OptionCheck = {
  expected: 'a number or a list of numbers',
  accepts: (value) => typeof value === 'number' || numberList.accepts(value),
};

const integer: OptionCheck = { expected: 'an integer', accepts: Number.isSafeInteger };

const someCounts: OptionCheck = {
  expected: 'a list of at least one positive integer',
  accepts: (value) => layerSizes.accepts(value) && (value as readonly number[]).length > 0,
};
