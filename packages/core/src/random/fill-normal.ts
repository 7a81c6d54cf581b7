import { checkArguments, type OptionCheck } from '@gradus/tensor';
import { restoreArray } from '../checkpoints/state.ts';
import { float64Array } from '../options/argument-checks.ts';
import { Random, nextFloatOf, nextWordOf } from './random.ts';
import { drawFromTail, innerWidths, isUnderCurve, widths } from './ziggurat.ts';

/** Other sources have other states. */
const aRandom: OptionCheck = { expected: 'a Random', accepts: (value) => value instanceof Random };

/**
 * Fills `target` with standard normal numbers by the Ziggurat method (Marsaglia and Tsang, 2000), as searches need them by the hundred thousand: in a quarter of the time of as many calls of
 * `random.normal()`, and other numbers than those. Each takes two numbers of 32 bits, and one in seventy some more; the second number of a pair that `normal` has kept stays where it is.
 * Throws `RangeError` for any other source of random numbers, and any other array.
 */
export function fillNormal(random: Random, target: Float64Array): void {
  checkArguments('fillNormal', { random, target }, { random: aRandom, target: float64Array });
  const state = random.getState();
  const words = new Int32Array(4);
  restoreArray(state, 'words', words);
  for (let i = fillInside(words, target, 0); i < target.length; i = fillInside(words, target, i + 1)) {
    target[i] = nextNormalOf(words);
  }
  random.setState({ ...state, words });
}

/** A standard normal number, by a `Random` in the state `words`. */
function nextNormalOf(words: Int32Array): number {
  const nextFloat = (): number => nextFloatOf(words);
  for (;;) {
    const low = nextWordOf(words);
    const high = nextWordOf(words);
    // Bits 0–7 of 64: the strip; 8: the sign; 9–60: where in the strip.
    const strip = low & 0xff;
    const sign = 1 - ((low >>> 7) & 2);
    const position = (high & 0x1fffffff) * 0x800000 + (low >>> 9);
    const x = position * widths[strip];
    if (position < innerWidths[strip]) return sign * x;
    if (strip === 0) return sign * drawFromTail(nextFloat);
    if (isUnderCurve(strip, x, nextFloat())) return sign * x;
  }
}

/**
 * Fills `target` from `i` on with what `nextNormalOf` would give, up to the first point of which the strip alone does not say that it is under the curve: its index is returned, and `words` stands
 * before it. This is three times as fast: the state stays in registers, as nothing is called, and the step of the generator is written out.
 */
function fillInside(words: Int32Array, target: Float64Array, i: number): number {
  let a = words[0];
  let b = words[1];
  let c = words[2];
  let d = words[3];
  for (; i < target.length; i++) {
    const lowBits = Math.imul(b, 5);
    const low = Math.imul((lowBits << 7) | (lowBits >>> 25), 9);
    const e = c ^ a;
    const f = d ^ b;
    const nextB = b ^ e;
    const nextA = a ^ f;
    const nextC = e ^ (b << 9);
    const nextD = (f << 11) | (f >>> 21);

    const highBits = Math.imul(nextB, 5);
    const high = Math.imul((highBits << 7) | (highBits >>> 25), 9);
    const strip = low & 0xff;
    const position = (high & 0x1fffffff) * 0x800000 + (low >>> 9);
    if (position >= innerWidths[strip]) break;
    // By 1 or −1: a branch that is taken half of the time takes as long as all the rest.
    target[i] = (1 - ((low >>> 7) & 2)) * (position * widths[strip]);

    const g = nextC ^ nextA;
    const h = nextD ^ nextB;
    a = nextA ^ h;
    c = g ^ (nextB << 9);
    d = (h << 11) | (h >>> 21);
    b = nextB ^ g;
  }
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
  return i;
}
