import { Box, Discrete, MultiDiscrete, Random } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import { createFeatureVector, createFeatures, type Features } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { featuresOf } from '../support/feature-rows.ts';

const square = new Box(0, 1, [2]);

/** The active tile of each tiling. */
function tilesOf(features: Features, observation: readonly number[]): number[] {
  const vector = createFeatureVector(features);
  features.write(Float32Array.from(observation), 0, vector);
  return [...vector.indices.subarray(0, vector.length)];
}

describe('where the tiles are', () => {
  test('one tiling: the cells of a grid, the last of which has the upper edge', () => {
    const features = createFeatures(square, { kind: 'tiles', tilings: 1, tiles: [2, 4] });
    expect(features.count).toBe(8);
    expect(tilesOf(features, [0, 0])).toEqual([0]);
    expect(tilesOf(features, [0.25, 0.75])).toEqual([3]);
    expect(tilesOf(features, [0.5, 0.25])).toEqual([4 + 1]);
    expect(tilesOf(features, [1, 1])).toEqual([7]);
  });

  test('two tilings, worked by hand: the second lies half a tile further in both dimensions', () => {
    // Displacements of tiling 1 of 2: 1 mod 2 = 1 and 3 mod 2 = 1, so ½ and ½. Each grid has 3 × 3 tiles.
    const features = createFeatures(square, { kind: 'tiles', tilings: 2, tiles: 2 });
    expect(features.count).toBe(18);
    expect(tilesOf(features, [0, 0])).toEqual([0, 9]);
    // In tiles: (0.5, 1.5), so cells (0, 1) and (1, 2).
    expect(tilesOf(features, [0.25, 0.75])).toEqual([1, 9 + 3 + 2]);
    expect(tilesOf(features, [1, 1])).toEqual([8, 9 + 8]);
  });

  test('displacements of four tilings in three dimensions are (1, 3, 5) quarters of a tile', () => {
    const features = createFeatures(new Box(0, 1, [3]), { kind: 'tiles', tilings: 4, tiles: 1 });
    // Tiling 1: (1, 3, 5 mod 4) / 4; just short of its edge at 1 − 3/4 in dimension 1, and just beyond.
    const before = tilesOf(features, [0, 0.2499, 0]);
    const beyond = tilesOf(features, [0, 0.2501, 0]);
    expect(beyond.map((tile, t) => tile - before[t])).toEqual([0, 2, 0, 0]);
    // Tiling 3: (3, 9, 15) mod 4 = (3, 1, 3): an edge of dimension 0 at 1/4. Tiling 1 has its own at 3/4.
    const moved = tilesOf(features, [0.2501, 0, 0]);
    expect(moved.map((tile, t) => tile - tilesOf(features, [0.2499, 0, 0])[t])).toEqual([0, 0, 0, 4]);
  });

  test('whole numbers fall into tiles as they would in exact arithmetic', () => {
    const features = createFeatures(new Discrete(101), { kind: 'tiles', tilings: 1, tiles: 100 });
    for (let state = 0; state < 100; state++) expect(tilesOf(features, [state])).toEqual([state]);
    expect(tilesOf(features, [100])).toEqual([99]);
  });
});

test('two observations share a tile exactly where the displaced coordinates of the book agree', () => {
  // The book's software numbers tiles by ⌊(⌊n p⌋ + t (1 + 2j)) / n⌋ in dimension j, p being the position in tiles.
  const [tilings, tiles] = [8, 5];
  const features = createFeatures(square, { kind: 'tiles', tilings, tiles });
  const coordinates = (observation: readonly number[], t: number): string =>
    observation
      .map((x, j) => Math.floor((Math.floor(tilings * tiles * Math.fround(x)) + t * (1 + 2 * j)) / tilings))
      .join();
  const random = new Random(3);
  let shared = 0;
  for (let trial = 0; trial < 4000; trial++) {
    const first = [random.nextFloat(), random.nextFloat()];
    const second = first.map((x) => Math.min(Math.max(x + random.uniform(-0.2, 0.2), 0), 0.999));
    const [a, b] = [tilesOf(features, first), tilesOf(features, second)];
    for (let t = 0; t < tilings; t++) {
      expect(a[t] === b[t]).toBe(coordinates(first, t) === coordinates(second, t));
      if (a[t] === b[t]) shared++;
    }
  }
  expect(shared).toBeGreaterThan(1000);
});

test('one tile of each tiling is active wherever the observation is, and beyond the range those at its edge', () => {
  const space = new Box([-1.2, -0.07], [0.6, 0.07]);
  const features = createFeatures(space, { kind: 'tiles' });
  expect([features.count, features.maxActive, features.isBinary]).toEqual([8 * 9 * 9, 8, true]);
  const random = new Random(1);
  for (let trial = 0; trial < 1000; trial++) {
    const observation = [random.uniform(-3, 3), random.uniform(-0.2, 0.2)];
    const tiles = tilesOf(features, observation);
    tiles.forEach((tile, t) => expect(Math.floor(tile / 81)).toBe(t));
    expect(featuresOf(features, observation).reduce((a, b) => a + b)).toBe(8);
    const clipped = observation.map((x, j) => Math.min(Math.max(x, space.low[j]), space.high[j]));
    expect(tiles).toEqual(tilesOf(features, clipped));
  }
});

test('a MultiDiscrete observation counts as its numbers', () => {
  const features = createFeatures(new MultiDiscrete([3, 5]), { kind: 'tiles', tilings: 1, tiles: [2, 4] });
  expect(tilesOf(features, [1, 3])).toEqual([4 + 3]);
});

describe('errors', () => {
  const cartPole = makeEnv('CartPole-v1').observationSpace;

  test('a dimension without bounds', () => {
    expect(() => createFeatures(cartPole, { kind: 'tiles' })).toThrow(
      new RangeError(
        'tile coding: dimension 1 of the observations ranges over [-Infinity, Infinity], expected finite low and high',
      ),
    );
    const low = [-2.4, -3, -0.21, -3];
    const features = createFeatures(cartPole, { kind: 'tiles', low, high: low.map((x) => -x) });
    expect(features.count).toBe(8 * 9 ** 4);
  });

  test.each([
    [{ tilings: 0 }, 'tile coding: expected tilings to be a positive integer, got 0'],
    [{ tiles: [4, 1.5] }, 'tile coding: expected tiles to be a positive integer, got 1.5'],
    [{ tiles: [4] }, 'tile coding: expected 2 numbers of tiles, got 1'],
    [{ low: [0] }, 'tile coding: low: expected 2 numbers, as an observation has, got 1'],
    [{ low: [0, 1] }, 'tile coding: expected low < high, got low[1] = 1, high[1] = 1'],
    [{ tiles: 5000 }, 'tile coding: expected at most 16777216 features, got 200080008'],
    [{ tilling: 8 }, "features 'tiles': unknown option 'tilling'; did you mean 'tilings'?"],
  ])('%j', (options, message) => {
    expect(() => createFeatures(square, { kind: 'tiles', ...options })).toThrow(new RangeError(message));
  });
});
