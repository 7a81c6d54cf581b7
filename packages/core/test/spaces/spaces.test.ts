import { describe, expect, test } from 'vitest';
import { Random } from '../../src/random/random.ts';
import {
  Box,
  Discrete,
  MultiBinary,
  MultiDiscrete,
  createActions,
  readRow,
  writeRow,
} from '../../src/spaces/spaces.ts';

describe('Box', () => {
  test('takes one bound for all elements or one for each', () => {
    expect(new Box(-1, 1, [2, 3]).size).toBe(6);
    expect(new Box([0, -2], 5).shape).toEqual([2]);
    expect(new Box([0, -2], 5).high).toEqual(Float32Array.of(5, 5));
    expect(new Box(0, 1).shape).toEqual([1]);
    expect(() => new Box([0, 0], 1, [3])).toThrow('Box: low has 2 elements, expected 3');
    expect(new Box(0, 1, [1, 2]).problem([[0, 0]])).toBe(
      'has 1 elements, expected 2: lists within lists are given as one, row by row',
    );
    expect(() => new Box([0, 2], 1)).toThrow('got low[1] = 2, high[1] = 1');
    expect(() => new Box(0, NaN, [1])).toThrow('Box: expected low ≤ high');
    expect(() => new Box(0, 1, [0])).toThrow('Box: expected shape to be a list of positive integers, got [0]');
  });

  test('says why a value is outside', () => {
    const space = new Box([-1, -Infinity], [1, 0.7]);
    expect(space.problem([1, 0.7])).toBeUndefined();
    expect(space.problem(Float32Array.of(1, 0.7))).toBeUndefined();
    expect(space.problem([1, 0.8])).toBe(`has 0.8 at [1], expected a number in [-Infinity, ${Math.fround(0.7)}]`);
    expect(space.problem([NaN, 0])).toMatch(/^has NaN at \[0\]/);
    expect(space.problem([0])).toBe('has 1 elements, expected 2');
    expect(space.problem(0)).toBe('is 0, expected a Float32Array or number[]');
    expect(space.contains(new DataView(new ArrayBuffer(8)))).toBe(false);
  });

  test('samples by the kind of bounds', () => {
    const random = new Random(1);
    const space = new Box([2, 3, -Infinity, -Infinity], [4, Infinity, 5, Infinity]);
    const count = 20_000;
    const sums = new Float64Array(4);
    for (let i = 0; i < count; i++) {
      const sample = space.sample(random);
      expect(space.problem(sample)).toBeUndefined();
      sample.forEach((value, k) => (sums[k] += value));
    }
    // Uniform in [2, 4], 3 + exponential, 5 − exponential, normal.
    [3, 4, 4, 0].forEach((mean, k) => {
      expect(Math.abs(sums[k] / count - mean)).toBeLessThan(5 / Math.sqrt(count));
    });
  });

  test('describes itself', () => {
    expect(new Box(-1, 1, [3]).toString()).toBe('Box(-1, 1, [3])');
    expect(new Box([-1, -2], 1).toString()).toBe('Box([-1, -2], 1, [2])');
    expect(new Box(0, 255, [84, 84], { dtype: 'uint8' }).toString()).toBe('Box(0, 255, [84, 84], uint8)');
  });

  test('is of real numbers, unless they are to be whole', () => {
    expect(new Box(0, 1).dtype).toBe('float32');
    const space = new Box([0, 3], [255, 5], [2], { dtype: 'uint8' });
    expect(space.dtype).toBe('uint8');
    expect([[0, 3], Uint8Array.of(255, 5), Float32Array.of(7, 4)].map((value) => space.contains(value))).toEqual([
      true,
      true,
      true,
    ]);
    expect(space.problem([0.5, 3])).toBe('has 0.5 at [0], expected an integer in [0, 255]');
    expect(space.problem([256, 3])).toBe('has 256 at [0], expected an integer in [0, 255]');
    expect(space.problem([0, NaN])).toBe('has NaN at [1], expected an integer in [3, 5]');
    const random = new Random(4);
    const samples = Array.from({ length: 3000 }, () => space.sample(random));
    // Three of 256 numbers are missing with a probability below (256 over 3) (253 / 256)³⁰⁰⁰ = 10⁻⁹.
    expect(new Set(samples.map(([first]) => first)).size).toBeGreaterThanOrEqual(254);
    expect(new Set(samples.map(([, second]) => second))).toEqual(new Set([3, 4, 5]));
    expect(samples.every((value) => space.contains(value))).toBe(true);
    for (const [low, high] of [
      [-1, 255],
      [0, 256],
      [0, 0.5],
    ]) {
      expect(() => new Box(low, high, [2], { dtype: 'uint8' })).toThrow(
        `Box: expected whole numbers in [0, 255] as uint8 bounds, got low[0] = ${low}, high[0] = ${high}`,
      );
    }
  });
});

