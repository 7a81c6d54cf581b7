import { Random } from '@gradus/core';
import { describe, expect, test } from 'vitest';
import { grayPicture } from '../../src/wrappers/gray-picture.ts';

/** The grey picture of rows of grey pixels. */
function scale(rows: readonly (readonly number[])[], side: number): number[] {
  const pixels = rows.flat().flatMap((gray) => [gray, gray, gray, 255]);
  const picture = new Uint8Array(side * side);
  grayPicture(rows[0].length, rows.length, side)(pixels, picture);
  return [...picture];
}

test.each([
  ['red', [255, 0, 0], 76],
  ['green', [0, 255, 0], 150],
  ['blue', [0, 0, 255], 29],
  ['white', [255, 255, 255], 255],
  ['black', [0, 0, 0], 0],
  ['another colour', [200, 100, 50], 124],
])('%s is as light as its luma', (_, rgb, gray) => {
  // 0.299 · 255 = 76.2, 0.587 · 255 = 149.7, 0.114 · 255 = 29.1, and 59.8 + 58.7 + 5.7 = 124.2.
  const picture = new Uint8Array(1);
  grayPicture(1, 1, 1)([...rgb, 255], picture);
  expect(picture[0]).toBe(gray);
});

describe('a pixel is the mean of what it covers', () => {
  test('whole pixels', () => {
    const rows = [
      [0, 10, 100, 100],
      [20, 30, 100, 104],
      [1, 1, 0, 0],
      [1, 3, 255, 255],
    ];
    // Means 15, 101, 1.5 and 127.5; halves are rounded up.
    expect(scale(rows, 2)).toEqual([15, 101, 2, 128]);
  });

  test('parts of pixels', () => {
    // In each direction the first covers pixel 0 and half of pixel 1: (2/3, 1/3).
    const rows = [
      [90, 0, 0],
      [0, 0, 0],
      [0, 0, 180],
    ];
    expect(scale(rows, 2)).toEqual([40, 0, 0, 80]);
  });

  test('an oblong picture is squeezed, a small one enlarged', () => {
    expect(scale([[10, 20, 30, 40]], 2)).toEqual([15, 35, 15, 35]);
    expect(
      scale(
        [
          [10, 40],
          [70, 100],
        ],
        3,
      ),
    ).toEqual([10, 25, 40, 40, 55, 70, 70, 85, 100]);
  });

  test.each([
    [600, 300],
    [392, 392],
    [400, 401],
    [84, 84],
    [50, 7],
  ])('as a naive mean over tiny squares says (%i × %i to 84 × 84)', (width, height) => {
    const random = new Random(width);
    const pixels = Array.from({ length: 4 * width * height }, () => random.integer(256));
    const picture = new Uint8Array(84 * 84);
    grayPicture(width, height, 84)(pixels, picture);
    for (const [row, column] of [
      [0, 0],
      [83, 83],
      [17, 40],
      [61, 2],
    ]) {
      // Squares of 1/84 of a pixel; a pixel of the picture covers width × height of them.
      let sum = 0;
      for (let y = row * height; y < (row + 1) * height; y++) {
        for (let x = column * width; x < (column + 1) * width; x++) {
          const k = 4 * (Math.floor(y / 84) * width + Math.floor(x / 84));
          sum += 0.299 * pixels[k] + 0.587 * pixels[k + 1] + 0.114 * pixels[k + 2];
        }
      }
      expect(Math.abs(picture[84 * row + column] - sum / (width * height))).toBeLessThan(0.5 + 1e-9);
    }
  });
});
