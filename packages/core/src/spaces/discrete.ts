import { checkArguments, positiveInteger, valueText } from '@gradus/tensor';
import { checkRandom } from '../options/argument-checks.ts';
import type { RandomSource } from '../random/random.ts';
import { integer, type SpaceJson, type SpaceMethods } from './space-methods.ts';

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
    checkRandom('Discrete.sample', random);
    return this.start + random.integer(this.n);
  }

  contains(value: unknown): boolean {
    return this.problem(value) === undefined;
  }

  problem(value: unknown): string | undefined {
    if (typeof value !== 'number') return `is ${valueText(value)}, expected an integer`;
    const inside = Number.isInteger(value) && value >= this.start && value < this.start + this.n;
    return inside ? undefined : `is ${value}, expected an integer in [${this.start}, ${this.start + this.n - 1}]`;
  }

  toString(): string {
    return this.start === 0 ? `Discrete(${this.n})` : `Discrete(${this.n}, start ${this.start})`;
  }

  toJSON(): SpaceJson {
    return { kind: this.kind, n: this.n, start: this.start };
  }
}
