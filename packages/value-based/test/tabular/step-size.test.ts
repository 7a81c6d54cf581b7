import { linear } from '@gradus/core';
import { visitStepSize } from '@gradus/value-based';
import { expect, test } from 'vitest';
import { stepSizeValue } from '../../src/tabular/step-size.ts';
import { ValueTable } from '../../src/tabular/value-table.ts';

test('rules of visits, and schedules', () => {
  // S2.3: the first update of a pair has α = 1 / (1 + 1).
  expect([1, 2, 9].map((n) => stepSizeValue(visitStepSize(1, 1), n, 0.3))).toEqual([1 / 2, 1 / 3, 1 / 10]);
  expect([1, 4, 9].map((n) => stepSizeValue(visitStepSize(0.5), n, 0.3))).toEqual([1, 1 / 2, 1 / 3]);
  expect([0, 0.25, 1].map((progress) => stepSizeValue(linear(1, 0), 7, progress))).toEqual([1, 0.75, 0]);
  expect(stepSizeValue(0.1, 7, 0.3)).toBe(0.1);
});

test('with α_n = 1 / n a value is the mean of its targets, each value counting its own', () => {
  const table = new ValueTable(2, 100, visitStepSize());
  for (const target of [1, 2, 6]) table.moveTowards(0, target, 0);
  expect(table.moveTowards(1, 8, 0)).toBe(-92);
  expect(table.values[0]).toBeCloseTo(3, 14);
  expect(table.values[1]).toBe(8);
});

test('with α = 1 a value is its last target, to the bit', () => {
  const table = new ValueTable(1, 1e17, 1);
  table.moveTowards(0, 0.1, 0);
  expect(table.values[0]).toBe(0.1);
});
