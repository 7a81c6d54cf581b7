import { expect, test } from 'vitest';
import { indexChanges } from '../../src/node/index-changes.ts';

const [A, B, C] = [
  [10, 20, 30, 255],
  [40, 50, 60, 255],
  [70, 80, 90, 255],
];
const pixels = (...colors: number[][]): Uint8ClampedArray => Uint8ClampedArray.from(colors.flat());

test('a first picture is all change, its most frequent colour first', () => {
  const { palette, indices } = indexChanges(pixels(A, B, B, C, B, C));
  expect(palette.slice(1)).toEqual([B, C, A].map((color) => color.slice(0, 3)));
  expect([...indices]).toEqual([3, 1, 1, 2, 1, 2]);
});

test('what stays as it was is 0, and its colours take no place', () => {
  const { palette, indices } = indexChanges(pixels(A, B, C, C), pixels(A, A, C, B));
  expect(palette).toHaveLength(3);
  expect([...indices].map((index) => (index === 0 ? 'unchanged' : palette[index]))).toEqual([
    'unchanged',
    B.slice(0, 3),
    'unchanged',
    C.slice(0, 3),
  ]);
  expect([...indexChanges(pixels(A, B), pixels(A, B)).indices]).toEqual([0, 0]);
});

test('a colour too many becomes the nearest of the more frequent ones', () => {
  // Greys 0, 1, …, 254 twice each, and once a colour beside grey 100.
  const greys = Array.from({ length: 255 }, (_, value) => [value, value, value, 255]);
  const { palette, indices } = indexChanges(pixels(...greys, ...greys, [99, 101, 101, 255]));
  expect(palette).toHaveLength(256);
  expect(palette[indices[510]]).toEqual([100, 100, 100]);
  expect(palette[indices[77]]).toEqual([77, 77, 77]);
});

test('black is a colour and not the entry of no change', () => {
  const rare = Array.from({ length: 255 }, (_, i) => [i, 255, 7, 255]);
  const { palette, indices } = indexChanges(pixels(...rare, ...rare, [0, 0, 0, 255]));
  expect(indices[510]).not.toBe(0);
  expect(palette[indices[510]]).toEqual([0, 255, 7]);
});