describe('Box of whole numbers', () => {
  test('both bounds are members, and drawn as often as the others', () => {
    const space = new Box([-2, 5], [1, 5], [2], { dtype: 'int32' });
    const random = new Random(6);
    const count = 8000;
    const seen = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const [first, second] = space.sample(random);
      expect(second).toBe(5);
      seen.set(first, (seen.get(first) ?? 0) + 1);
    }
    expect([...seen.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1]);
    const error = 4 * Math.sqrt((0.25 * 0.75) / count);
    for (const times of seen.values()) expect(Math.abs(times / count - 0.25)).toBeLessThan(error);
    expect(space.problem([0.5, 5])).toBe('has 0.5 at [0], expected an integer in [-2, 1]');
    expect(space.problem([2, 5])).toBe('has 2 at [0], expected an integer in [-2, 1]');
    expect(space.contains([-2, 5])).toBe(true);
    expect(space.toString()).toBe('Box([-2, 5], [1, 5], [2], int32)');
  });

  test('without a bound, real draws are rounded down, as Gymnasium does', () => {
    const space = new Box([3, -Infinity, -Infinity], [Infinity, 3, Infinity], [3], { dtype: 'int64' });
    const random = new Random(7);
    const count = 20_000;
    const sums = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const sample = space.sample(random);
      expect(space.problem(sample)).toBeUndefined();
      sample.forEach((value, k) => (sums[k] += value));
    }
    // ⌊e⌋ of an exponential e has the mean 1 / (e − 1), ⌊4 − e⌋ that of 3 less it, ⌊x⌋ of a normal x that of x less ½.
    const below = 1 / (Math.E - 1);
    [3 + below, 3 - below, -0.5].forEach((mean, k) => {
      expect(Math.abs(sums[k] / count - mean)).toBeLessThan(6 / Math.sqrt(count));
    });
  });

  test.each([
    ['int8', -129, 0, '[-128, 127]'],
    ['uint16', 0, 65_536, '[0, 65535]'],
    ['int16', -Infinity, 0, '[-32768, 32767]'],
    ['int32', 0, 2 ** 24 + 1, '[-16777216, 16777216] or infinity'],
    ['int64', 0.5, 1, '[-16777216, 16777216] or infinity'],
  ] as const)('%s has no bounds of %d and %d', (dtype, low, high, range) => {
    expect(() => new Box(low, high, [1], { dtype })).toThrow(
      `Box: expected whole numbers in ${range} as ${dtype} bounds, got low[0] = ${low}, high[0] = ${high}`,
    );
  });
});

describe('MultiBinary', () => {
  test('holds bits', () => {
    const space = new MultiBinary([2, 2]);
    expect([space.size, space.shape]).toEqual([4, [2, 2]]);
    const random = new Random(8);
    expect(new Set(Array.from({ length: 400 }, () => space.sample(random).join())).size).toBe(16);
    expect(
      [
        [0, 1, 1, 0],
        [0, 2, 0, 0],
        [0, 0.5, 0, 0],
        [0, 1, 0],
      ].map((value) => space.problem(value)),
    ).toEqual([
      undefined,
      'has 2 at [1], expected an integer in [0, 1]',
      'has 0.5 at [1], expected an integer in [0, 1]',
      'has 3 elements, expected 4',
    ]);
    expect([new MultiBinary(3), space].map(String)).toEqual(['MultiBinary(3)', 'MultiBinary([2, 2])']);
    for (const shape of [0, [], [2, 0], 1.5]) {
      expect(() => new MultiBinary(shape)).toThrow('MultiBinary: expected shape to be a positive integer or a list');
    }
    expect(createActions(space, 2)).toEqual(new Int32Array(8));
  });
});

