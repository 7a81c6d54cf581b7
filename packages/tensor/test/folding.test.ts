import { describe, expect, test } from 'vitest';
import type { DType, Shape, Tensor, TensorData } from '../src/index.ts';
import * as g from '../src/index.ts';

/*
 * What is known when a program is traced is computed then, and numbers in a program are read from its code: every operation gives
 * the same bits for constants as for inputs that hold the same values.
 */

const special: Readonly<Record<DType, readonly number[]>> = {
  float32: [
    0,
    -0,
    1,
    -1,
    0.1,
    -2.5,
    1 / 3,
    16777217,
    1e-45,
    1e-39,
    3e38,
    -3e38,
    2 ** 31,
    -3e9,
    Infinity,
    -Infinity,
    NaN,
  ],
  int32: [0, 1, -1, 2, 7, 65537, 16777217, 123456789, 987654321, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1],
  bool: [0, 1],
};

const dtypes = Object.keys(special) as DType[];

/** Bits; NaNs are all alike. */
function bitsOf(data: TensorData): number[] {
  if (data instanceof Int32Array) return [...data];
  const bits = new Int32Array(Float32Array.from(data).buffer);
  return Array.from(data, (x, i) => (Number.isNaN(x) ? 0x7fc00000 : bits[i]));
}

interface Argument {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: readonly number[];
}

type Apply = (...x: Tensor[]) => Tensor;
type Stand = (argument: Argument) => Tensor;

/** How constants come into a program: as data, or, where there is only one, as a number of its code. */
const data: Stand = ({ shape, dtype, values }) => g.constant(shape, values, dtype);
const number: Stand = ({ shape, dtype, values: [value] }) => g.broadcastTo(g.scalar(value, dtype), shape);

function constants(apply: Apply, cases: readonly (readonly Argument[])[], stand: Stand, device: g.Device): number[][] {
  const results = g.evaluate(() => Object.fromEntries(cases.map((each, i) => [`y${i}`, apply(...each.map(stand))])), {
    device,
  });
  return Object.values<TensorData>(results).map(bitsOf);
}

function inputs(apply: Apply, cases: readonly (readonly Argument[])[], device: g.Device): number[][] {
  const [first] = cases;
  const specs = first.map(({ shape, dtype }, i) => [`x${i}`, { shape, dtype }] as const);
  const run = g.program(Object.fromEntries(specs), (x) => ({ y: apply(...specs.map(([name]) => x[name])) }), {
    device,
  });
  const results = cases.map((each) => {
    Object.values<TensorData>(run.inputs).forEach((input, i) => {
      input.set(each[i].values);
    });
    return bitsOf(run.run().y);
  });
  run.dispose();
  return results;
}

const unary: Readonly<Record<string, Apply>> = {
  ...{ exp: g.exp, expm1: g.expm1, log: g.log, log1p: g.log1p, tanh: g.tanh, sigmoid: g.sigmoid, relu: g.relu },
  ...{ softplus: g.softplus, square: g.square, sqrt: g.sqrt, reciprocal: g.reciprocal, sin: g.sin, cos: g.cos },
  ...{ erf: g.erf, floor: g.floor, sign: g.sign, abs: g.abs, neg: g.neg, silu: g.silu, logicalNot: g.logicalNot },
  ...{
    stopGradient: g.stopGradient,
    gelu: (x) => g.gelu(x),
    'gelu by tanh': (x) => g.gelu(x, { approximate: 'tanh' }),
  },
  ...{ 'cast to float32': (x) => g.cast(x, 'float32'), 'cast to int32': (x) => g.cast(x, 'int32') },
  ...{ 'cast to bool': (x) => g.cast(x, 'bool'), 'twice negated': (x) => g.neg(g.neg(x)) },
  ...{
    'x + 0': (x) => g.add(x, 0),
    '0 + x': (x) => g.add(0, x),
    'x − 0': (x) => g.sub(x, 0),
    'x + −0': (x) => g.add(x, -0),
  },
  ...{
    'x − −0': (x) => g.sub(x, -0),
    '0 − x': (x) => g.sub(0, x),
    'x · 1': (x) => g.mul(x, 1),
    'x / 1': (x) => g.div(x, 1),
  },
  ...{ 'x < 3e9': (x) => g.less(x, 3e9), 'x · 3e9': (x) => g.mul(x, 3e9), 'x + 0.5': (x) => g.add(x, 0.5) },
  ...{ 'sum of one': (x) => g.sum(x), 'max of one': (x) => g.max(x), 'mean of one': (x) => g.mean(x) },
};

