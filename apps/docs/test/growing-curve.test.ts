import { expect, it } from 'vitest';
import { ticks } from '../components/ticks.ts';
import { GrowingCurve } from '../demos/engine/growing-curve.ts';

it('a curve keeps its first point and its shape, and no more points than can be seen', () => {
  const curve = new GrowingCurve();
  for (let x = 0; x < 10_000; x++) curve.add(x, 2 * x);
  expect(curve.points.length).toBeLessThan(300);
  expect(curve.points.length).toBeGreaterThan(140);
  expect(curve.points[0]).toEqual([0, 0]);
  expect(curve.points.at(-1)?.[0]).toBeGreaterThan(9800);
  for (const [x, y] of curve.points) expect(y).toBe(2 * x);
});

it('a curve leaves out what is no number yet', () => {
  const curve = new GrowingCurve();
  curve.add(1, NaN);
  expect(curve.points).toEqual([]);
});

it('ticks are round and inside', () => {
  expect(ticks(0, 100_000, 5)).toEqual([0, 20_000, 40_000, 60_000, 80_000, 100_000]);
  expect(ticks(-0.2, 1.1, 4)).toEqual([0, 0.5, 1]);
  expect(ticks(0, 0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
});
