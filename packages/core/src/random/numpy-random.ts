import { valueText } from '@gradus/tensor';
import { CheckpointError } from '../errors.ts';
import { checkUniform, randomSeed, type RandomSource } from './random.ts';
import { seedSequence } from './seed-sequence.ts';
import { readNumber, restoreArray, type StateDict } from '../checkpoints/state.ts';
import { drawFromTail, innerWidths, isUnderCurve, widths } from './ziggurat.ts';

const TWO_TO_MINUS_53 = 2 ** -53;

/** What a sum is multiplied by so that its integer part is the carry to the next limb. */
const LIMB = 2 ** -24;

/** The multiplier 0x2360ed051fc65da44385df649fccf645 in limbs of 24 bits, lowest first. */
const A0 = 0xccf645;
const A1 = 0xdf649f;
const A2 = 0xa44385;
const A3 = 0x1fc65d;
const A4 = 0x60ed05;
const A5 = 0x23;

/** The 64 bits of the output of the last step of any generator, low word first. */
const output = new Uint32Array(2);

/**
 * The random numbers of numpy, and so of Gymnasium: the draws of `np.random.default_rng(seed)`, which is what
 * `gymnasium.utils.seeding.np_random(seed)` gives, in the same order. `nextFloat()` is numpy's `random()`, `uniform(low, high)`
 * its `uniform(low, high)`, `integer(n)` its `integers(n)`, and `normal()` its `standard_normal()`; the same bits, but
 * for the last bit of normal numbers beyond ±3.65, where the platform's logarithm decides, in numpy too.
 *
 * The generator is PCG64 (XSL-RR 128/64; O'Neill, 2014), s ← a s + c mod 2¹²⁸, started by `SeedSequence`.
 */
export class NumpyRandom implements RandomSource {
  /** s in limbs of 24 bits, lowest first; the last has 8. */
  private s0 = 0;
  private s1 = 0;
  private s2 = 0;
  private s3 = 0;
  private s4 = 0;
  private s5 = 0;
  /** c, which chooses one of 2¹²⁷ streams, likewise. Odd. */
  private c0 = 0;
  private c1 = 0;
  private c2 = 0;
  private c3 = 0;
  private c4 = 0;
  private c5 = 0;
  /** The upper half of an output of which the lower one was drawn as 32 bits, −1 while there is none. */
  private spare = -1;

  /**
   * `seed`: a non-negative safe integer; without one the generator starts from the platform's entropy.
   * Throws `RangeError` for any other seed.
   */
  constructor(seed: number = randomSeed()) {
    // numpy takes these as 64-bit words of which the higher ones come first.
    const [s2, s3, s0, s1, c2, c3, c0, c1] = seedSequence(seed, 8);
    const increment = Uint32Array.of(
      (c0 << 1) | 1,
      (c1 << 1) | (c0 >>> 31),
      (c2 << 1) | (c1 >>> 31),
      (c3 << 1) | (c2 >>> 31),
    );
    // The first step, from 0, leads to c.
    let carry = 0;
    const state = Uint32Array.of(s0, s1, s2, s3).map((word, i) => {
      const sum = word + increment[i] + carry;
      carry = sum > 0xffffffff ? 1 : 0;
      return sum;
    });
    this.setWords(state, increment);
    this.advance();
  }

  nextFloat(): number {
    this.advance();
    return (output[1] * 0x200000 + (output[0] >>> 11)) * TWO_TO_MINUS_53;
  }

  uniform(low: number, high: number): number {
    checkUniform(low, high);
    return low + (high - low) * this.nextFloat();
  }

  /**
   * A uniform integer in [0, n), unbiased: the upper half of the product of n and 32 random bits (Lemire, 2019).
   * Throws `RangeError` unless n is an integer in [1, 2³²].
   */
  integer(n: number): number {
    if (typeof n !== 'number' || !(n >= 1 && n <= 0x100000000 && Math.floor(n) === n)) {
      throw new RangeError(`n: expected an integer in [1, 2^32], got ${valueText(n)}`);
    }
    if (n === 1) return 0;
    let bits = this.nextUint32();
    if (n === 0x100000000) return bits;
    // 2³² mod n of the lower halves would make some results likelier than others; they are all below n.
    if (Math.imul(bits, n) >>> 0 < n) {
      const surplus = 0x100000000 % n;
      while (Math.imul(bits, n) >>> 0 < surplus) bits = this.nextUint32();
    }
    return upperProduct(bits, n);
  }

  /** A standard normal number, by the Ziggurat method (Marsaglia and Tsang, 2000) with numpy's 256 strips. */
  normal(): number {
    for (;;) {
      this.advance();
      // Bits 0–7: the strip; 8: the sign; 9–60: where in the strip.
      const low = output[0];
      const high = output[1];
      const strip = low & 0xff;
      const negative = (low & 0x100) !== 0;
      const position = (high & 0x1fffffff) * 0x800000 + (low >>> 9);
      const x = position * widths[strip];
      if (position < innerWidths[strip]) return negative ? -x : x;
      if (strip === 0) {
        const tail = drawFromTail(() => this.nextFloat());
        // For the tail, numpy takes the sign from another bit.
        return (low & 0x20000) !== 0 ? -tail : tail;
      }
      if (isUnderCurve(strip, x, this.nextFloat())) return negative ? -x : x;
    }
  }

