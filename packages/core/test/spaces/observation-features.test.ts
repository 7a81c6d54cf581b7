import { constant, evaluate } from '@gradus/tensor';
import { expect, test } from 'vitest';
import { featureCount, observationFeatures } from '../../src/spaces/observation-features.ts';
import { Box, Dict, Discrete, MultiBinary, MultiDiscrete, type Space } from '../../src/spaces/spaces.ts';

function features(space: Space, rows: readonly (readonly number[])[]): number[][] {
  const data = evaluate(() => observationFeatures(space, constant([rows.length, space.size], rows.flat())));
  const width = featureCount(space);
  expect(data).toHaveLength(rows.length * width);
  return rows.map((_, i) => [...data.slice(i * width, (i + 1) * width)]);
}

test('Box: real vectors as they are', () => {
  const rows = [
    [0.5, -3],
    [100, 0.25],
  ];
  expect(features(new Box(-Infinity, Infinity, [2]), rows)).toEqual(rows);
});

test('uint8 Box: divided by the upper bounds', () => {
  const dtype = 'uint8';
  expect(features(new Box(0, 255, [2], { dtype }), [[255, 51]])).toEqual([[1, Math.fround(0.2)]]);
  const rows = [
    [0, 1, 255],
    [0, 0, 51],
  ];
  expect(features(new Box([0, 0, 0], [0, 1, 255], [3], { dtype }), rows)).toEqual([
    [0, 1, 1],
    [0, 0, Math.fround(0.2)],
  ]);
});

test('uint8 Box with upper bounds of 1: nothing is computed', () => {
  evaluate(() => {
    const rows = constant([1, 2], [1, 0]);
    expect(observationFeatures(new Box(0, 1, [2], { dtype: 'uint8' }), rows)).toBe(rows);
    return rows;
  });
});

test('Discrete: one-hot vectors, counted from its start', () => {
  expect(features(new Discrete(3), [[2], [0]])).toEqual([
    [0, 0, 1],
    [1, 0, 0],
  ]);
  expect(features(new Discrete(3, 5), [[5], [6]])).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ]);
});

test('MultiDiscrete: one-hot vectors side by side', () => {
  const rows = [
    [1, 2],
    [0, 0],
  ];
  expect(features(new MultiDiscrete([2, 3]), rows)).toEqual([
    [0, 1, 0, 0, 1],
    [1, 0, 1, 0, 0],
  ]);
});

test('MultiDiscrete with a start, MultiBinary and Boxes of whole numbers', () => {
  expect(features(new MultiDiscrete([2, 3], [-1, 5]), [[0, 5]])).toEqual([[0, 1, 1, 0, 0]]);
  expect(features(new MultiBinary(3), [[1, 0, 1]])).toEqual([[1, 0, 1]]);
  expect(features(new Box(-9, 9, [2], { dtype: 'int16' }), [[-9, 4]])).toEqual([[-9, 4]]);
});

test('Dict: the features of each part, in the order of names', () => {
  const space = new Dict({
    picture: new Box(0, 255, [2], { dtype: 'uint8' }),
    goal: new Discrete(3, 1),
    inner: new Dict({ b: new Box(-1, 1), a: new MultiBinary(2) }),
  });
  const rows = [
    { goal: 3, inner: { a: [0, 1], b: [0.5] }, picture: [255, 51] },
    { goal: 1, inner: { a: [1, 1], b: [-0.25] }, picture: [0, 255] },
  ].map((named) => [...space.flatten(named)]);
  expect(features(space, rows)).toEqual([
    [0, 0, 1, 0, 1, 0.5, 1, Math.fround(0.2)],
    [1, 0, 0, 1, 1, -0.25, 0, 1],
  ]);
});
