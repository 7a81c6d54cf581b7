/**
 * The first `count` 32-bit words that numpy's `SeedSequence(seed)` generates: O'Neill's `seed_seq_fe128` ("Developing a seed_seq
 * alternative", 2015), which spreads every bit of a seed over 128 bits and hashes those into as many words as needed.
 * `seed`: a non-negative safe integer. Throws `RangeError` for any other.
 */
export function seedSequence(seed: number, count: number): Uint32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed: expected an integer in [0, 2^53), got ${seed}`);
  }
  const pool = Uint32Array.of(seed, seed / 2 ** 32, 0, 0);
  const absorb = hasher(0x43b0d7e5, 0x931e8875);
  for (let i = 0; i < 4; i++) pool[i] = absorb(pool[i]);
  for (let source = 0; source < 4; source++) {
    for (let target = 0; target < 4; target++) {
      if (target !== source) pool[target] = mix(pool[target], absorb(pool[source]));
    }
  }
  const squeeze = hasher(0x8b51f9dd, 0x58f38ded);
  return Uint32Array.from({ length: count }, (_, i) => squeeze(pool[i % 4]));
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
