import { describe, expect, test } from 'vitest';
import { device, gelu, program, silu, type Tensor } from '../src/index.ts';
import { errorFunction, normalDistribution } from './support/error-function.ts';
import type { Case } from './support/kernel-program.ts';
import { bodyWords, cases, instruction, lesserCases, Machine, op, randomNumbers } from './support/kernel-program.ts';

/*
 * Every elementwise function over all of float32: each of the 512 combinations of sign and exponent (subnormal numbers,
 * infinities and NaN among them) with significands at their ends and between, against double precision. Errors are in units in the last
 * place of the result (of the smallest normal number for what is below it), or absolute where a function passes through zero at
 * angles that are no floats.
 */
const significands = 24;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function floatOf(pattern: number): number {
  bits[0] = pattern;
  return float[0];
}

const random = randomNumbers(7);
const everything = Float32Array.from({ length: 512 * significands }, (_, i) => {
  const high = Math.floor(i / significands) * 2 ** 23;
  const ends = [0, 1, 2 ** 22, 2 ** 23 - 1];
  return floatOf(high + (ends[i % significands] ?? Math.floor(((random() + 2) / 4) * 2 ** 23)));
});
/** Where exponentials overflow or vanish, and where approximations saturate. */
const borders = [
  88.72,
  88.73,
  89,
  -87.3,
  -87.4,
  -103.9,
  -104,
  -104.1,
  3.91,
  3.92,
  3.93,
  9.01,
  9.02,
  9.03,
  1e8,
  1e9,
  1.1e9,
  2 ** 31,
];
const values = Float32Array.from([...everything, ...borders, ...borders.map((x) => -x)]);

/** Distance in units in the last place; 0 for the float that is nearest to `expected`, and between NaNs. */
function ulps(actual: number, expected: number): number {
  const nearest = Math.fround(expected);
  if (actual === nearest || (Number.isNaN(actual) && Number.isNaN(nearest))) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(nearest)) return Infinity;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(expected))));
  return Math.abs(actual - expected) / 2 ** (exponent - 23);
}

function distance(actual: number, expected: number): number {
  return Number.isNaN(actual) && Number.isNaN(expected) ? 0 : Math.abs(actual - expected);
}

/** Runs one operation of the kernels on whole arrays. */
function apply({ kernels, threads }: Case, opcode: number, ...operands: readonly Float32Array[]): Float32Array {
  const run = new Machine(kernels, threads);
  const [{ length }] = operands;
  const out = run.output(length);
  const inputs = operands.map((each) => ({ kind: 'contiguous', buffer: run.floats(each), offset: 0 }) as const);
  const sources = [0, 1, 2].map((i) => (i < operands.length ? i : 0));
  const register = operands.length;
  const operations = [[opcode, register, ...sources]];
  run.run(instruction(op.map, ...bodyWords({ dims: [length], inputs, operations, outputs: [[register, out, 0, 1]] })));
  const result = run.readFloats(out).slice(0, length);
  run.dispose();
  return result;
}

/** The first argument with the worst error, if that exceeds `limit`. */
function worst(errors: readonly number[], limit: number): string | undefined {
  const largest = errors.reduce((most, error) => (error > most || Number.isNaN(error) ? error : most), 0);
  return largest <= limit ? undefined : `error ${largest} at argument ${errors.indexOf(largest)}`;
}

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const unary: readonly (readonly [string, number, (x: number) => number, number])[] = [
  ['copy', 0, (x) => x, 0],
  ['negate', 1, (x) => -x, 0],
  ['abs', 2, Math.abs, 0],
  ['sign', 3, Math.sign, 0],
  ['exp', 4, Math.exp, 2],
  ['log', 5, Math.log, 2],
  ['log1p', 6, Math.log1p, 3.1],
  ['tanh', 7, Math.tanh, 6],
  ['sigmoid', 8, sigmoid, 3.1],
  ['relu', 9, (x) => (x < 0 ? 0 : x), 0],
  ['softplus', 10, softplus, 3.1],
  ['square', 11, (x) => x * x, 0],
  ['sqrt', 12, Math.sqrt, 0],
  ['reciprocal', 13, (x) => 1 / x, 0],
  ['erf', 16, errorFunction, 6],
  ['floor', 17, Math.floor, 0],
  ['expm1', 18, Math.expm1, 3.1],
];

