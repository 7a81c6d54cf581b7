const modulus = 2n ** 32n;

/** Threefry-2x32 with 20 rounds, in exact integers and as the paper writes it (Salmon et al., 2011). Words from 0 to 2³² − 1. */
export function threefry(key: readonly [number, number], counter: readonly [number, number]): [number, number] {
  const word = (x: number): bigint => BigInt.asUintN(32, BigInt(x));
  const keys = [word(key[0]), word(key[1]), 0n];
  keys[2] = 0x1bd11bdan ^ keys[0] ^ keys[1];
  let x0 = (word(counter[0]) + keys[0]) % modulus;
  let x1 = (word(counter[1]) + keys[1]) % modulus;
  for (let round = 0; round < 20; round++) {
    const rotation = [13n, 15n, 26n, 6n, 17n, 29n, 16n, 24n][round % 8];
    x0 = (x0 + x1) % modulus;
    x1 = (((x1 << rotation) % modulus) | (x1 >> (32n - rotation))) ^ x0;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = (x0 + keys[injection % 3]) % modulus;
      x1 = (x1 + keys[(injection + 1) % 3] + BigInt(injection)) % modulus;
    }
  }
  return [Number(x0), Number(x1)];
}