const binary: Readonly<Record<string, Apply>> = {
  ...{ add: g.add, sub: g.sub, mul: g.mul, div: g.div, minimum: g.minimum, maximum: g.maximum, less: g.less },
  ...{ lessEqual: g.lessEqual, equal: g.equal, notEqual: g.notEqual, greater: g.greater, greaterEqual: g.greaterEqual },
  ...{ logicalAnd: g.logicalAnd, logicalOr: g.logicalOr, where: (a, b) => g.where(a, b, a) },
  clip: (a, b) => g.clip(a, b, 1),
};

const scalarOf = (dtype: DType, value: number): Argument => ({ shape: [], dtype, values: [value] });

/** Rows of special values. */
function table(dtype: DType, rows: number, columns: number): Argument {
  const values = Array.from({ length: rows * columns }, (_, i) => special[dtype][(i * 5 + 1) % special[dtype].length]);
  return { shape: [rows, columns], dtype, values };
}

const index: Argument = { shape: [3], dtype: 'int32', values: [2, 0, 1] };
const key: Argument = { shape: [2], dtype: 'int32', values: [-5, 2 ** 31 - 1] };
const tame: Argument = { shape: [3, 4], dtype: 'float32', values: Array.from({ length: 12 }, (_, i) => Math.sin(i)) };
const image: Argument = { shape: [1, 3, 4, 1], dtype: 'float32', values: tame.values };
const each = dtypes.map((dtype) => table(dtype, 3, 4));

/** What is computed from whole tensors. */
type Structural = readonly [name: string, apply: Apply, cases: readonly (readonly Argument[])[]];

const structural: readonly Structural[] = [
  ...(['sum', 'max', 'min', 'mean', 'variance', 'logSumExp'] as const).flatMap((name): Structural[] => [
    [`${name} of rows`, (x) => g[name](x, { axis: 1 }), each.map((x) => [x])],
    [`${name} of columns`, (x) => g[name](x, { axis: 0, keepDims: true }), each.map((x) => [x])],
    [`${name} of all`, (x) => g[name](x), each.map((x) => [x])],
  ]),
  ['argmax of rows', (x) => g.argmax(x), each.map((x) => [x])],
  ['argmax of columns', (x) => g.argmax(x, 0), each.map((x) => [x])],
  ['softmax', (x) => g.softmax(x), each.map((x) => [x])],
  ['logSoftmax', (x) => g.logSoftmax(x, 0), each.map((x) => [x])],
  ['cumulativeSum', (x) => g.cumulativeSum(x, { reverse: true }), each.map((x) => [x])],
  ['layerNorm', (x) => g.layerNorm(x), each.map((x) => [x])],
  ['rmsNorm', (x) => g.rmsNorm(x), each.map((x) => [x])],
  ['reshape', (x) => g.reshape(x, [2, -1]), each.map((x) => [x])],
  ['transpose', (x) => g.transpose(x), each.map((x) => [x])],
  ['slice', (x) => g.slice(x, [1, 0], [2, 3]), each.map((x) => [x])],
  [
    'pad',
    (x) =>
      g.pad(x, [
        [0, 1],
        [2, 0],
      ]),
    each.map((x) => [x]),
  ],
  ['broadcastTo', (x) => g.broadcastTo(x, [2, 3, 4]), each.map((x) => [x])],
  ['expandDims and squeeze', (x) => g.squeeze(g.expandDims(x, 1), 1), each.map((x) => [x])],
  ['split, concat and stack', (x) => g.stack([g.concat(g.split(x, 2)), x]), each.map((x) => [x])],
  ['embedding', g.embedding, each.map((x) => [x, index])],
  ['gather', g.gather, each.map((x) => [x, index])],
  ['scatterAdd', (x, i) => g.scatterAdd(x, i, [3, 4]), each.map((x) => [x, index])],
  ['oneHot', (i) => g.oneHot(i, 3), [[index]]],
  ['sliceAt', (x, i) => g.sliceAt(x, g.slice(i, [2], [1]), { size: 2 }), each.map((x) => [x, index])],
  ['updateAt', (x, i) => g.updateAt(x, g.slice(x, [0, 0], [1, 4]), g.slice(i, [0], [1])), each.map((x) => [x, index])],
  ['matmul', (a, b) => g.matmul(a, g.transpose(b)), each.map((x) => [x, tame])],
  ['causalAttention', (q) => g.causalAttention(q, q, q), [[tame]]],
  ['conv2d', (x) => g.conv2d(x, g.full([2, 2, 1, 2], 0.3), { padding: 'same' }), [[image]]],
  ['randomUniform', (k) => g.randomUniform(k, [5]), [[key]]],
  ['randomNormal', (k) => g.randomNormal(k, [5]), [[key]]],
  ['randomCategorical', (x, k) => g.randomCategorical(k, x), [[tame, key]]],
];

