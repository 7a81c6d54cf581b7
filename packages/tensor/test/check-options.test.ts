import { expect, test } from 'vitest';
import {
  checkOptions,
  finiteNumber,
  flag,
  fraction,
  layerSizes,
  naturalNumber,
  nonNegativeNumber,
  nullable,
  oneOf,
  positiveInteger,
  positiveNumber,
} from '../src/check-options.ts';

test.each([
  [positiveInteger, [1, 7], [0, -1, 1.5, NaN, '1', null]],
  [naturalNumber, [0, 7], [-1, 0.5, Infinity]],
  [positiveNumber, [1e-9, 3], [0, -1, Infinity, NaN]],
  [nonNegativeNumber, [0, 3.5], [-1e-9, NaN, undefined]],
  [fraction, [0, 0.5, 1], [-0.1, 1.1, 7, NaN]],
  [finiteNumber, [-3, 0, 1e9], [NaN, Infinity, '3']],
  [flag, [true, false], [0, 'true', null]],
  [layerSizes, [[], [64, 64]], [64, [0], [1.5], ['64']]],
  [oneOf('tanh', 'relu'), ['tanh'], ['foo', 1]],
  [nullable(fraction), [null, 0.5], [undefined, 2]],
] as const)('%o', (check, good, bad) => {
  for (const value of good) expect(check.accepts(value), JSON.stringify(value)).toBe(true);
  for (const value of bad) expect(check.accepts(value), JSON.stringify(value)).toBe(false);
});

test('names the algorithm, the option, what was expected and what came', () => {
  const check = (options: object): void => {
    checkOptions<{ gamma: number }>('Dqn', options, { gamma: fraction });
  };
  check({ gamma: 0.99 });
  check({});
  expect(() => {
    check({ gamma: 7 });
  }).toThrow('Dqn: expected gamma to be a number in [0, 1], got 7');
  for (const gamma of [NaN, Infinity, null, undefined, '1']) {
    const got = typeof gamma === 'string' ? '"1"' : String(gamma);
    expect(() => {
      check({ gamma });
    }).toThrow(new RangeError(`Dqn: expected gamma to be a number in [0, 1], got ${got}`));
  }
  expect(() => {
    check({ gama: 0.9 });
  }).toThrow("Dqn: unknown option 'gama'; did you mean 'gamma'?");
});
