const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): the two words, as
 * int32, that belong to a key and a counter of two words each.
 */
export function threefry(key: readonly [number, number], counter: readonly [number, number]): [number, number] {
  const schedule = [key[0], key[1], 0x1bd11bda ^ key[0] ^ key[1]];
  let x0 = (counter[0] + key[0]) | 0;
  let x1 = (counter[1] + key[1]) | 0;
  for (let round = 0; round < 20; round++) {
    const bits = rotations[round % 8];
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << bits) | (x1 >>> (32 - bits))) ^ x0;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = (x0 + schedule[injection % 3]) | 0;
      x1 = (x1 + schedule[(injection + 1) % 3] + injection) | 0;
    }
  }
  return [x0, x1];
}

/** `count` numbers in [0, 1), the same bits that the embedded kernels draw for this key and stream. */
export function uniformNumbers(key: readonly [number, number], stream: number, count: number): Float32Array {
  const numbers = new Float32Array(count);
  for (let pair = 0; 2 * pair < count; pair++) {
    threefry(key, [pair, stream]).forEach((word, i) => {
      // What falls past the end of an odd count is dropped.
      numbers[2 * pair + i] = (word >>> 8) * 2 ** -24;
    });
  }
  return numbers;
}
