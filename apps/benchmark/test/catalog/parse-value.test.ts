import { exponential, linear, piecewise } from '@gradus/core';
import { describe, expect, it } from 'vitest';
import { parseValue } from '../../src/catalog/parse-value.ts';

describe('parseValue', () => {
  it.each([
    ['linear(1, 0.1)', linear(1, 0.1)],
    ['linear(1,0.1,0.5)', linear(1, 0.1, 0.5)],
    [' linear ( 2.5e-4 , 0 ) ', linear(2.5e-4, 0)],
    ['exponential(1, 1e-3)', exponential(1, 1e-3)],
    [
      'piecewise(0: 1, 0.5: 0.1)',
      piecewise([
        [0, 1],
        [0.5, 0.1],
      ]),
    ],
    ['piecewise(0:1)', piecewise([[0, 1]])],
    ['{"kind":"linear","from":1,"to":0,"until":1}', linear(1, 0)],
    ['0.5', 0.5],
    ['[32,32]', [32, 32]],
    ['relu', 'relu'],
  ])('takes %s', (text, value) => {
    expect(parseValue(text)).toEqual(value);
  });

  it.each([
    ['linear(1)', 'expected linear(from, to) or linear(from, to, until), in numbers, got linear(1)'],
    ['linear(1, 0, 0.5, 2)', 'expected linear(from, to)'],
    ['linear(1, a)', 'expected linear(from, to)'],
    ['linear(1, )', 'expected linear(from, to)'],
    ['linear(1, 0, 2)', 'linear: expected until to be a number in (0, 1], got 2'],
    ['linear(1, Infinity)', 'linear: expected to to be a finite number'],
    ['exponential(1, 0)', 'exponential: expected to to be a positive number, got 0'],
    ['exponential(1)', 'expected exponential(from, to), in numbers'],
    ['piecewise()', 'expected piecewise(progress: value, …)'],
    ['piecewise(0, 1)', 'expected piecewise(progress: value, …)'],
    ['piecewise(0.5: 1, 0: 2)', 'piecewise: expected increasing progress'],
    ['cosine(1, 0)', "unknown schedule 'cosine'; known are linear(from, to)"],
    ['lin_2.5e-4', 'expected a schedule such as linear(2.5e-4, 0), got lin_2.5e-4'],
  ])('refuses %s', (text, message) => {
    expect(() => parseValue(text)).toThrow(message);
  });
});
