import { expect, test } from 'vitest';
import { fraction } from '@gradus/tensor';
import { exponential, linear, piecewise, scheduleOf, scheduleValue, type Schedule } from '../src/schedules.ts';

const values = (schedule: Schedule, progress: number[]): number[] => progress.map((at) => scheduleValue(schedule, at));

test('a number stays what it is', () => {
  expect(values(0.3, [0, 0.5, 1])).toEqual([0.3, 0.3, 0.3]);
});

test('linear goes straight and then stays, exact at both ends', () => {
  expect(values(linear(1, 0), [0, 0.25, 1])).toEqual([1, 0.75, 0]);
  expect(values(linear(1, 0.05, 0.5), [0, 0.5, 0.75, 1])).toEqual([1, 0.05, 0.05, 0.05]);
  expect(scheduleValue(linear(1, 0.05, 0.5), 0.25)).toBeCloseTo(0.525, 15);
});

test('exponential keeps its ratio', () => {
  const [start, half, end] = values(exponential(1e-2, 1e-4), [0, 0.5, 1]);
  expect(start).toBe(1e-2);
  expect(half).toBeCloseTo(1e-3, 15);
  expect(end).toBeCloseTo(1e-4, 15);
});

test('piecewise joins its points and is constant outside them', () => {
  const schedule = piecewise([
    [0.2, 10],
    [0.6, 20],
    [0.8, 0],
  ]);
  expect(values(schedule, [0, 0.2, 0.4, 0.6, 0.8, 1])).toEqual([10, 10, 15, 20, 0, 0]);
  expect(scheduleValue(schedule, 0.7)).toBeCloseTo(10, 12);
});

test('progress outside of [0, 1] counts as the nearest end', () => {
  expect(values(linear(3, 7), [-1, 2])).toEqual([3, 7]);
});

test('schedules survive JSON', () => {
  const schedule = piecewise([
    [0, 1],
    [1, 0.1],
  ]);
  expect(scheduleValue(JSON.parse(JSON.stringify(schedule)) as Schedule, 0.5)).toBe(0.55);
});

test('bad ones are refused', () => {
  expect(() => linear(1, 0, 0)).toThrow('until: expected a number in (0, 1], got 0');
  expect(() => exponential(1, 0)).toThrow('exponential: expected positive ends, got 1 and 0');
  expect(() => piecewise([])).toThrow('at least one point');
  expect(() =>
    piecewise([
      [0.5, 1],
      [0.5, 2],
    ]),
  ).toThrow('expected increasing progress, got 0.5 after 0.5');
});

test('scheduleOf accepts numbers and schedules whose every value is accepted', () => {
  const { accepts } = scheduleOf(fraction);
  const points = (last: number): Schedule =>
    piecewise([
      [0, 1],
      [0.5, last],
    ]);
  for (const good of [0.5, linear(1, 0), points(0)]) expect(accepts(good), JSON.stringify(good)).toBe(true);
  for (const bad of [2, linear(2, 0), linear(0, 2), points(3), null, {}]) {
    expect(accepts(bad), JSON.stringify(bad)).toBe(false);
  }
});
