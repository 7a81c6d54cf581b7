import type { Device, DType, Tensor, TensorData } from '@gradus/tensor';
import * as g from '@gradus/tensor';
import { tensorflow } from '@gradus/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { describe, expect, test } from 'vitest';

/** The rules of the README of `@gradus/tensor` for what numbers cannot hold, worked out by hand, on every device. */
const devices: readonly Device[] = [
  g.device('wasm'),
  g.device('native'),
  await tensorflow({ backend: 'cpu' }),
  await tensorflow({ backend: 'wasm' }),
];

interface Input {
  readonly values: readonly number[];
  readonly dtype: DType;
  readonly shape?: readonly number[];
}

const floats = (...values: number[]): Input => ({ values, dtype: 'float32' });
const ints = (...values: number[]): Input => ({ values, dtype: 'int32' });
const bools = (...values: number[]): Input => ({ values, dtype: 'bool' });
const rows = (count: number, input: Input): Input => ({ ...input, shape: [count, input.values.length / count] });

type Rule = readonly [
  name: string,
  inputs: readonly Input[],
  apply: (...x: Tensor[]) => Tensor,
  expected: readonly number[],
];

const [least, largest] = [-(2 ** 31), 2 ** 31 - 1];
const specials = floats(NaN, -Infinity, -3e9, least, -1.5, -0, 0, 0.5, 1.9, 2147483520, 2 ** 31, 3e9, Infinity);
/** Every pair of −1, NaN and 2. */
const [left, right] = [floats(-1, -1, -1, NaN, NaN, NaN, 2, 2, 2), floats(-1, NaN, 2, -1, NaN, 2, -1, NaN, 2)];

