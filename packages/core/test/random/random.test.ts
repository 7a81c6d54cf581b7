import { describe, expect, test } from 'vitest';
import { CheckpointError } from '../../src/errors.ts';
import { Random } from '../../src/random/random.ts';

const draw = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.nextUint32());

describe('Random', () => {
  test('gives the published outputs of xoshiro128** from the state 1, 2, 3, 4', () => {
    // The vector that the Rust crate rand_xoshiro took from xoshiro128starstar.c, version 1.1.
    const random = new Random(0);
    random.setState({ words: Int32Array.of(1, 2, 3, 4), spare: NaN });
    const expected = [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ];
    expect(draw(random, 10)).toEqual(expected);
  });

  test('starts from the first two outputs of SplitMix64', () => {
    // The published outputs for seed 1234567: 6457827717110365317 and 3203168211198807973.
    const { words } = new Random(1234567).getState();
    const expected = [6457827717110365317n, 3203168211198807973n].flatMap((bits) => [
      Number(BigInt.asIntN(32, bits)),
      Number(BigInt.asIntN(32, bits >> 32n)),
    ]);
    expect(words).toEqual(Int32Array.from(expected));
  });

  test('nextFloat has 53 bits: 26 and 27 of two outputs', () => {
    const [first, second] = draw(new Random(3), 2);
    const expected = (BigInt(first >>> 5) << 26n) | BigInt(second >>> 6);
    expect(new Random(3).nextFloat()).toBe(Number(expected) / 2 ** 53);
  });

  test.each([2, 3, 10, 1000])('integer(%i) is uniform', (n) => {
    const random = new Random(7);
    const counts = new Float64Array(n);
    const draws = 200 * n;
    for (let i = 0; i < draws; i++) counts[random.integer(n)]++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    // Mean n − 1, standard deviation √(2 (n − 1)).
    expect(Math.abs(chiSquare - (n - 1))).toBeLessThan(4 * Math.sqrt(2 * (n - 1)));
  });

  test('integer has no bias where 2³² is no multiple of n', () => {
    // The remainder of a 32-bit draw modulo n would fall below n / 3 half of the time, instead of a third.
    const random = new Random(7);
    const n = 3 * 2 ** 30;
    let low = 0;
    for (let i = 0; i < 30_000; i++) if (random.integer(n) < 2 ** 30) low++;
    expect(low / 30_000).toBeCloseTo(1 / 3, 2);
  });

  test('integer reaches both ends of its range', () => {
    const random = new Random(1);
    expect(new Set(Array.from({ length: 100 }, () => random.integer(3)))).toEqual(new Set([0, 1, 2]));
    expect(random.integer(1)).toBe(0);
    expect(random.integer(2 ** 32)).toBeLessThan(2 ** 32);
  });

  test.each([0, -1, 1.5, NaN, 2 ** 32 + 1])('integer(%d) is refused', (n) => {
    expect(() => new Random(0).integer(n)).toThrow(/^n: expected an integer in \[1, 2\^32\]/);
  });

  test.each([-1, 0.5, NaN, 2 ** 53])('the seed %d is refused', (seed) => {
    expect(() => new Random(seed)).toThrow(/^seed: expected an integer/);
  });

  test('uniform and normal have their moments', () => {
    const random = new Random(11);
    const count = 100_000;
    const moments = (sample: () => number): number[] => {
      const values = Array.from({ length: count }, sample);
      return [1, 2, 3, 4].map((power) => values.reduce((sum, value) => sum + value ** power, 0) / count);
    };
    const error = 5 / Math.sqrt(count);
    const [u1, u2] = moments(() => random.uniform(-3, 3));
    expect(Math.abs(u1)).toBeLessThan(error * Math.sqrt(3));
    expect(Math.abs(u2 - 3)).toBeLessThan(error * 3);
    const [n1, n2, n3, n4] = moments(() => random.normal());
    expect(Math.abs(n1)).toBeLessThan(error);
    expect(Math.abs(n2 - 1)).toBeLessThan(error * Math.sqrt(2));
    expect(Math.abs(n3)).toBeLessThan(error * Math.sqrt(15));
    expect(Math.abs(n4 - 3)).toBeLessThan(error * Math.sqrt(96));
  });

  test('shuffle reaches every order about equally often', () => {
    const random = new Random(5);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const values = Int32Array.of(0, 1, 2);
      random.shuffle(values);
      counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(1000));
  });

  test('goes on exactly from a saved state, also between the two normals of a pair', () => {
    const random = new Random(9);
    random.normal();
    const state = random.getState();
    const after = [random.normal(), random.nextFloat(), random.normal()];
    const restored = new Random(0);
    restored.setState(state);
    expect([restored.normal(), restored.nextFloat(), restored.normal()]).toEqual(after);
  });

  test('refuses a state that it could never leave, or that is none', () => {
    const random = new Random(0);
    expect(() => random.setState({ words: new Int32Array(4), spare: NaN })).toThrow(CheckpointError);
    expect(() => random.setState({ words: new Int32Array(3), spare: NaN })).toThrow(
      /Int32Array\(4\), got Int32Array\(3\)/,
    );
    expect(() => random.setState({})).toThrow(CheckpointError);
  });

  test('fork does not advance, and depends on label and position', () => {
    const random = new Random(1);
    const fork = (label: string): number[] => draw(random.fork(label), 4);
    const environment = fork('environment');
    expect(fork('environment')).toEqual(environment);
    expect(fork('actions')).not.toEqual(environment);
    expect(draw(random, 4)).toEqual(draw(new Random(1), 4));
    expect(fork('environment')).not.toEqual(environment);
  });

  test('without a seed two generators differ', () => {
    expect(draw(new Random(), 2)).not.toEqual(draw(new Random(), 2));
  });
});
