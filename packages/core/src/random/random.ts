import { checkArguments, valueText } from '@gradus/tensor';
import { numberList, text } from '../options/argument-checks.ts';
import { CheckpointError } from '../errors.ts';
import { readNumber, restoreArray, type StateDict, type Stateful } from '../checkpoints/state.ts';

/** What environments and spaces draw from: `NumpyRandom` in environments, `Random` everywhere else. */
export interface RandomSource extends Stateful {
  /** A uniform number in [0, 1) with 53 random bits. */
  nextFloat(): number;
  /** A uniform number in [low, high). */
  uniform(low: number, high: number): number;
  /** A uniform integer in [0, n), 1 ≤ n ≤ 2³². */
  integer(n: number): number;
  /** A standard normal number. */
  normal(): number;
}

const TWO_TO_MINUS_53 = 2 ** -53;

/**
 * Seeded random numbers for host code: xoshiro128** (Blackman and Vigna, 2018) started by SplitMix64 (Steele et al.,
 * 2014). Period 2¹²⁸ − 1; the same seed gives the same numbers on every platform.
 */
export class Random implements RandomSource {
  private readonly words: Int32Array = new Int32Array(4);
  /** The second normal number of a pair, NaN while there is none. */
  private spare = NaN;

  /**
   * `seed`: a non-negative safe integer; without one the generator starts from the platform's entropy.
   * Throws `RangeError` for any other seed.
   */
  constructor(seed: number = randomSeed()) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`seed: expected an integer in [0, 2^53), got ${valueText(seed)}`);
    }
    this.seedFrom(BigInt(seed));
  }

  /** A uniform integer in [0, 2³²). */
  nextUint32(): number {
    return nextWordOf(this.words) >>> 0;
  }

  nextFloat(): number {
    return nextFloatOf(this.words);
  }

  uniform(low: number, high: number): number {
    checkUniform(low, high);
    return low + (high - low) * this.nextFloat();
  }

  /** A uniform integer in [0, n), unbiased. Throws `RangeError` unless n is an integer in [1, 2³²]. */
  integer(n: number): number {
    if (typeof n !== 'number' || !(n >= 1 && n <= 0x100000000 && Math.floor(n) === n)) {
      throw new RangeError(`n: expected an integer in [1, 2^32], got ${valueText(n)}`);
    }
    if (n === 1) return 0;
    // Draw just enough bits and draw again when they exceed the range: fewer than two draws on average.
    const shift = Math.clz32(n - 1);
    let value;
    do value = this.nextUint32() >>> shift;
    while (value >= n);
    return value;
  }

  /** A standard normal number, by the polar method (Marsaglia and Bray, 1964). */
  normal(): number {
    if (!Number.isNaN(this.spare)) {
      const spare = this.spare;
      this.spare = NaN;
      return spare;
    }
    let u, v, s;
    do {
      u = 2 * this.nextFloat() - 1;
      v = 2 * this.nextFloat() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const scale = Math.sqrt((-2 * Math.log(s)) / s);
    this.spare = v * scale;
    return u * scale;
  }

  /** Puts `values` into a uniformly random order, in place (Fisher–Yates). */
  shuffle(values: Int32Array | Uint32Array): void {
    checkArguments('shuffle', { values }, { values: numberList });
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  /**
   * An independent generator for the use named `label`, so that a new use disturbs no other. It depends on the label and on
   * how far this generator has advanced; this generator itself does not advance.
   */
  fork(label: string): Random {
    checkArguments('fork', { label }, { label: text });
    let hash = 0n;
    for (const word of this.words) hash = mix(hash ^ BigInt(word >>> 0));
    for (let i = 0; i < label.length; i++) hash = mix(hash ^ BigInt(label.charCodeAt(i)));
    const child = new Random(0);
    child.seedFrom(hash);
    return child;
  }

  getState(): StateDict {
    return { words: this.words.slice(), spare: this.spare };
  }

  setState(state: StateDict): void {
    restoreArray(state, 'words', this.words);
    if (this.words.every((word) => word === 0)) {
      throw new CheckpointError("state 'words': all four are zero, from which the generator never leaves");
    }
    this.spare = readNumber(state, 'spare');
  }

  private seedFrom(seed: bigint): void {
    for (let i = 0; i < 2; i++) {
      const bits = mix(seed + BigInt(i) * GOLDEN_GAMMA);
      this.words[2 * i] = Number(BigInt.asIntN(32, bits));
      this.words[2 * i + 1] = Number(BigInt.asIntN(32, bits >> 32n));
    }
  }
}

/** A step of xoshiro128** from the state `words`: 32 bits, as a signed integer. */
export function nextWordOf(words: Int32Array): number {
  const b = words[1];
  const scrambled = Math.imul(b, 5);
  const c = words[2] ^ words[0];
  const d = words[3] ^ b;
  words[1] = b ^ c;
  words[0] ^= d;
  words[2] = c ^ (b << 9);
  words[3] = (d << 11) | (d >>> 21);
  return Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
}

/** `nextFloat` of a `Random` in the state `words`, which two steps then leave. */
export function nextFloatOf(words: Int32Array): number {
  const high = nextWordOf(words) >>> 5;
  const low = nextWordOf(words) >>> 6;
  return (high * 0x4000000 + low) * TWO_TO_MINUS_53;
}

const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;

/** One output of SplitMix64 whose state before the step is `state`. */
function mix(state: bigint): bigint {
  let z = BigInt.asUintN(64, state + GOLDEN_GAMMA);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** Throws `RangeError` unless both are finite numbers. */
export function checkUniform(low: number, high: number): void {
  if (Number.isFinite(low) && Number.isFinite(high)) return;
  throw new RangeError(`uniform: expected finite low and high, got ${valueText(low)} and ${valueText(high)}`);
}

/** A seed from the platform's entropy. */
export function randomSeed(): number {
  return Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
}