describe('Discrete', () => {
  test('holds n integers from start', () => {
    const space = new Discrete(3, -1);
    const random = new Random(2);
    expect(new Set(Array.from({ length: 100 }, () => space.sample(random)))).toEqual(new Set([-1, 0, 1]));
    expect([-2, -1, 1, 2, 0.5, NaN].map((value) => space.contains(value))).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(space.problem('1')).toBe('is "1", expected an integer');
    expect(space.problem(2)).toBe('is 2, expected an integer in [-1, 1]');
    expect(space.toString()).toBe('Discrete(3, start -1)');
  });

  test('refuses what is no count', () => {
    expect(() => new Discrete(0)).toThrow('Discrete: expected n to be a positive integer, got 0');
    expect(() => new Discrete(2, 0.5)).toThrow('Discrete: expected start to be an integer, got 0.5');
  });
});

describe('MultiDiscrete', () => {
  test('holds vectors of choices', () => {
    const space = new MultiDiscrete([2, 3]);
    const random = new Random(3);
    const seen = new Set(Array.from({ length: 200 }, () => space.sample(random).join()));
    expect(seen.size).toBe(6);
    expect(space.contains([1, 2])).toBe(true);
    expect(space.problem([2, 0])).toBe('has 2 at [0], expected an integer in [0, 1]');
    expect(space.problem([0])).toBe('has 1 elements, expected 2');
    expect(space.problem(1)).toBe('is 1, expected an Int32Array or number[]');
    expect(space.toString()).toBe('MultiDiscrete([2, 3])');
    expect(() => new MultiDiscrete([])).toThrow(
      'MultiDiscrete: expected counts to be a list of at least one positive integer, got []',
    );
  });
});

test('MultiDiscrete counts from its start', () => {
  const space = new MultiDiscrete([2, 3], [-1, 10]);
  const random = new Random(9);
  const seen = new Set(Array.from({ length: 200 }, () => space.sample(random).join()));
  expect(seen).toEqual(new Set(['-1,10', '-1,11', '-1,12', '0,10', '0,11', '0,12']));
  expect(space.contains([0, 12])).toBe(true);
  expect(space.problem([1, 12])).toBe('has 1 at [0], expected an integer in [-1, 0]');
  expect(space.problem([0, 9])).toBe('has 9 at [1], expected an integer in [10, 12]');
  expect(space.toString()).toBe('MultiDiscrete([2, 3], start [-1, 10])');
  expect(() => new MultiDiscrete([2, 3], [1])).toThrow('MultiDiscrete: start has 1 elements, expected 2');
  expect(() => new MultiDiscrete([2], [0.5])).toThrow(
    'MultiDiscrete: expected start to be a list of integers, got [0.5]',
  );
  // The same draws as from 0.
  const [moved, plain] = [space, new MultiDiscrete([2, 3])].map((each) => each.sample(new Random(10)));
  expect([...moved]).toEqual([plain[0] - 1, plain[1] + 10]);
});

test('rows of members are written and read', () => {
  for (const space of [new Discrete(5, 2), new MultiDiscrete([4, 4]), new Box(-1, 1, [3])]) {
    const memory = createActions(space, 3);
    const random = new Random(4);
    const members = Array.from({ length: 3 }, () => space.sample(random));
    members.forEach((member, row) => {
      writeRow(space, member, memory, row);
    });
    expect(members.map((_, row) => readRow(space, memory, row))).toEqual(members);
  }
  expect(createActions(new Box(0, 1, [2]), 3)).toEqual(new Float32Array(6));
  expect(createActions(new Discrete(2), 3)).toEqual(new Int32Array(3));
});
