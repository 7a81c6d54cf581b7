import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CheckpointError } from '../../src/errors.ts';
import { NumpyRandom } from '../../src/random/numpy-random.ts';
import { seedSequence } from '../../src/random/seed-sequence.ts';

/** Recorded with Gymnasium 1.4.0 and numpy 1.24.2: each kind of draw from a generator that was just seeded. */
interface Seeding {
  readonly seeds: Readonly<Record<string, SeededDraws>>;
}

interface SeededDraws {
  readonly seedseq_u64x4: readonly string[];
  readonly raw_u64: readonly string[];
  readonly random: readonly number[];
  readonly 'uniform(-0.05,0.05,4)': readonly number[];
  readonly 'integers(0,10,8)': readonly number[];
  readonly 'normal(4)': readonly number[];
}

/** Written by fixtures/numpy-draws.py. */
interface NumpyDraws {
  readonly ranges: readonly number[];
  readonly mixed: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly normals: {
    readonly seed: number;
    readonly count: number;
    readonly every1000th: readonly number[];
    /** Rows [index, number]. */
    readonly beyondTheStrips: readonly (readonly number[])[];
  };
}

function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(`${import.meta.dirname}/../fixtures/${name}.json`, 'utf8'));
}

const times = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);

const { seeds } = readFixture('seeding') as Seeding;

describe.each(Object.entries(seeds))('seeded with %s', (seed, golden) => {
  const create = (): NumpyRandom => new NumpyRandom(Number(seed));

  test('SeedSequence gives the same words', () => {
    const words = seedSequence(Number(seed), 8);
    const pairs = golden.seedseq_u64x4.map((_, i) => (BigInt(words[2 * i + 1]) << 32n) | BigInt(words[2 * i]));
    expect(pairs.map(String)).toEqual(golden.seedseq_u64x4);
  });

  test('nextFloat holds the upper 53 of the 64 bits', () => {
    const random = create();
    expect(golden.raw_u64.map(() => random.nextFloat())).toEqual(
      golden.raw_u64.map((bits) => Number(BigInt(bits) >> 11n) * 2 ** -53),
    );
  });

  test('every kind of draw', () => {
    const [floats, uniforms, integers, normals] = [create(), create(), create(), create()];
    expect(times(4, () => floats.nextFloat())).toEqual(golden.random);
    expect(times(4, () => uniforms.uniform(-0.05, 0.05))).toEqual(golden['uniform(-0.05,0.05,4)']);
    expect(times(8, () => integers.integer(10))).toEqual(golden['integers(0,10,8)']);
    expect(times(4, () => normals.normal())).toEqual(golden['normal(4)']);
  });
});

describe('as numpy', () => {
  const { ranges, mixed, normals } = readFixture('numpy-draws') as NumpyDraws;

  test.each(Object.entries(mixed))('draws of all kinds in turn, seeded with %s', (seed, rounds) => {
    const random = new NumpyRandom(Number(seed));
    rounds.forEach((round, k) => {
      const { [k]: n } = ranges;
      const drawn = [random.nextFloat(), random.integer(n), random.normal(), random.uniform(-1.5, 2.25)];
      expect([...drawn, random.integer(10)]).toEqual(round);
    });
  });

  test('200,000 normal numbers, with all wedges and tails on the way', () => {
    const random = new NumpyRandom(normals.seed);
    const drawn = times(normals.count, () => random.normal());
    expect(drawn.filter((_, i) => i % 1000 === 0)).toEqual(normals.every1000th);
    const beyond = drawn.flatMap((x, i) => (Math.abs(x) > 3.6541528853610088 ? [[i, x]] : []));
    expect(beyond).toEqual(normals.beyondTheStrips);
  });
});

test('integer(1) takes nothing from the stream, and wrong ranges are refused', () => {
  const random = new NumpyRandom(3);
  expect(random.integer(1)).toBe(0);
  expect(random.nextFloat()).toBe(new NumpyRandom(3).nextFloat());
  for (const n of [0, -1, 1.5, NaN, 2 ** 32 + 1]) {
    expect(() => random.integer(n)).toThrow(`n: expected an integer in [1, 2^32], got ${n}`);
  }
});

test.each([-1, 0.5, NaN, 2 ** 53])('the seed %d is refused', (seed) => {
  expect(() => new NumpyRandom(seed)).toThrow(`seed: expected an integer in [0, 2^53), got ${seed}`);
});

test('without a seed two generators differ', () => {
  expect(new NumpyRandom().nextFloat()).not.toBe(new NumpyRandom().nextFloat());
});

test('goes on exactly from a saved state, also between the two halves of an output', () => {
  const random = new NumpyRandom(9);
  const draws = (source: NumpyRandom): number[] => [
    ...times(3, () => source.integer(1000)),
    source.normal(),
    source.nextFloat(),
  ];
  random.integer(6);
  const state = random.getState();
  const after = draws(random);
  const restored = new NumpyRandom(0);
  restored.setState(state);
  expect(draws(restored)).toEqual(after);
});

test('refuses a state that is none', () => {
  const random = new NumpyRandom(0);
  const state = random.getState();
  const before = random.getState();
  const refused = [
    { ...state, increment: Uint32Array.of(2, 0, 0, 0) },
    { ...state, words: new Uint32Array(3) },
    { ...state, spare: 'none' },
    { ...state, spare: 2 ** 32 },
    { ...state, spare: 0.5 },
  ];
  for (const wrong of refused) expect(() => random.setState(wrong)).toThrow(CheckpointError);
  expect(random.getState()).toEqual(before);
});
