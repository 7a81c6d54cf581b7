import { expect, test } from 'vitest';
import {
  checkArguments,
  checkOptions,
  finiteNumber,
  flag,
  fraction,
  layerSizes,
  naturalNumber,
  nonNegativeNumber,
  nullable,
  oneOf,
  optional,
  positiveInteger,
  positiveNumber,
  valueText,
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
  [optional(fraction), [undefined, 0.5], [null, 2]],
] as const)('%o', (check, good, bad) => {
  for (const value of good) expect(check.accepts(value), valueText(value)).toBe(true);
  for (const value of bad) expect(check.accepts(value), valueText(value)).toBe(false);
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

test('what is not given is checked by checkArguments alone', () => {
  interface Values {
    readonly size: number;
    readonly gamma?: number;
  }
  const checks = { size: positiveInteger, gamma: optional(fraction) };
  const check = (values: object): void => {
    checkArguments<Values>('resize', values as Values, checks);
  };
  check({ size: 1 });
  check({ size: 1, gamma: undefined });
  expect(() => {
    check({});
  }).toThrow(new RangeError('resize: expected size to be a positive integer, got undefined'));
  expect(() => {
    check({ size: 5n });
  }).toThrow(new RangeError('resize: expected size to be a positive integer, got 5n'));
  expect(() => {
    check({ size: 1, depth: 2 });
  }).toThrow("resize: unknown option 'depth'");
});

test.each([
  [null, 'null'],
  [undefined, 'undefined'],
  [5, 'a number'],
  ['gamma', 'a string'],
  [[1], 'an array'],
  [() => 1, 'a function'],
])('options that are %o', (options, name) => {
  expect(() => {
    checkOptions('Dqn', options as object, {});
  }).toThrow(new RangeError(`Dqn: expected an object of options, got ${name}`));
});

test('any value has a text, a short one', () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const texts = [
    -0,
    NaN,
    '5',
    5n,
    Symbol('s'),
    () => 1,
    [1, 2n, NaN, -Infinity],
    [() => 1, undefined, Promise.resolve(1)],
    Promise.resolve(1),
    cyclic,
    new Float32Array(9),
    Int32Array.of(7),
    new BigInt64Array(2),
    new DataView(new ArrayBuffer(8)),
    null,
  ].map(valueText);
  const expected = [
    '0',
    'NaN',
    '"5"',
    '5n',
    'Symbol(s)',
    'a function',
    '[1,2n,NaN,-Infinity]',
    '[a function,undefined,a Promise]',
    'a Promise',
    'an object',
    'a Float32Array of 9 numbers',
    'an Int32Array of 1 number',
    'a BigInt64Array of 2 numbers',
    'a DataView of bytes',
    'null',
  ];
  expect(texts).toEqual(expected);
  expect(valueText('x'.repeat(1e6)).length).toBeLessThan(110);
  expect(valueText(Array.from({ length: 1000 }, () => 'x')).length).toBeLessThan(110);
});
