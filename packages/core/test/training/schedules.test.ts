import { expect, test } from 'vitest';
import { checkOptions, fraction, nullable } from '@gradus/tensor';
import {
  exponential,
  linear,
  piecewise,
  scheduleOf,
  scheduleValue,
  type Schedule,
} from '../../src/training/schedules.ts';

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

test('an exponential schedule is exact at both ends, however far they are apart', () => {
  expect(values(exponential(1e-300, 1e300), [0, 1])).toEqual([1e-300, 1e300]);
  expect(scheduleValue(exponential(1e-300, 1e300), 0.5)).toBeCloseTo(1, 12);
  expect(values(exponential(0.3, 0.7), [0, 1])).toEqual([0.3, 0.7]);
});

test('bad ones are refused, by name', () => {
  expect(() => linear(1, 0, 0)).toThrow(new RangeError('linear: expected until to be a number in (0, 1], got 0'));
  expect(() => linear(1, NaN)).toThrow('linear: expected to to be a finite number, got NaN');
  expect(() => exponential(1, 0)).toThrow('exponential: expected to to be a positive number, got 0');
  expect(() => exponential(Infinity, 1)).toThrow('exponential: expected from to be a finite number, got Infinity');
  expect(() => piecewise([])).toThrow('piecewise: expected at least one point [progress, value], got []');
  expect(() => piecewise([[0, -Infinity]])).toThrow('piecewise: expected values to be a finite number, got -Infinity');
  expect(() => piecewise([[1.5, 1]])).toThrow('piecewise: expected progress to be a number in [0, 1], got 1.5');
  expect(() =>
    piecewise([
      [0.5, 1],
      [0.5, 2],
    ]),
  ).toThrow('piecewise: expected increasing progress, got 0.5 after 0.5');
});

const check = scheduleOf(fraction);

test.each<unknown>([
  0,
  0.5,
  linear(1, 0),
  exponential(1, 0.01),
  piecewise([[0.5, 0]]),
  {
    kind: 'piecewise',
    points: [
      [0, 1],
      [0.5, 0],
      [1, 1],
    ],
  },
])('scheduleOf accepts numbers and schedules whose every value is accepted: %j', (good) => {
  expect(check.accepts(good)).toBe(true);
});

test.each<unknown>([
  2,
  null,
  undefined,
  '0.5',
  [],
  {},
  { kind: 'linear', from: 1, to: 0 },
  { kind: 'linear', from: 1, to: 0, until: 0 },
  { kind: 'linear', from: 1, to: 0, until: 1.5 },
  { kind: 'linear', from: 1, to: 0, until: NaN },
  { kind: 'linear', from: 1, to: 0, until: '1' },
  { kind: 'linear', from: 1, to: 0, until: null },
  { kind: 'linear', from: 2, to: 0, until: 1 },
  { kind: 'linear', from: 0, to: 2, until: 1 },
  { kind: 'linear', from: 0, until: 1 },
  { kind: 'linear', to: 0, until: 1 },
  { kind: 'linear', from: '0', to: 0, until: 1 },
  { kind: 'linear', from: 1, to: 0, until: 1, end: 1 },
  { kind: 'linear', points: [[0, 1]] },
  { kind: 'exponential', from: 0, to: 1 },
  { kind: 'exponential', from: 1, to: 0 },
  { kind: 'exponential', from: 1, to: 0.5, until: 1 },
  { kind: 'piecewise', from: 1, to: 0 },
  { kind: 'piecewise' },
  { kind: 'piecewise', points: [] },
  { kind: 'piecewise', points: [[0]] },
  { kind: 'piecewise', points: [[0, 1, 2]] },
  { kind: 'piecewise', points: [0, 1] },
  { kind: 'piecewise', points: { 0: [0, 1] } },
  { kind: 'piecewise', points: [[0, 3]] },
  { kind: 'piecewise', points: [[0, null]] },
  { kind: 'piecewise', points: [[-0.1, 1]] },
  {
    kind: 'piecewise',
    points: [
      [0, 1],
      [0, 0.5],
    ],
  },
  {
    kind: 'piecewise',
    points: [
      [0.5, 1],
      [0.2, 0.5],
    ],
  },
  { kind: 'cosine', from: 1, to: 0 },
  { kind: 'toString', from: 1, to: 0 },
  { kind: 3, from: 1, to: 0 },
  { from: 1, to: 0, until: 1 },
])('and refuses %j', (bad) => {
  expect(check.accepts(bad)).toBe(false);
});

test('the error for an option names it, and what is wrong with the schedule', () => {
  const refuse = (learningRate: unknown): void => {
    checkOptions<{ learningRate: unknown }>('Ppo', { learningRate }, { learningRate: nullable(scheduleOf(fraction)) });
  };
  const expected = 'Ppo: expected learningRate to be a number in [0, 1], or a schedule of such numbers or null, got ';
  expect(() => refuse({ kind: 'linear', from: 1, to: 0 })).toThrow(
    new RangeError(
      `${expected}{"kind":"linear","from":1,"to":0}: expected until to be a number in (0, 1], got undefined`,
    ),
  );
  expect(() => refuse({ kind: 'linear', from: 1, to: 0, until: 1, untl: 1 })).toThrow(
    ": unknown member 'untl'; known are kind, from, to, until",
  );
  expect(() => refuse({ kind: 'cosine' })).toThrow(
    ': expected kind to be one of linear, exponential, piecewise, got "cosine"',
  );
  expect(() => refuse(-1)).toThrow(new RangeError(`${expected}-1`));
  const made = ': schedules are data, as linear(from, to), exponential(from, to) and piecewise(points) make them';
  const others = (left: number): number => left * 3e-4;
  expect(() => refuse(others)).toThrow(new RangeError(`${expected}a function${made}`));
  expect(() => refuse('lin_3e-4')).toThrow(new RangeError(`${expected}"lin_3e-4"${made}`));
  expect(() => refuse('3e-4')).toThrow(new RangeError(`${expected}"3e-4"`));
  expect(() => scheduleValue(others as unknown as Schedule, 0.5)).toThrow(
    new RangeError(`scheduleValue: expected schedule to be a number or a schedule, got a function${made}`),
  );
});
