/** Numbers for tests: the same for the same seed (xorshift, Marsaglia 2003). */
export interface TestRandom {
  nextFloat(): number;
  normal(): number;
  /** 0 ≤ result < n */
  integer(n: number): number;
  pick<T>(list: readonly T[]): T;
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
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - nextFloat())) * Math.cos(2 * Math.PI * nextFloat());
  return { nextFloat, normal, integer, pick: (list) => list[integer(list.length)] };
}
