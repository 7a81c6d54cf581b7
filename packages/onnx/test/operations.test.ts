import * as t from '@gradus/tensor';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { differences, type Fill } from './support/compare.ts';

type Apply = (x: t.Tensor, y: t.Tensor, i: t.Tensor, j: t.Tensor) => t.TensorLike;

/** Floats x and y, integers from 0 to 3 i and j. */
const shapesOf = (rows: number): Record<'x' | 'y' | 'i' | 'j', readonly number[]> => ({
  x: [rows, 3, 4],
  y: [rows, 3, 4],
  i: [rows, 3, 4],
  j: [rows, 3],
});

const fill: Fill = (name, place) =>
  'ij'.includes(name) ? (place * 7 + name.charCodeAt(0)) % 4 : 2 * Math.sin(12.9898 * (place + 1) + name.charCodeAt(0));

const index = (): t.Tensor => t.constant([1], [1], 'int32');

const operations: Readonly<Record<string, Apply>> = {
  exp: t.exp,
  expm1: t.expm1,
  'expm1 near 0': (x) => t.mul(1e4, t.expm1(t.mul(x, 1e-4))),
  log: (x) => t.log(t.abs(x)),
  'log of sigmoid': (x) => t.log(t.sigmoid(t.mul(x, 20))),
  log1p: (x) => t.log1p(t.mul(x, 0.4)),
  'log1p near 0': (x) => t.mul(1e4, t.log1p(t.mul(x, 1e-4))),
  'log1p of the tiniest': (x) => t.mul(1e9, t.log1p(t.mul(x, 1e-9))),
  tanh: t.tanh,
  sigmoid: t.sigmoid,
  relu: t.relu,
  softplus: (x) => t.softplus(t.mul(x, 20)),
  square: t.square,
  sqrt: (x) => t.sqrt(t.abs(x)),
  reciprocal: (x) => t.reciprocal(t.add(t.abs(x), 1)),
  sin: t.sin,
  cos: t.cos,
  erf: t.erf,
  floor: t.floor,
  sign: (x, y) => t.sign(t.floor(t.add(x, y))),
  abs: t.abs,
  neg: t.neg,
  'neg of integers': (_x, _y, i) => t.neg(i),
  add: t.add,
  sub: t.sub,
  mul: t.mul,
  'div of integers': (_x, _y, i, j) => t.div(i, t.add(t.expandDims(j, 2), 1)),
  minimum: t.minimum,
  maximum: t.maximum,
  'maximum of integers': (_x, _y, i, j) => t.maximum(i, t.expandDims(j, -1)),
  'integers modulo 2³²': (_x, _y, i) => t.mul(t.add(i, 65_537), 65_537),
  less: t.less,
  lessEqual: (_x, _y, i) => t.lessEqual(i, 2),
  equal: (_x, _y, i, j) => t.equal(i, t.expandDims(j, 2)),
  notEqual: (_x, _y, i) => t.notEqual(i, 2),
  'and, or, not': (x, y) => t.logicalOr(t.logicalAnd(t.less(x, 0), t.less(y, 0)), t.logicalNot(t.less(x, 1))),
  where: (x, y) => t.where(t.less(x, y), x, 7),
  'where of integers': (x, _y, i) => t.where(t.less(x, 0), i, -1),
  'where of bools': (x, y) => t.where(t.less(x, 0), t.less(y, 0), t.less(y, 1)),
  'cast to integers': (x) => t.cast(t.mul(x, 3), 'int32'),
  'cast of what integers do not reach': (x) => t.cast(t.mul(x, 3e9), 'int32'),
  'cast of NaN': (x) => t.cast(t.log(x), 'int32'),
  'cast to bool': (_x, _y, i) => t.cast(i, 'bool'),
  'cast of NaN to bool': (x) => t.cast(t.log(x), 'bool'),
  'a constant repeated for every row': (x) => t.full([x.shape[0], 2], 3),
  'the sum of two that are repeated': (x) =>
    t.add(t.full([x.shape[0], 2], 3), t.broadcastTo(t.constant([2], [1, 2]), [x.shape[0], 2])),
  'repeated and multiplied': (x, y) =>
    t.matmul(x, t.transpose(t.broadcastTo(t.slice(y, [0, 0, 0], [-1, 1, -1]), y.shape))),
  reshape: (x) => t.reshape(x, [-1, 2]),
  'rows as the second axis': (x) => t.reshape(t.transpose(x, [1, 0, 2]), [3, x.shape[0] * 2, 2]),
  transpose: (x) => t.transpose(x, [2, 0, 1]),
  slice: (x) => t.slice(x, [0, 1, 2], [-1, 2, 1]),
  'a block of rows': (x) => {
    const twice = t.concat([x, t.neg(x)], 0);
    return t.slice(twice, [x.shape[0], 0, 0], x.shape);
  },
  pad: (x) =>
    t.pad(x, [
      [0, 0],
      [1, 2],
      [0, 3],
    ]),
  'pad of bools': (x) =>
    t.pad(t.less(x, 0), [
      [0, 0],
      [1, 0],
      [0, 0],
    ]),
  concat: (x, y) => t.concat([x, y, x], 1),
  stack: (x, y) => t.stack([x, y], 1),
  matmul: (x, y) => t.matmul(x, t.transpose(y)),
  'matmul by one matrix': (x) => t.matmul(x, t.constant([4, 2], [1, 2, 3, 4, 5, 6, 7, 8])),
  sum: (x) => t.sum(x, { axis: 1 }),
  'sum of integers': (_x, _y, i) => t.sum(i, { axis: [1, 2] }),
  'sum over axes that are no neighbours': (x) => t.sum(x, { axis: [0, 2] }),
  'sum of all': (x) => t.sum(x),
  max: (x) => t.max(x, { axis: -1, keepDims: true }),
  'max of bools': (x) => t.max(t.less(x, 0), { axis: -1 }),
  min: (_x, _y, i) => t.min(i, { axis: 1 }),
  argmax: (x) => t.argmax(x),
  'argmax of equal ones': (_x, _y, i) => t.argmax(i, 1),
  softmax: (x) => t.softmax(t.mul(x, 30)),
  logSoftmax: (x) => t.logSoftmax(t.mul(x, 30), 1),
  variance: (x) => t.variance(x, { axis: [1, 2] }),
  layerNorm: (x) => t.layerNorm(x, { scale: 2 }),
  cumulativeSum: (x) => t.cumulativeSum(x, { axis: 1 }),
  'cumulativeSum from the end': (x) => t.cumulativeSum(x, { reverse: true }),
  causalAttention: (x, y) => t.causalAttention(x, y, t.mul(x, y)),
  'attention with a mask': (x, y) =>
    t.attention(x, t.slice(y, [0, 1, 0], [-1, 2, -1]), t.slice(x, [0, 0, 0], [-1, 2, 1]), {
      isVisible: t.slice(t.greater(x, 0), [0, 0, 0], [-1, 1, 2]),
    }),
  'causalAttention of the last positions': (x, y) =>
    t.causalAttention(t.slice(x, [0, 1, 0], [-1, 2, -1]), y, t.mul(x, y)),
  'causal attention, nothing to be seen at first': (x, y) =>
    t.attention(x, y, t.mul(x, y), { causal: true, isVisible: t.greater(t.range(x.shape[1]), 0) }),
  embedding: (_x, _y, i) => t.embedding(t.constant([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]), i),
  gather: (x, _y, _i, j) => t.gather(x, j),
  'gather of integers': (_x, _y, i, j) => t.gather(i, j),
  oneHot: (_x, _y, _i, j) => t.oneHot(j, 4),
  scatterAdd: (x, _y, _i, j) => t.scatterAdd(x, j, [5, 4]),
  sliceAt: (x) => t.sliceAt(x, index(), { size: 2, axis: 1 }),
  updateAt: (x, y) => t.updateAt(x, t.slice(y, [0, 0, 0], [-1, 2, -1]), index(), { axis: 1 }),
  'convolution, stride 2': (x, y) => convolved(x, y, { stride: 2, padding: 'same' }),
  'convolution, windows inside': (x, y) => convolved(x, y, {}),
};

/** A convolution of pictures with two channels. */
function convolved(x: t.Tensor, y: t.Tensor, options: t.Conv2dOptions): t.Tensor {
  const image = t.stack([x, y], 3);
  const filters = t.constant(
    [2, 3, 2, 3],
    Array.from({ length: 36 }, (_, i) => Math.cos(i)),
  );
  return t.conv2d(image, filters, options);
}

/** All of them are in one file, whose results have numbers for names. */
const all = (rows: number): t.Program<Record<string, unknown>, Record<string, unknown>> => {
  const { x, y, i, j } = shapesOf(rows);
  const inputs = { x, y, i: { shape: i, dtype: 'int32' }, j: { shape: j, dtype: 'int32' } } as const;
  return t.program(inputs, (given) => {
    const results = Object.values(operations).map((apply, at) => [
      `result ${at}`,
      apply(given.x, given.y, given.i, given.j),
    ]);
    return Object.fromEntries(results) as Record<string, t.Tensor>;
  });
};

const found = await differences(ort, all, shapesOf, fill);

test.each(Object.keys(operations).map((name, at) => [name, at] as const))('%s', (_, at) => {
  expect(found[`result ${at}`]).toBeLessThan(1e-5);
});