describe.each(['wasm', 'native'] as const)('%s', (name) => {
  const device = g.device(name);

  test.each(Object.entries(unary))('%s', (_, apply) => {
    for (const dtype of dtypes) {
      const cases = special[dtype].map((value) => [scalarOf(dtype, value)]);
      const computed = inputs(apply, cases, device);
      expect(constants(apply, cases, number, device), dtype).toEqual(computed);
      expect(constants(apply, cases, data, device), dtype).toEqual(computed);
    }
  });

  test.each(Object.entries(binary))('%s', (_, apply) => {
    for (const first of dtypes) {
      for (const second of dtypes) {
        const cases = special[first].flatMap((a) =>
          special[second].map((b) => [scalarOf(first, a), scalarOf(second, b)]),
        );
        expect(constants(apply, cases, number, device), `${first}, ${second}`).toEqual(inputs(apply, cases, device));
      }
    }
  });

  test.each(structural)('%s', (_, apply, all) => {
    for (const cases of all) expect(constants(apply, [cases], data, device)).toEqual(inputs(apply, [cases], device));
    // One number for all, which is read from the code.
    for (const cases of all) {
      const single = cases.map((each) =>
        each === key || each === index ? each : { ...each, values: each.values.map(() => each.values[0]) },
      );
      const mixed: Stand = (argument) => (argument === key || argument === index ? data : number)(argument);
      expect(constants(apply, [single], mixed, device)).toEqual(inputs(apply, [single], device));
    }
  });
});

test('numbers take the rule of cast on their way into integers and bools', () => {
  const numbers = [3e9, -3e9, Infinity, NaN, 2.9, -2.9];
  const expected = [2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 1, 0, 2, -2];
  const ways: readonly ((dtype: DType) => TensorData)[] = [
    (dtype) => g.evaluate(() => g.constant([6], numbers, dtype)),
    (dtype) => g.evaluate(() => g.stack(numbers.map((value) => g.scalar(value, dtype)))),
    (dtype) => g.evaluate(() => g.stack(numbers.map((value) => g.cast(value, dtype)))),
    (dtype) => g.evaluate(() => g.cast(g.constant([6], numbers), dtype)),
    (dtype) => g.variable([6], numbers, { dtype }).read(),
    (dtype) => {
      const variable = g.variable([6], undefined, { dtype });
      g.evaluate(() => g.asTensor(variable));
      variable.write(numbers);
      return variable.read();
    },
  ];
  for (const way of ways) {
    expect([...way('int32')]).toEqual(expected);
    expect([...way('bool')]).toEqual([1, 1, 1, 1, 1, 1]);
  }
});
