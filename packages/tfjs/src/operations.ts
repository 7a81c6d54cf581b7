import type { Tensor as Node } from '@gradus/tensor';
import { scalarValue, sizeOf } from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';
import { attention, attentionGradient } from './attention.ts';
import { col2im, im2col } from './windows.ts';
import { gatherEach, gatherRows, scatterAdd, scatterEach, sliceAt, updateAt } from './index-operations.ts';
import { argmax, cast, maximum, minimum, mul, sign } from './number-rules.ts';
import { uniformNumbers } from './threefry.ts';

/** Computes a node of a graph from its inputs. */
export type Operation = (inputs: readonly tf.Tensor[], node: Node) => tf.Tensor;

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const unary =
  (apply: Unary): Operation =>
  ([x]) =>
    apply(x);
const binary =
  (apply: Binary): Operation =>
  ([a, b]) =>
    apply(a, b);

/** A reduction over the axes from `start` to `end`. */
const reduction =
  (apply: (x: tf.Tensor, axes: number[]) => tf.Tensor): Operation =>
  ([x], node) => {
    const { start, end } = node.attributes as { start: number; end: number };
    return apply(
      x,
      Array.from({ length: end - start }, (_, i) => start + i),
    );
  };

/** What each operation of a graph is in TensorFlow.js. Inputs and variables are not computed and have no entry. */
export const operations: Readonly<Record<string, Operation>> = {
  constant: (_, node) => tf.scalar(constantValue(node), node.dtype),
  constantData: (_, node) => hostTensor(node.trace.constants.get(node.id) ?? [], node),

  exp: unary(tf.exp),
  expm1: unary(tf.expm1),
  log: unary(tf.log),
  log1p: unary(tf.log1p),
  tanh: unary(tf.tanh),
  sigmoid: unary(tf.sigmoid),
  relu: unary(tf.relu),
  softplus: unary(tf.softplus),
  square: unary(tf.square),
  sqrt: unary(tf.sqrt),
  reciprocal: unary(tf.reciprocal),
  sin: unary(tf.sin),
  cos: unary(tf.cos),
  erf: unary(tf.erf),
  floor: unary(tf.floor),
  sign,
  abs: unary(tf.abs),
  neg: unary(tf.neg),
  logicalNot: unary(tf.logicalNot),
  cast,

  add: binary(tf.add),
  sub: binary(tf.sub),
  mul,
  div: binary(tf.div),
  minimum,
  maximum,
  less: binary(tf.less),
  lessEqual: binary(tf.lessEqual),
  equal: binary(tf.equal),
  notEqual: binary(tf.notEqual),
  logicalAnd: binary(tf.logicalAnd),
  logicalOr: binary(tf.logicalOr),
  where: ([condition, a, b]) => tf.where(condition, a, b),

  broadcast: ([x], node) => tf.broadcastTo(x, [...node.shape]),
  reshape: ([x], node) => tf.reshape(x, [...node.shape]),
  transpose: ([x], node) => tf.transpose(x, [...(node.attributes.permutation as number[])]),
  slice: ([x], node) => tf.slice(x, [...(node.attributes.begin as number[])], [...node.shape]),
  stopGradient: unary(tf.clone),
  withGradient: unary(tf.clone),
  pad: ([x], node) => tf.pad(x, node.attributes.amounts as [number, number][]),
  concat: (inputs, node) => tf.concat([...inputs], node.attributes.axis as number),

  sum: reduction((x, axes) => tf.sum(x, axes)),
  max: reduction((x, axes) => tf.max(x, axes)),
  min: reduction((x, axes) => tf.min(x, axes)),
  argmax,
  cumulativeSum: ([x], node) => tf.cumsum(x, node.attributes.start as number, false, node.attributes.reverse === true),

  matmul,
  attention,
  attentionGradient,
  im2col,
  col2im,
  gatherRows,
  gatherEach,
  scatterAdd,
  scatterEach,
  sliceAt,
  updateAt,
  randomUniform: ([key], node) => {
    const [first, second] = key.dataSync();
    const numbers = uniformNumbers([first, second], node.attributes.stream as number, sizeOf(node.shape));
    return hostTensor(numbers, node);
  },
};

function constantValue(node: Node): number | boolean {
  const value = scalarValue(node);
  return node.dtype === 'bool' ? value !== 0 : value;
}

/** A tensor with the shape and dtype of a node and the given elements, which it may keep. */
export function hostTensor(values: ArrayLike<number>, { shape, dtype }: Pick<Node, 'shape' | 'dtype'>): tf.Tensor {
  const types = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
  const data = values instanceof types[dtype] ? values : types[dtype].from(values);
  return tf.tensor(data, [...shape], dtype);
}

/** `tf.matMul` broadcasts leading axes of one operand only, so both are repeated here. */
function matmul([a, b]: readonly tf.Tensor[], node: Node): tf.Tensor {
  if (b.rank === 2) return tf.reshape(tf.matMul(tf.reshape(a, [-1, b.shape[0]]), b), [...node.shape]);
  const batch = node.shape.slice(0, -2);
  const repeat = (x: tf.Tensor): tf.Tensor => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  return tf.matMul(repeat(a), repeat(b));
}
