import { describe, expect, test } from 'vitest';
import type { Shape, Tensor } from '../src/index.ts';
import {
  constant,
  device,
  evaluate,
  mul,
  program,
  randomCategorical,
  randomNormal,
  randomUniform,
  variable,
  broadcastTo,
} from '../src/index.ts';
import { threefry } from './support/threefry.ts';

const key = (a: number, b: number): Tensor => constant([2], [a, b], 'int32');

test('the known answers of the Random123 distribution, for the implementation that the others are compared with', () => {
  const hex = (words: readonly number[]): string => words.map((word) => word.toString(16)).join(' ');
  const ones = 0xffffffff;
  expect(hex(threefry([0, 0], [0, 0]))).toBe('6b200159 99ba4efe');
  expect(hex(threefry([ones, ones], [ones, ones]))).toBe('1cb996fc bb002be7');
  expect(hex(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3]))).toBe('c4923a9c 483df7a0');
});

describe.each(['wasm', 'native'] as const)('%s', (name) => {
  const on = { device: device(name) };

  test.each([
    [0, 0, [2]],
    [1, -1, [3, 5, 7]],
    [-2147483648, 2147483647, [5001]],
  ] satisfies [number, number, Shape][])(
    'randomUniform is Threefry-2x32-20 with key (%d, %d), shape %j',
    (a, b, shape) => {
      const { first, second } = evaluate(
        () => ({ first: randomUniform(key(a, b), shape), second: randomUniform(key(a, b), shape) }),
        on,
      );
      [first, second].forEach((data, stream) => {
        const expected = Float32Array.from(data, (_, i) => {
          const words = threefry([a, b], [i >> 1, stream]);
          return Math.floor(words[i & 1] / 256) * 2 ** -24;
        });
        expect(data).toEqual(expected);
      });
    },
  );
});

test('a key read at run time decides; the same key gives the same numbers', () => {
  const counter = variable([2], [7, 0], { dtype: 'int32' });
  const draw = program({}, () => ({ u: randomUniform(counter, [100]) }));
  const first = draw.run().u.slice();
  expect(draw.run().u).toEqual(first);
  counter.write([7, 1]);
  const second = draw.run().u.slice();
  expect(second).not.toEqual(first);
});

const count = 100_000;

test('randomUniform fills [0, 1) evenly', () => {
  const bins = new Float64Array(64);
  for (const u of evaluate(() => randomUniform(key(1, 2), [count]))) {
    expect(u >= 0 && u < 1).toBe(true);
    bins[Math.floor(u * 64)]++;
  }
  // χ² with 63 degrees of freedom has mean 63 and standard deviation 11.2.
  const chiSquared = bins.reduce((total, n) => total + (n - count / 64) ** 2 / (count / 64), 0);
  expect(chiSquared).toBeGreaterThan(20);
  expect(chiSquared).toBeLessThan(120);
});

test('randomNormal has the moments and tails of a normal distribution', () => {
  const x = Array.from(evaluate(() => randomNormal(key(3, 4), [2, count / 2])));
  const moment = (power: number): number => x.reduce((total, value) => total + value ** power, 0) / count;
  expect(Math.abs(moment(1))).toBeLessThan(0.015);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.02);
  expect(Math.abs(moment(3))).toBeLessThan(0.05);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15);
  const outside = x.filter((value) => Math.abs(value) > 1.959964).length / count;
  expect(Math.abs(outside - 0.05)).toBeLessThan(0.004);
  expect(x.every(Number.isFinite)).toBe(true);
});

test('randomCategorical draws in proportion to e^logit, for each row', () => {
  const rows = 40_000;
  const logits = [
    [0, 1, 2, -1],
    [3, 3, -20, 0],
  ];
  const drawn = evaluate(() =>
    randomCategorical(key(5, 6), mul(broadcastTo(constant([2, 4], logits.flat()), [rows, 2, 4]), 1)),
  );
  logits.forEach((row, which) => {
    const powers = row.map(Math.exp);
    const total = powers.reduce((a, b) => a + b);
    powers.forEach((power, choice) => {
      const frequency = drawn.filter((value, i) => i % 2 === which && value === choice).length / rows;
      // Four standard deviations.
      expect(Math.abs(frequency - power / total)).toBeLessThan(4 * Math.sqrt(0.25 / rows));
    });
  });
});

test('randomCategorical never draws what is all but impossible, not even where the uniform number is 0', () => {
  const [batch, row] = [2048, 1044];
  const logits = Array.from({ length: batch }, () => [0, -1e8]).flat();
  const uniform = evaluate(() => randomUniform(key(0, 841), [batch, 2]));
  expect(uniform[2 * row]).toBe(0);
  const drawn = evaluate(() => randomCategorical(key(0, 841), constant([batch, 2], logits)));
  expect([...drawn]).toEqual(new Array<number>(batch).fill(0));
});