const rules: readonly Rule[] = [
  [
    'cast to int32 goes towards zero, to the nearer end, and takes NaN for 0',
    [specials],
    (x) => g.cast(x, 'int32'),
    [0, least, least, least, -1, 0, 0, 0, 1, 2147483520, largest, largest, largest],
  ],
  ['cast to bool is ≠ 0', [specials], (x) => g.cast(x, 'bool'), [1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1]],
  ['cast of integers to bool', [ints(0, 2, -1, least)], (x) => g.cast(x, 'bool'), [0, 1, 1, 1]],
  [
    'cast of integers to floats is to the nearest',
    [ints(16777217, 16777219, largest, least)],
    (x) => g.cast(x, 'float32'),
    [16777216, 16777220, 2147483648, -2147483648],
  ],
  ['a bool that holds another number is true', [bools(0, 1, 5, -3)], (x) => g.cast(x, 'float32'), [0, 1, 1, 1]],
  ['the sum of bools counts them', [bools(0, 1, 5, -3)], (x) => g.sum(x), [3]],
  ['maximum: NaN wins', [left, right], g.maximum, [-1, NaN, 2, NaN, NaN, NaN, 2, NaN, 2]],
  ['minimum: NaN wins', [left, right], g.minimum, [-1, NaN, -1, NaN, NaN, NaN, -1, NaN, 2]],
  ['clip: NaN stays', [floats(NaN, -5, 5)], (x) => g.clip(x, -1, 1), [NaN, -1, 1]],
  ['less: false of NaN', [left, right], g.less, [0, 0, 1, 0, 0, 0, 0, 0, 0]],
  ['lessEqual: false of NaN', [left, right], g.lessEqual, [1, 0, 1, 0, 0, 0, 0, 0, 1]],
  ['greater: false of NaN', [left, right], g.greater, [0, 0, 0, 0, 0, 0, 1, 0, 0]],
  ['greaterEqual: false of NaN', [left, right], g.greaterEqual, [1, 0, 0, 0, 0, 0, 1, 0, 1]],
  ['equal: false of NaN', [left, right], g.equal, [1, 0, 0, 0, 0, 0, 0, 0, 1]],
  ['notEqual: true of NaN', [left, right], g.notEqual, [0, 1, 1, 1, 1, 1, 1, 1, 0]],
  ['−0 equals 0', [floats(-0, 0), floats(0, -0)], g.equal, [1, 1]],
  ['sign: NaN stays', [floats(NaN, -Infinity, -1e-45, 3)], g.sign, [NaN, -1, -1, 1]],
  ['relu: NaN stays', [floats(NaN, -Infinity, -1, 3)], g.relu, [NaN, 0, 0, 3]],
  ['abs', [floats(NaN, -Infinity, -0.5)], g.abs, [NaN, Infinity, 0.5]],
  ['floor', [floats(NaN, -0.5, 2.5, -Infinity)], g.floor, [NaN, -1, 2, -Infinity]],
  [
    'max of rows: NaN wins',
    [rows(3, floats(1, NaN, 3, 4, 2, 3, -Infinity, -Infinity, -Infinity))],
    maxOf,
    [NaN, 4, -Infinity],
  ],
  ['min of rows: NaN wins', [rows(2, floats(1, NaN, 3, 4, 2, 3))], (x) => g.min(x, { axis: 1 }), [NaN, 2]],
  ['max of columns: NaN wins', [rows(2, floats(1, NaN, 3, 4, 2, 3))], (x) => g.max(x, { axis: 0 }), [4, NaN, 3]],
  ['sum: NaN stays', [floats(1, NaN, 3)], (x) => g.sum(x), [NaN]],
  ['argmax: the first NaN', [rows(2, floats(1, NaN, 3, NaN, NaN, 9))], (x) => g.argmax(x), [1, 0]],
  [
    'argmax: the first of equal ones',
    [rows(2, floats(2, 7, 7, -Infinity, -Infinity, -Infinity))],
    (x) => g.argmax(x),
    [1, 0],
  ],
  ['argmax of columns', [rows(3, floats(1, 5, 2, NaN, 2, NaN))], (x) => g.argmax(x, 0), [1, 1]],
  [
    'argmax of long rows',
    [floats(...Array.from({ length: 700 }, (_, i) => (i === 600 ? NaN : i)))],
    (x) => g.argmax(x),
    [600],
  ],
  ['argmax of large integers', [rows(2, ints(16777216, 16777217, 5, largest, largest, 1))], (x) => g.argmax(x), [1, 0]],
  ['argmax of bools', [bools(0, 0, 1, 1)], (x) => g.argmax(x), [2]],
  ['integers add modulo 2³²', [ints(largest, least, 5), ints(1, -1, 6)], g.add, [least, largest, 11]],
  ['integers subtract modulo 2³²', [ints(least, largest, 5), ints(1, -1, 6)], g.sub, [largest, least, -1]],
  [
    'integers multiply modulo 2³²',
    [ints(123456789, largest, least, 65537, -7), ints(987654321, largest, -1, 65537, 3)],
    g.mul,
    [-67153019, 1, least, 131073, -21],
  ],
  ['−(−2³¹) is −2³¹', [ints(least, 3)], g.neg, [least, -3]],
  ['the negative of a bool is an integer', [bools(1, 0)], g.neg, [-1, 0]],
  ['integers sum modulo 2³²', [ints(largest, largest, 3)], (x) => g.sum(x), [1]],
  ['integers divide as floats', [ints(7, 1, -1, 0), ints(2, 0, 0, 0)], g.div, [3.5, Infinity, -Infinity, NaN]],
  ['large integers are told apart', [ints(16777216, 16777217), ints(16777217, 16777217)], g.less, [1, 0]],
  ['… and equal', [ints(16777216, 16777217), ints(16777217, 16777217)], g.equal, [0, 1]],
  ['… and the larger of two', [ints(16777216, least), ints(16777217, largest)], g.maximum, [16777217, largest]],
  ['… and the smaller', [ints(16777216, least), ints(16777217, largest)], g.minimum, [16777216, least]],
  ['… and of many', [ints(16777216, 16777217, 5)], (x) => g.max(x), [16777217]],
  ['… and the smallest', [ints(-16777216, -16777217, 5)], (x) => g.min(x), [-16777217]],
  ['… when picked', [ints(16777217, 3), ints(1, 0)], (x, i) => g.embedding(x, i), [3, 16777217]],
  ['… one of each row', [rows(2, ints(16777217, 3, 4, largest)), ints(0, 1)], g.gather, [16777217, largest]],
  ['… when joined', [ints(16777217), ints(largest)], (a, b) => g.concat([a, b]), [16777217, largest]],
  ['… when padded', [ints(16777217)], (a) => g.pad(a, [[1, 1]]), [0, 16777217, 0]],
  ['where: NaN is true', [floats(NaN, 0, -0, 0.5)], (x) => g.where(x, 1, 2), [1, 2, 2, 1]],
  ['where keeps what is not chosen away', [bools(1, 0), floats(1, NaN), floats(NaN, 2)], g.where, [1, 2]],
  ['where of large integers', [bools(1, 0), ints(16777217, 1), ints(1, least)], g.where, [16777217, least]],
  ['logicalAnd of other numbers than 0 and 1', [ints(2, 4, 0), ints(4, 4, 1)], g.logicalAnd, [1, 1, 0]],
  ['logicalOr', [floats(0.5, NaN, 0), floats(0, 0, -0)], g.logicalOr, [1, 1, 0]],
  ['logicalNot', [floats(0.5, NaN, 0)], g.logicalNot, [0, 0, 1]],
  ['oneHot of an index outside is all 0', [ints(1, -1, 3)], (x) => g.oneHot(x, 3), [0, 1, 0, 0, 0, 0, 0, 0, 0]],
  ['a number that int32 has not is a float', [ints(largest, 5)], (x) => g.less(x, 3e9), [1, 1]],
  ['gelu vanishes far below', [floats(-104, -1e19, -Infinity, NaN)], (x) => g.add(g.gelu(x), 0), [0, 0, 0, NaN]],
  ['silu too', [floats(-1e4, -1e19, -Infinity, NaN)], (x) => g.add(g.silu(x), 0), [0, 0, 0, NaN]],
];

function maxOf(x: Tensor): Tensor {
  return g.max(x, { axis: 1 });
}

describe.each(devices.map((device) => [device.name, device] as const))('%s', (_, device) => {
  test.each(rules)('%s', (_name, inputs, apply, expected) => {
    const specs = inputs.map(
      ({ values, dtype, shape }, i) => [`x${i}`, { shape: shape ?? [values.length], dtype }] as const,
    );
    const compiled = g.program(Object.fromEntries(specs), (x) => ({ y: apply(...specs.map(([name]) => x[name])) }), {
      device,
    });
    Object.values<TensorData>(compiled.inputs).forEach((input, i) => {
      input.set(inputs[i].values);
    });
    const actual = [...compiled.run().y];
    compiled.dispose();
    expect(actual.map((value) => value + 0)).toEqual([...expected]);
  });
});