const binary: readonly (readonly [string, number, (a: number, b: number) => number])[] = [
  ['add', 20, (a, b) => a + b],
  ['sub', 21, (a, b) => a - b],
  ['mul', 22, (a, b) => a * b],
  ['div', 23, (a, b) => a / b],
  ['minimum', 24, Math.min],
  ['maximum', 25, Math.max],
];

const comparisons: readonly (readonly [string, number, (a: number, b: number) => boolean])[] = [
  ['less', 26, (a, b) => a < b],
  ['lessEqual', 27, (a, b) => a <= b],
  ['equal', 28, (a, b) => a === b],
  ['notEqual', 29, (a, b) => a !== b],
];

describe.each([...cases, ...(await lesserCases('generic', 'avx2'))])('$label', (subject) => {
  test.each(unary)('%s', (_, opcode, exact, limit) => {
    const actual = apply(subject, opcode, values);
    expect(
      worst(
        Array.from(values, (x, i) => ulps(actual[i], exact(x))),
        limit,
      ),
    ).toBeUndefined();
  });

  test.each([
    ['sin', 14, Math.sin],
    ['cos', 15, Math.cos],
  ] as const)('%s', (_, opcode, exact) => {
    const actual = apply(subject, opcode, values);
    expect(
      worst(
        Array.from(values, (x, i) => distance(actual[i], exact(x))),
        1.2e-7,
      ),
    ).toBeUndefined();
  });

  /** Each value with one far off and with one next to it. */
  const partners = [
    values.map((_, i) => values[(i * 4099 + 5) % values.length]),
    values.map((_, i) => values[(i + 1) % values.length]),
  ];

  test.each(binary)('%s has the bits of a single rounding', (_, opcode, exact) => {
    for (const other of partners) {
      const actual = apply(subject, opcode, values, other);
      expect(
        worst(
          Array.from(values, (x, i) => ulps(actual[i], exact(x, other[i]))),
          0,
        ),
      ).toBeUndefined();
    }
  });

  test.each(comparisons)('%s', (_, opcode, exact) => {
    for (const other of [...partners, values]) {
      const actual = new Int32Array(apply(subject, opcode, values, other).buffer);
      expect(Array.from(actual)).toEqual(Array.from(values, (x, i) => Number(exact(x, other[i]))));
    }
  });

  test('to integers', () => {
    const actual = new Int32Array(apply(subject, 41, values).buffer);
    const exact = (x: number): number =>
      Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), -(2 ** 31)), 2 ** 31 - 1) + 0;
    expect(Array.from(actual)).toEqual(Array.from(values, exact));
    expect(Array.from(new Int32Array(apply(subject, 42, values).buffer))).toEqual(
      Array.from(values, (x) => Number(x !== 0)),
    );
  });
});

/** x Φ(x) and the like, whose factor Φ is a sum of about equal numbers far below 0: their error is relative to x. */
const composed: readonly (readonly [string, (x: Tensor) => Tensor, (x: number) => number])[] = [
  ['gelu', (x) => gelu(x), (x) => product(x, normalDistribution(x))],
  [
    'gelu by tanh',
    (x) => gelu(x, { approximate: 'tanh' }),
    (x) => product(x, 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
  ],
  ['silu', silu, (x) => product(x, sigmoid(x))],
];

/** 0 where the second factor is, though the first be infinite. */
function product(x: number, factor: number): number {
  return factor === 0 ? 0 : x * factor;
}

describe.each(['wasm', 'native'] as const)('%s', (name) => {
  test.each(composed)('%s: error below 5e-7 |x|', (_, build, exact) => {
    const run = program({ x: [values.length] }, ({ x }) => ({ y: build(x) }), { device: device(name) });
    run.inputs.x.set(values);
    const actual = run.run().y;
    const errors = Array.from(values, (x, i) => {
      const expected = exact(x);
      if (Math.fround(expected) === actual[i] || (Number.isNaN(expected) && Number.isNaN(actual[i]))) return 0;
      return Math.abs(actual[i] - expected) / Math.max(Math.abs(x), 2 ** -126);
    });
    run.dispose();
    expect(worst(errors, 5e-7)).toBeUndefined();
  });
});
