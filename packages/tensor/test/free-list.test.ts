import { expect, test } from 'vitest';
import { FreeList } from '../src/device/free-list.ts';

test('hands out aligned memory that does not overlap', () => {
  const list = new FreeList(1000, 10_000);
  const taken = [1, 64, 65, 0, 500].map((bytes) => ({ bytes, ...list.take(bytes) }));
  expect(taken.map(({ address }) => address)).toEqual([1024, 1088, 1152, 1280, 1344]);
  expect(list.take(10_000)).toBeUndefined();
});

test('takes the smallest region that is large enough', () => {
  const list = new FreeList(0, 6400);
  const [large, wall, small, end] = [1280, 64, 640, 64].map((bytes) => list.take(bytes)?.address ?? -1);
  list.give(large, 1280);
  list.give(small, 640);
  expect(list.take(600)?.address).toBe(small);
  expect(list.take(1280)?.address).toBe(large);
  expect([wall, end]).toEqual([1280, 1984]);
});

test('merges neighbours, in whatever order they come back', () => {
  const list = new FreeList(0, 640);
  const addresses = Array.from({ length: 10 }, () => list.take(64)?.address ?? -1);
  expect(list.take(1)).toBeUndefined();
  for (const i of [3, 1, 2, 9, 0, 5, 4, 7, 8, 6]) list.give(addresses[i], 64);
  expect(list.take(640)?.address).toBe(0);
});

test('says how much of a region has been used before', () => {
  const list = new FreeList(0, 640);
  expect(list.take(128)).toEqual({ address: 0, used: 0 });
  list.give(0, 128);
  expect(list.take(256)).toEqual({ address: 0, used: 128 });
  expect(list.take(64)).toEqual({ address: 256, used: 0 });
});

test('grows at the end', () => {
  const list = new FreeList(0, 128);
  list.take(64);
  expect(list.take(128)).toBeUndefined();
  list.extend(128, 128);
  expect(list.take(128)?.address).toBe(64);
});
