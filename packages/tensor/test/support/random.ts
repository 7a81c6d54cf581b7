import type { RandomSource } from '../../src/index.ts';

/** A small generator for tests (xorshift, Marsaglia 2003): the same numbers for the same seed. */
export interface TestRandom extends RandomSource {
  /** 0 ≤ result < n */
  integer(n: number): number;
  pick<T>(list: readonly T[]): T;
  /** Uniform in [low, high), rounded to float32. */
  floats(count: number, low?: number, high?: number): Float32Array;
  integers(count: number, n: number): Int32Array;
}

export function testRandom(seed: number): TestRandom {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) | 1;
  const nextFloat = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) nextFloat();
  const integer = (n: number): number => Math.floor(nextFloat() * n);
  return {
    nextFloat,
    normal: () => Math.sqrt(-2 * Math.log(1 - nextFloat())) * Math.cos(2 * Math.PI * nextFloat()),
    integer,
    pick: (list) => list[integer(list.length)],
    floats: (count, low = -1, high = 1) => Float32Array.from({ length: count }, () => low + (high - low) * nextFloat()),
    integers: (count, n) => Int32Array.from({ length: count }, () => integer(n)),
  };
}
