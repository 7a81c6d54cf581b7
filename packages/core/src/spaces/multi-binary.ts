import { checkArguments, layerSizes, positiveInteger, type OptionCheck } from '@gradus/tensor';
import { checkRandom } from '../options/argument-checks.ts';
import type { RandomSource } from '../random/random.ts';
import { integersProblem, sizeOf, type SpaceJson, type SpaceMethods } from './space-methods.ts';

/** Vectors of bits: each number is 0 or 1 (Gymnasium's `MultiBinary`), flattened in row-major order. */
export class MultiBinary implements SpaceMethods {
  readonly kind = 'multi-binary';
  readonly shape: readonly number[];
  readonly size: number;
  private readonly lows: Uint8Array;
  private readonly counts: Uint8Array;

  /** `shape`: how many bits, or the lengths of the axes. Throws `RangeError` unless these are positive integers, at least one. */
  constructor(shape: number | readonly number[]) {
    checkArguments('MultiBinary', { shape }, { shape: bits });
    this.shape = typeof shape === 'number' ? [shape] : [...shape];
    this.size = sizeOf(this.shape);
    this.lows = new Uint8Array(this.size);
    this.counts = new Uint8Array(this.size).fill(2);
  }

  /** Each bit is 1 with a chance of ½. */
  sample(random: RandomSource): Int32Array {
    checkRandom('MultiBinary.sample', random);
    const value = new Int32Array(this.size);
    for (let i = 0; i < value.length; i++) value[i] = random.integer(2);
    return value;
  }

  contains(value: unknown): boolean {
    return this.problem(value) === undefined;
  }

  problem(value: unknown): string | undefined {
    return integersProblem(value, this.lows, this.counts);
  }

  toString(): string {
    return this.shape.length === 1 ? `MultiBinary(${this.size})` : `MultiBinary([${this.shape.join(', ')}])`;
  }

  toJSON(): SpaceJson {
    return { kind: this.kind, shape: this.shape };
  }
}

const bits: OptionCheck = {
  expected: 'a positive integer or a list of at least one',
  accepts: (value) =>
    positiveInteger.accepts(value) || (layerSizes.accepts(value) && (value as readonly number[]).length > 0),
};
