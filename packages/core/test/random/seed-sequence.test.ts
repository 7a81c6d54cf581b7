import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  consecutiveSeeds,
  copySeeds,
  programKeys,
  seedSequence,
  spawnSeed,
  streams,
} from '../../src/random/seed-sequence.ts';

/** Written by fixtures/spawned-seeds.py: rows [seed, spawn_key, the first two words]. */
const fixture = JSON.parse(readFileSync(`${import.meta.dirname}/../fixtures/spawned-seeds.json`, 'utf8')) as {
  readonly words: readonly (readonly [number, readonly number[], readonly [number, number]])[];
};

describe('as numpy', () => {
  test.each(fixture.words)('SeedSequence(%d, spawn_key=%j)', (seed, key, words) => {
    expect([...seedSequence(seed, 2, key)]).toEqual(words);
    const bits = (BigInt(words[1]) << 32n) | BigInt(words[0]);
    expect(spawnSeed(seed, ...key)).toBe(Number(BigInt.asUintN(53, bits)));
  });
});

test('streams of neighbouring seeds and keys are all different, and none is a seed that people write', () => {
  const seeds = [...Array.from({ length: 100 }, (_, s) => s), 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1];
  const keys = [
    ...Array.from({ length: 100 }, (_, k) => [k]),
    ...Object.values(streams).map((stream) => [stream]),
    [0, 0],
  ];
  const spawned = seeds.flatMap((seed) => keys.map((key) => spawnSeed(seed, ...key)));
  expect(new Set(spawned).size).toBe(seeds.length * keys.length);
  expect(Math.min(...spawned)).toBeGreaterThan(2 ** 32);
});

test('all bits of a seed count in the keys of programs, and draws of either sign have keys of their own', () => {
  const keyOf = (seed: number, draw: number): string => {
    const key = new Int32Array(2);
    programKeys(seed)(key, draw);
    return key.join();
  };
  const seeds = [...Array.from({ length: 53 }, (_, bit) => 2 ** bit), 0, 2 ** 53 - 1, 2 ** 53 - 2 ** 32];
  const keys = seeds.flatMap((seed) => [-2, -1, 0, 1, 2].map((draw) => keyOf(seed, draw)));
  expect(new Set(keys).size).toBe(keys.length);
  expect(keyOf(7, 3)).toBe(keyOf(7, 3));
});

describe('seeds of copies', () => {
  test('one seed spawns, a list is taken as it is, none leaves all to go on', () => {
    expect(copySeeds(9, 3)).toEqual([spawnSeed(9, 0), spawnSeed(9, 1), spawnSeed(9, 2)]);
    expect(copySeeds(9, 1)).toEqual([spawnSeed(9, 0)]);
    expect(copySeeds([4, 4, 0], 3)).toEqual([4, 4, 0]);
    expect(copySeeds(undefined, 2)).toEqual([undefined, undefined]);
    expect(consecutiveSeeds(9, 3)).toEqual([9, 10, 11]);
  });

  test('others are refused', () => {
    expect(() => copySeeds([1, 2], 3)).toThrow('seed: expected a number, or 3 for as many copies, got 2');
    expect(() => copySeeds([1, -2], 2)).toThrow('seed: expected an integer in [0, 2^53), got -2');
    expect(() => copySeeds(0.5, 2)).toThrow('seed: expected an integer in [0, 2^53), got 0.5');
    expect(() => spawnSeed(0, -1)).toThrow('key: expected an integer in [0, 2^53), got -1');
    expect(() => consecutiveSeeds(2 ** 53 - 1, 2)).toThrow('seed: expected an integer in [0, 2^53)');
    expect(() => consecutiveSeeds(0, 0)).toThrow('n: expected a positive integer, got 0');
  });
});