  getState(): StateDict {
    return {
      words: toWords(this.s0, this.s1, this.s2, this.s3, this.s4, this.s5),
      increment: toWords(this.c0, this.c1, this.c2, this.c3, this.c4, this.c5),
      spare: this.spare,
    };
  }

  setState(state: StateDict): void {
    const words = new Uint32Array(4);
    const increment = new Uint32Array(4);
    restoreArray(state, 'words', words);
    restoreArray(state, 'increment', increment);
    const spare = readNumber(state, 'spare');
    if (increment[0] % 2 === 0) throw new CheckpointError("state 'increment': expected an odd number, got an even one");
    if (!(Number.isInteger(spare) && spare >= -1 && spare < 0x100000000)) {
      throw new CheckpointError(`state 'spare': expected an integer in [-1, 2^32), got ${spare}`);
    }
    this.setWords(words, increment);
    this.spare = spare;
  }

  /** 32 bits: the lower half of an output, and the next time its upper half. */
  private nextUint32(): number {
    const { spare } = this;
    if (spare >= 0) {
      this.spare = -1;
      return spare;
    }
    this.advance();
    this.spare = output[1];
    return output[0];
  }

  private setWords(state: Uint32Array, increment: Uint32Array): void {
    [this.s0, this.s1, this.s2, this.s3, this.s4, this.s5] = toLimbs(state);
    [this.c0, this.c1, this.c2, this.c3, this.c4, this.c5] = toLimbs(increment);
  }

  /**
   * One step of the generator. Writes its output: the halves of s, one xor the other, rotated to the right by the upper six bits of s.
   * With limbs of 24 bits, sums of six products are exact in float64, where a BigInt would be allocated at every operation.
   */
  private advance(): void {
    const { s0, s1, s2, s3, s4, s5 } = this;
    const t0 = this.c0 + s0 * A0;
    const t1 = this.c1 + s0 * A1 + s1 * A0 + Math.floor(t0 * LIMB);
    const t2 = this.c2 + s0 * A2 + s1 * A1 + s2 * A0 + Math.floor(t1 * LIMB);
    const t3 = this.c3 + s0 * A3 + s1 * A2 + s2 * A1 + s3 * A0 + Math.floor(t2 * LIMB);
    const t4 = this.c4 + s0 * A4 + s1 * A3 + s2 * A2 + s3 * A1 + s4 * A0 + Math.floor(t3 * LIMB);
    const t5 = this.c5 + s0 * A5 + s1 * A4 + s2 * A3 + s3 * A2 + s4 * A1 + s5 * A0 + Math.floor(t4 * LIMB);
    const r0 = t0 & 0xffffff;
    const r1 = t1 & 0xffffff;
    const r2 = t2 & 0xffffff;
    const r3 = t3 & 0xffffff;
    const r4 = t4 & 0xffffff;
    const r5 = t5 & 0xff;
    this.s0 = r0;
    this.s1 = r1;
    this.s2 = r2;
    this.s3 = r3;
    this.s4 = r4;
    this.s5 = r5;
    const low = (r0 | (r1 << 24)) ^ ((r2 >>> 16) | (r3 << 8));
    const high = ((r1 >>> 8) | (r2 << 16)) ^ (r4 | (r5 << 24));
    // By 32 first where that is due, then by the rest. Shifts are taken mod 32, so the one by 32 − 0 has to be two.
    const swapped = r5 >= 0x80;
    const first = swapped ? high : low;
    const second = swapped ? low : high;
    const shift = (r5 >>> 2) & 31;
    output[0] = (first >>> shift) | ((second << 1) << (31 - shift));
    output[1] = (second >>> shift) | ((first << 1) << (31 - shift));
  }
}

/** The six limbs of a number in four 32-bit words, lowest first. */
function toLimbs([w0, w1, w2, w3]: Uint32Array): [number, number, number, number, number, number] {
  const mask = 0xffffff;
  return [
    w0 & mask,
    ((w0 >>> 24) | (w1 << 8)) & mask,
    ((w1 >>> 16) | (w2 << 16)) & mask,
    w2 >>> 8,
    w3 & mask,
    w3 >>> 24,
  ];
}

function toWords(l0: number, l1: number, l2: number, l3: number, l4: number, l5: number): Uint32Array {
  return Uint32Array.of(l0 | (l1 << 24), (l1 >>> 8) | (l2 << 16), (l2 >>> 16) | (l3 << 8), l4 | (l5 << 24));
}

/** ⌊a b / 2³²⌋ for 32-bit a and b. */
function upperProduct(a: number, b: number): number {
  const lower = (a & 0xffff) * b;
  const upper = (a >>> 16) * b;
  return Math.floor((upper + Math.floor(lower / 0x10000)) * 2 ** -16);
}
