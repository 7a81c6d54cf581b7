import { describe, expect, test } from 'vitest';
import { checkValue } from '../../src/environments/check-values.ts';
import { EnvError } from '../../src/errors.ts';
import {
  Box,
  Dict,
  Discrete,
  MultiBinary,
  MultiDiscrete,
  type Space,
  type SpaceValue,
} from '../../src/spaces/spaces.ts';

/** What JavaScript would take for the number 1 or 0, but is none. */
const notNumbers = ['1', true, 1n, null, undefined, ['1'], new Date(1), Object(1)];

const spaces: readonly (readonly [string, Space, (x: unknown) => unknown])[] = [
  ['Box', new Box(0, 5, [2]), (x) => [1, x]],
  ['an unbounded Box', new Box(-Infinity, Infinity, [1]), (x) => [x]],
  ['a Box of bytes', new Box(0, 255, [1], { dtype: 'uint8' }), (x) => [x]],
  ['Discrete', new Discrete(3), (x) => x],
  ['MultiDiscrete', new MultiDiscrete([2, 3]), (x) => [1, x]],
  ['MultiBinary', new MultiBinary(2), (x) => [1, x]],
  ['a part of a Dict', new Dict({ a: new Box(0, 5, [1]), b: new Discrete(3) }), (x) => ({ a: [1], b: x })],
  ['a Box in a Dict', new Dict({ a: new Box(0, 5, [1]), b: new Discrete(3) }), (x) => ({ a: [x], b: 1 })],
  ['a flat Dict', new Dict({ a: new Box(0, 5, [1]), b: new Discrete(3) }), (x) => [x, 1]],
];

describe.each(spaces)('%s', (_, space, holding) => {
  test('has numbers', () => {
    expect(space.contains(holding(1))).toBe(true);
    checkValue('value', space, holding(1) as SpaceValue);
  });

  test.each(notNumbers)('has no %o', (value) => {
    expect(space.contains(holding(value))).toBe(false);
    expect(() => {
      checkValue('value', space, holding(value) as SpaceValue);
    }).toThrow(EnvError);
  });

  test('has no 64-bit integers', () => {
    if (space.kind !== 'discrete') expect(space.contains(new BigInt64Array(space.size))).toBe(false);
  });
});
