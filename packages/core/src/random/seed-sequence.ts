import { checkArguments, positiveInteger, valueText } from '@gradus/tensor';
import { numberList } from '../options/argument-checks.ts';
/**
 * The first `count` 32-bit words that numpy's `SeedSequence(seed, spawn_key=key)` generates: O'Neill's `seed_seq_fe128`
 * ("Developing a seed_seq alternative", 2015), which spreads every bit of a seed and a key over 128 bits and hashes those into as
 * many words as needed. `seed` and the numbers of `key` are non-negative safe integers. Throws `RangeError` for any other.
 */
export function seedSequence(seed: number, count: number, key: readonly number[] = []): Uint32Array {
  checkSeed('seed', seed);
  const pool = Uint32Array.of(seed, seed / 2 ** 32, 0, 0);
  const absorb = hasher(0x43b0d7e5, 0x931e8875);
  for (let i = 0; i < 4; i++) pool[i] = absorb(pool[i]);
  for (let source = 0; source < 4; source++) {
    for (let target = 0; target < 4; target++) {
      if (target !== source) pool[target] = mix(pool[target], absorb(pool[source]));
    }
  }
  for (const number of key) {
    checkSeed('key', number);
    for (const word of number < 2 ** 32 ? [number] : [number % 2 ** 32, Math.floor(number / 2 ** 32)]) {
      for (let target = 0; target < 4; target++) pool[target] = mix(pool[target], absorb(word));
    }
  }
  const squeeze = hasher(0x8b51f9dd, 0x58f38ded);
  return Uint32Array.from({ length: count }, (_, i) => squeeze(pool[i % 4]));
}

/**
 * The seed of stream `key` of `seed`: the lower 53 of the first 64 bits of numpy's `SeedSequence(seed, spawn_key=key)`. Whoever needs
 * several streams of one seed takes `spawnSeed(seed, 0)`, `spawnSeed(seed, 1)`, …: they overlap neither with each other nor with those of
 * any other seed, as `seed + 0`, `seed + 1`, … would. Throws `RangeError` unless all are non-negative safe integers.
 */
export function spawnSeed(seed: number, ...key: readonly number[]): number {
  const [low, high] = seedSequence(seed, 2, key);
  return (high & 0x1fffff) * 2 ** 32 + low;
}

/**
 * Keys of the streams that have a purpose, for {@link spawnSeed}; none is the index of a copy of an environment. What trains with a seed
 * and what evaluates with the same one thus see different episodes.
 */
export const streams: Readonly<Record<'evaluation' | 'curve' | 'search' | 'programs' | 'resumption', number>> = {
  /** Episodes of `evaluate`. */
  evaluation: 2 ** 32,
  /** Evaluations during a training; the next key is the step. */
  curve: 2 ** 32 + 1,
  /** Episodes of the candidates of a policy search; the next key is the iteration. */
  search: 2 ** 32 + 2,
  /** Random operations inside of programs. */
  programs: 2 ** 32 + 3,
  /** New episodes of a training that goes on in other environments; the next key is the step. */
  resumption: 2 ** 32 + 4,
};

/**
 * The keys of a program's random operations, two int32 each: run number `draw` of those with `seed`. All bits of the seed matter, and
 * draws of either sign lead to different keys.
 */
export function programKeys(seed: number): (key: Record<number, number>, draw: number) => void {
  const [first, second] = seedSequence(seed, 2, [streams.programs]);
  return (key, draw) => {
    key[0] = first | 0;
    key[1] = (second + draw) | 0;
  };
}

/**
 * The seeds of n copies in `VectorEnv.reset`. Of one seed each copy i gets `spawnSeed(seed, i)`, a list is taken as it is, and without any
 * every copy goes on with its own stream. Throws `RangeError` for a list of another length and for numbers that are no seeds.
 */
export function copySeeds(seed: number | readonly number[] | undefined, n: number): readonly (number | undefined)[] {
  checkArguments('copySeeds', { n }, { n: positiveInteger });
  if (seed === undefined) return new Array<undefined>(n).fill(undefined);
  if (typeof seed === 'number') return Array.from({ length: n }, (_, i) => spawnSeed(seed, i));
  if (!numberList.accepts(seed) || seed.length !== n) {
    const got = numberList.accepts(seed) ? seed.length : valueText(seed);
    throw new RangeError(`seed: expected a number, or ${n} for as many copies, got ${got}`);
  }
  for (const each of seed) checkSeed('seed', each);
  return seed;
}

/**
 * seed, seed + 1, …, seed + n − 1: what Gymnasium's vector environments give their copies, for `VectorEnv.reset({ seed: consecutiveSeeds(7, n) })`.
 * Copies of neighbouring seeds are then mostly the same: seeds 0 and 1 share n − 1 of them. Throws `RangeError` for numbers that are no seeds.
 */
export function consecutiveSeeds(seed: number, n: number): readonly number[] {
  checkSeed('seed', seed);
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`n: expected a positive integer, got ${valueText(n)}`);
  checkSeed('seed', seed + (n - 1));
  return Array.from({ length: n }, (_, i) => seed + i);
}

function checkSeed(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name}: expected an integer in [0, 2^53), got ${valueText(value)}`);
  }
}

/** A hash that is another one at each call: its constant is multiplied by `factor` every time. */
function hasher(start: number, factor: number): (value: number) => number {
  let constant = start;
  return (value) => {
    const flipped = value ^ constant;
    constant = Math.imul(constant, factor);
    return foldHalves(Math.imul(flipped, constant));
  };
}

function mix(x: number, y: number): number {
  return foldHalves(Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y));
}

function foldHalves(value: number): number {
  return value ^ (value >>> 16);
}
