import { expect, test } from 'vitest';
import { centeredRanks, rankBest, rankDescending } from '../src/ranking.ts';

test('ranks go from the largest to the smallest, equal ones in their own order', () => {
  const order = new Int32Array(6);
  rankDescending([2, 5, -1, 5, 0, -0], order);
  expect([...order]).toEqual([1, 3, 0, 4, 5, 2]);
});

test.each([1, 2, 3, 5, 8])('the best %i are the first of all ranks', (count) => {
  const utilities = [2, 5, -Infinity, 5, 0, -0, 7, 2];
  const [best, order] = [new Int32Array(count), new Int32Array(utilities.length)];
  rankBest(utilities, best);
  rankDescending(utilities, order);
  expect(best).toEqual(order.subarray(0, count));
});

test.each<[number[], number[]]>([
  [
    [10, -3, 200, 7, 8],
    [0.25, -0.5, 0.5, -0.25, 0],
  ],
  [
    [1, 2],
    [-0.5, 0.5],
  ],
  [
    [4, 4, 4],
    [0, 0, 0],
  ],
  // The two in the middle share (−1/6 + 1/6) / 2; the last two of five (0.25 + 0.5) / 2.
  [
    [0, 3, 3, 9],
    [-0.5, 0, 0, 0.5],
  ],
  [
    [6, 1, 6, 2, 3],
    [0.375, -0.5, 0.375, -0.25, 0],
  ],
  [[7], [0]],
])('centered ranks of %o', (utilities, expected) => {
  const ranks = new Float64Array(utilities.length);
  centeredRanks(utilities, new Int32Array(utilities.length), ranks);
  expect([...ranks]).toEqual(expected.map((rank) => expect.closeTo(rank, 15) as number));
});
