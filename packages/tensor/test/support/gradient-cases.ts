import type { Shape, Tensor } from '../../src/index.ts';
import * as g from '../../src/index.ts';

/** A differentiable function of some inputs. */
export interface GradientCase {
  readonly shapes: readonly Shape[];
  readonly apply: (...inputs: Tensor[]) => Tensor;
  /** Values of the inputs. Default: from −1.5 to 1.5. */
  readonly range?: readonly [low: number, high: number];
}

const unary = (apply: (x: Tensor) => Tensor, range?: readonly [number, number]): GradientCase => ({
  shapes: [[7]],
  apply,
  ...(range && { range }),
});
const binary = (apply: (a: Tensor, b: Tensor) => Tensor, range?: readonly [number, number]): GradientCase => ({
  shapes: [
    [3, 1, 2],
    [4, 1],
  ],
  apply,
  ...(range && { range }),
});
const of = (shapes: readonly Shape[], apply: (...inputs: Tensor[]) => Tensor): GradientCase => ({ shapes, apply });
const int = (values: readonly number[], shape: Shape = [values.length]): Tensor => g.constant(shape, values, 'int32');

const positive = [0.3, 2] as const;

/** Every operation that has a gradient, and networks made of them. */
export const gradientCases: Readonly<Record<string, GradientCase>> = {
  exp: unary(g.exp),
  expm1: unary(g.expm1),
  log: unary(g.log, positive),
  log1p: unary(g.log1p, [-0.6, 2]),
  tanh: unary(g.tanh),
  sigmoid: unary(g.sigmoid),
  relu: unary(g.relu),
  softplus: unary(g.softplus),
  square: unary(g.square),
  sqrt: unary(g.sqrt, positive),
  reciprocal: unary(g.reciprocal, positive),
  sin: unary(g.sin),
  cos: unary(g.cos),
  erf: unary(g.erf),
  abs: unary(g.abs),
  neg: unary(g.neg),
  silu: unary(g.silu),
  gelu: unary(g.gelu),
  'gelu, tanh': unary((x) => g.gelu(x, { approximate: 'tanh' })),
  clip: unary((x) => g.clip(g.square(x), 0.1, 1.2)),
  add: binary(g.add),
  sub: binary(g.sub),
  mul: binary(g.mul),
  div: binary(g.div, positive),
  minimum: binary((a, b) => g.minimum(g.square(a), b)),
  maximum: binary((a, b) => g.maximum(g.square(a), b)),
  where: binary((a, b) => g.where(g.less(a, b), g.mul(a, b), g.sin(b))),
  'a number twice': unary((x) => g.add(g.mul(x, x), g.mul(x, g.exp(x)))),
  sum: of([[2, 3, 4]], (x) => g.square(g.sum(g.sin(x), { axis: [0, 2] }))),
  'sum of neighbours, kept': of([[2, 3, 4]], (x) => g.square(g.sum(g.sin(x), { axis: [1, 2], keepDims: true }))),
  mean: of([[2, 3, 4]], (x) => g.exp(g.mean(x, { axis: 1 }))),
  variance: of([[2, 5]], (x) => g.log(g.variance(x, { axis: 1, correction: 1 }))),
  max: of([[3, 5]], (x) => g.square(g.max(x, { axis: 0 }))),
  min: of([[3, 5]], (x) => g.square(g.min(x, { axis: 1, keepDims: true }))),
  logSumExp: of([[3, 5]], (x) => g.square(g.logSumExp(x, { axis: 0 }))),
  softmax: of([[3, 5]], (x) => g.square(g.softmax(x))),
  'softmax along the first axis': of([[3, 5]], (x) => g.square(g.softmax(x, 0))),
  logSoftmax: of([[3, 5]], (x) => g.square(g.logSoftmax(x))),
  cumulativeSum: of([[3, 5]], (x) => g.sin(g.cumulativeSum(x, { axis: 0 }))),
  'cumulativeSum in reverse': of([[3, 5]], (x) => g.sin(g.cumulativeSum(x, { axis: 1, reverse: true }))),
  layerNorm: of([[3, 5], [5], [5]], (x, scale, shift) => g.sin(g.layerNorm(x, { scale, shift }))),
  rmsNorm: of([[3, 5], [5]], (x, scale) => g.sin(g.rmsNorm(x, { scale }))),
  matmul: of(
    [
      [3, 4],
      [4, 2],
    ],
    (a, b) => g.sin(g.matmul(a, b)),
  ),
  'matmul of a transposed matrix': of(
    [
      [4, 3],
      [2, 4],
    ],
    (a, b) => g.sin(g.matmul(g.transpose(a), g.transpose(b))),
  ),
  'matmul of batches': of(
    [
      [2, 1, 3, 4],
      [5, 4, 2],
    ],
    (a, b) => g.sin(g.matmul(a, b)),
  ),
  'matmul of a batch by one matrix': of(
    [
      [2, 3, 4],
      [4, 2],
    ],
    (a, b) => g.sin(g.matmul(a, b)),
  ),
  conv2d: of(
    [
      [2, 4, 5, 2],
      [3, 2, 2, 3],
    ],
    (x, w) => g.tanh(g.conv2d(x, w)),
  ),
  'conv2d, strided and padded': of(
    [
      [1, 5, 4, 2],
      [3, 3, 2, 2],
    ],
    (x, w) => g.tanh(g.conv2d(x, w, { stride: 2, padding: 'same' })),
  ),
  reshape: of([[2, 6]], (x) => g.cumulativeSum(g.reshape(g.square(x), [3, -1]))),
  transpose: of([[2, 3, 4]], (x) => g.cumulativeSum(g.square(g.transpose(x, [2, 0, 1])), { axis: 0 })),
  slice: of([[4, 5]], (x) => g.square(g.slice(x, [1, 2], [2, -1]))),
  broadcastTo: of([[3, 1]], (x) => g.cumulativeSum(g.square(g.broadcastTo(x, [2, 3, 4])))),
  pad: of([[2, 3]], (x) =>
    g.cos(
      g.pad(x, [
        [1, 0],
        [2, 1],
      ]),
    ),
  ),
  'concat and stack': of([[2, 3], [2]], (a, b) =>
    g.sin(g.stack([g.concat([a, g.expandDims(b, 1)]), g.concat([g.expandDims(b, 1), a])])),
  ),
  split: of([[2, 6]], (x) => {
    const [a, b, c] = g.split(x, 3);
    return g.mul(a, g.mul(b, c));
  }),
  embedding: of([[4, 3]], (table) => g.sin(g.embedding(table, int([2, 0, 2, 3], [2, 2])))),
  gather: of([[4, 3]], (x) => g.exp(g.gather(x, int([0, 2, 1, 1])))),
  scatterAdd: of([[4, 3]], (updates) => g.sin(g.scatterAdd(updates, int([1, 0, 1, 1]), [3, 3]))),
  sliceAt: of([[4, 3]], (x) => g.sin(g.sliceAt(x, int([1]), { size: 2 }))),
  updateAt: of(
    [
      [4, 3],
      [4, 2],
    ],
    (x, update) => g.sin(g.updateAt(x, update, int([1]), { axis: 1 })),
  ),
  'withGradient whose rule is a derivative': of([[5]], (x) =>
    g.withGradient(g.stopGradient(g.exp(x)), [x], (y, gradient) => [g.mul(y, gradient)]),
  ),
  'tanh network': of([[4, 3], [3, 5], [5], [5, 2]], (x, w, b, v) => g.matmul(g.tanh(g.add(g.matmul(x, w), b)), v)),
  'cross entropy of a network': of(
    [
      [4, 3],
      [3, 5],
      [5, 6],
    ],
    (x, w, v) => g.neg(g.gather(g.logSoftmax(g.matmul(g.silu(g.matmul(x, w)), v)), int([0, 5, 2, 2]))),
  ),
  attention: of(
    [
      [2, 3, 4],
      [2, 3, 4],
      [2, 3, 4],
    ],
    (q, k, v) => g.matmul(g.softmax(g.mul(g.matmul(q, g.transpose(k)), 0.5)), v),
  ),
  causalAttention: of(
    [
      [2, 5, 4],
      [2, 5, 4],
      [2, 5, 3],
    ],
    (q, k, v) => g.causalAttention(q, k, v),
  ),
  'attention of fewer queries than keys': of(
    [
      [2, 3, 4],
      [2, 5, 4],
      [2, 5, 3],
    ],
    (q, k, v) => g.attention(q, k, v),
  ),
  'attention of heads behind padding': of(
    [
      [2, 2, 4, 3],
      [2, 1, 4, 3],
      [2, 2, 4, 2],
    ],
    (q, k, v) => g.attention(q, k, v, { causal: true, isVisible: g.reshape(int([0, 1, 1, 1, 1, 0, 1, 1]), [2, 1, 4]) }),
  ),
  'causal attention of the last positions behind padding': of(
    [
      [2, 2, 2, 3],
      [2, 1, 4, 3],
      [2, 2, 4, 2],
    ],
    (q, k, v) => g.attention(q, k, v, { causal: true, isVisible: g.reshape(int([0, 1, 1, 1, 1, 0, 1, 1]), [2, 1, 4]) }),
  ),
  'causalAttention of heads that share keys and values': of(
    [
      [2, 3, 4, 2],
      [1, 4, 2],
      [4, 2],
    ],
    (q, k, v) => g.sin(g.causalAttention(q, k, v)),
  ),
};
