import { expect, test } from 'vitest';
import { stepInterval } from '../../src/training/step-interval.ts';

/** The steps of `steps` at which it is the turn of an interval that started at `start`. */
function turnsAt(interval: number, start: number, steps: readonly number[]): number[] {
  const turns = stepInterval('test', interval);
  turns.start(start);
  return steps.filter((step) => turns.passed(step));
}

test('turns are at the first updates at or past the multiples', () => {
  const updates = [64, 128, 192, 256, 320, 384, 448, 512];
  expect(turnsAt(100, 0, updates)).toEqual([128, 256, 320, 448, 512]);
  expect(turnsAt(128, 0, updates)).toEqual([128, 256, 384, 512]);
  // An update that passes several multiples has one turn.
  expect(turnsAt(10, 0, updates)).toEqual(updates);
});

test('a start in between has the turns of a start at 0', () => {
  expect(turnsAt(100, 192, [256, 320, 384, 448, 512])).toEqual([256, 320, 448, 512]);
  expect(turnsAt(128, 256, [320, 384])).toEqual([384]);
});

test('the interval is a positive integer', () => {
  expect(() => stepInterval('csvLogger', 0.5)).toThrow(
    'csvLogger: expected interval to be a positive integer, got 0.5',
  );
});
