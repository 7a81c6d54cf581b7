import { checkArguments, layerSizes, optional, type OptionCheck } from '@gradus/tensor';
import { checkRandom } from '../options/argument-checks.ts';
import type { RandomSource } from '../random/random.ts';
import { integer, integersProblem, type SpaceJson, type SpaceMethods } from './space-methods.ts';

/** Vectors of integers, the i-th of them in [start[i], start[i] + counts[i]). */
export class MultiDiscrete implements SpaceMethods {
  readonly kind = 'multi-discrete';
  readonly shape: readonly number[];
  readonly size: number;
  /** How many values each element may take. */
  readonly counts: readonly number[];
  /** The smallest value of each element, 0 by default. */
  readonly start: readonly number[];

  /** Throws `RangeError` unless there is at least one count, all are positive integers, and `start` has an integer for each. */
  constructor(counts: readonly number[], start?: readonly number[]) {
    checkArguments('MultiDiscrete', { counts, start }, { counts: someCounts, start: optional(integers) });
    this.size = counts.length;
    this.shape = [this.size];
    this.counts = [...counts];
    this.start = start === undefined ? counts.map(() => 0) : [...start];
    if (this.start.length === this.size) return;
    throw new RangeError(`MultiDiscrete: start has ${this.start.length} elements, expected ${this.size}`);
  }

  sample(random: RandomSource): Int32Array {
    checkRandom('MultiDiscrete.sample', random);
    const { counts, start, size } = this;
    const value = new Int32Array(size);
    for (let i = 0; i < size; i++) value[i] = start[i] + random.integer(counts[i]);
    return value;
  }

  contains(value: unknown): boolean {
    return this.problem(value) === undefined;
  }

  problem(value: unknown): string | undefined {
    return integersProblem(value, this.start, this.counts);
  }

  toString(): string {
    const start = this.start.every((first) => first === 0) ? '' : `, start [${this.start.join(', ')}]`;
    return `MultiDiscrete([${this.counts.join(', ')}]${start})`;
  }

  toJSON(): SpaceJson {
    return { kind: this.kind, counts: this.counts, start: this.start };
  }
}

const someCounts: OptionCheck = {
  expected: 'a list of at least one positive integer',
  accepts: (value) => layerSizes.accepts(value) && (value as readonly number[]).length > 0,
};

const integers: OptionCheck = {
  expected: 'a list of integers',
  accepts: (value) => Array.isArray(value) && value.every(integer.accepts),
};
