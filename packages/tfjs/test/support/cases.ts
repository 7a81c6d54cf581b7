import type { Shape, Tensor } from '@gradus/tensor';
import * as g from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';
import type { TestRandom } from './random.ts';

/** An input of a case: floats from a range, away from points where a function has a kink, or integers below a number. */
export interface CaseInput {
  readonly shape: Shape;
  readonly range?: readonly [low: number, high: number];
  readonly below?: number;
}

/** One operation on inputs of some shapes: as a user of the engine writes it, and as one of TensorFlow.js does. */
export interface Case {
  readonly inputs: readonly CaseInput[];
  readonly ours: (...inputs: Tensor[]) => Tensor;
  readonly theirs: (...inputs: tf.Tensor[]) => tf.Tensor;
}

/** Makes a case with shapes drawn at random. */
export type Family = (random: TestRandom) => Case;

/** Sizes that fill vectors, that do not, and 1. */
const sizes = [1, 2, 3, 5, 7, 8, 13, 16, 17, 33] as const;

function shapeOf(random: TestRandom, ranks: readonly number[] = [1, 2, 3]): number[] {
  const rank = random.pick(ranks);
  if (rank === 1 && random.nextFloat() < 0.3) return [100];
  return Array.from({ length: rank }, (_, axis) => random.pick(axis > 1 ? sizes.slice(0, 6) : sizes));
}

/** Two shapes that broadcast to one another. */
function twoShapes(random: TestRandom): [Shape, Shape] {
  const shape = shapeOf(random);
  const thin = (): number[] => shape.map((extent) => (random.nextFloat() < 0.3 ? 1 : extent));
  const [a, b] = [thin(), thin().slice(random.integer(shape.length))];
  return random.nextFloat() < 0.5 ? [a, b] : [b, a];
}

const unary =
  (ours: (x: Tensor) => Tensor, theirs: (x: tf.Tensor) => tf.Tensor, range?: readonly [number, number]): Family =>
  (random) => ({ inputs: [{ shape: shapeOf(random), ...(range && { range }) }], ours, theirs });

const binary =
  (
    ours: (a: Tensor, b: Tensor) => Tensor,
    theirs: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
    range: readonly [number, number] = [-2, 2],
  ): Family =>
  (random) => {
    const [a, b] = twoShapes(random);
    return {
      inputs: [
        { shape: a, range },
        { shape: b, range },
      ],
      ours,
      theirs,
    };
  };

/** The same on small integers, which are often equal. */
const integral =
  (ours: (a: Tensor, b: Tensor) => Tensor, theirs: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Family =>
  (random) => {
    const [a, b] = twoShapes(random);
    return {
      inputs: [
        { shape: a, below: 4 },
        { shape: b, below: 4 },
      ],
      ours,
      theirs,
    };
  };

const positive = [0.2, 3] as const;

/** The same values, through which TensorFlow.js lets no gradient flow. */
function detached(x: tf.Tensor): tf.Tensor {
  return tf.tensor(x.dataSync(), x.shape);
}

/** For operations that TensorFlow.js does not differentiate where operands broadcast: both have the same shape before. */
function together(apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): (a: tf.Tensor, b: tf.Tensor) => tf.Tensor {
  return (a, b) => apply(tf.add(a, tf.zerosLike(b)), tf.add(b, tf.zerosLike(a)));
}

/** Functions of each element. */
export const elementwise: Readonly<Record<string, Family>> = {
  exp: unary(g.exp, tf.exp),
  expm1: unary(g.expm1, tf.expm1),
  log: unary(g.log, tf.log, positive),
  log1p: unary(g.log1p, tf.log1p, [-0.7, 3]),
  tanh: unary(g.tanh, tf.tanh, [-5, 5]),
  sigmoid: unary(g.sigmoid, tf.sigmoid, [-8, 8]),
  relu: unary(g.relu, tf.relu),
  softplus: unary(g.softplus, tf.softplus, [-8, 8]),
  square: unary(g.square, tf.square),
  sqrt: unary(g.sqrt, tf.sqrt, positive),
  reciprocal: unary(g.reciprocal, tf.reciprocal, positive),
  sin: unary(g.sin, tf.sin, [-7, 7]),
  cos: unary(g.cos, tf.cos, [-7, 7]),
  erf: unary(g.erf, tf.erf, [-3, 3]),
  floor: unary(g.floor, tf.floor, [-3, 3]),
  sign: unary(g.sign, tf.sign),
  abs: unary(g.abs, tf.abs),
  neg: unary(g.neg, tf.neg),
  silu: unary(g.silu, (x) => tf.mul(x, tf.sigmoid(x)), [-5, 5]),
  gelu: unary(g.gelu, (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1)), [-3, 3]),
  'gelu, tanh': unary(
    (x) => g.gelu(x, { approximate: 'tanh' }),
    (x) => {
      const inner = tf.add(x, tf.mul(tf.pow(x, tf.scalar(3)), 0.044715));
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(inner, Math.sqrt(2 / Math.PI))), 1));
    },
    [0.1, 3],
  ),
  clip: unary(
    (x) => g.clip(x, -0.5, 0.75),
    (x) => tf.clipByValue(x, -0.5, 0.75),
  ),
  'cast to int32 and back': unary(
    (x) => g.add(g.cast(g.cast(x, 'int32'), 'float32'), g.mul(x, 0.5)),
    (x) => tf.add(tf.cast(tf.cast(detached(x), 'int32'), 'float32'), tf.mul(x, 0.5)),
    [-5, 5],
  ),
  stopGradient: unary(
    (x) => g.mul(g.stopGradient(g.square(x)), x),
    (x) => tf.mul(tf.square(detached(x)), x),
  ),
  add: binary(g.add, tf.add),
  sub: binary(g.sub, tf.sub),
  mul: binary(g.mul, tf.mul),
  div: binary(g.div, tf.div, positive),
  minimum: binary(g.minimum, together(tf.minimum)),
  maximum: binary(g.maximum, together(tf.maximum)),
  'a·b + a': binary(
    (a, b) => g.add(g.mul(a, b), a),
    (a, b) => tf.add(tf.mul(a, b), a),
  ),
  'where(a < b)': binary(
    (a, b) => g.where(g.less(a, b), g.mul(a, 2), b),
    together((a, b) => tf.where(tf.less(detached(a), detached(b)), tf.mul(a, 2), b)),
  ),
  'comparisons of floats': binary(
    (a, b) => g.add(g.add(g.cast(g.less(a, b), 'int32'), g.mul(2, g.lessEqual(a, b))), g.mul(4, g.greater(a, b))),
    (a, b) => {
      const int = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'int32');
      return tf.add(
        tf.add(int(tf.less(a, b)), tf.mul(int(tf.lessEqual(a, b)), tf.scalar(2, 'int32'))),
        tf.mul(int(tf.greater(a, b)), tf.scalar(4, 'int32')),
      );
    },
  ),
};

/** Integers and bools: exact, and without gradients. */
export const integers: Readonly<Record<string, Family>> = {
  add: integral(g.add, tf.add),
  sub: integral(g.sub, tf.sub),
  mul: integral(g.mul, tf.mul),
  minimum: integral(g.minimum, tf.minimum),
  maximum: integral(g.maximum, tf.maximum),
  div: integral(
    (a, b) => g.div(a, g.add(b, 1)),
    (a, b) => tf.div(tf.cast(a, 'float32'), tf.cast(tf.add(b, tf.scalar(1, 'int32')), 'float32')),
  ),
  neg: integral(
    (a, b) => g.neg(g.add(a, b)),
    (a, b) => tf.neg(tf.add(a, b)),
  ),
  less: integral(g.less, tf.less),
  lessEqual: integral(g.lessEqual, tf.lessEqual),
  equal: integral(g.equal, tf.equal),
  notEqual: integral(g.notEqual, tf.notEqual),
  greater: integral(g.greater, tf.greater),
  greaterEqual: integral(g.greaterEqual, tf.greaterEqual),
  'and, or, not': integral(
    (a, b) => g.logicalOr(g.logicalAnd(a, g.logicalNot(b)), g.equal(a, b)),
    (a, b) => {
      const [p, q] = [tf.cast(a, 'bool'), tf.cast(b, 'bool')];
      return tf.logicalOr(tf.logicalAnd(p, tf.logicalNot(q)), tf.equal(a, b));
    },
  ),
  'sum, max and min': (random) => ({
    inputs: [{ shape: shapeOf(random, [2]), below: 50 }],
    ours: (x) => g.add(g.sum(x, { axis: 0 }), g.sub(g.max(x, { axis: 0 }), g.min(x, { axis: 0 }))),
    theirs: (x) => tf.add(tf.sum(x, 0), tf.sub(tf.max(x, 0), tf.min(x, 0))),
  }),
  'sum of bools': (random) => ({
    inputs: [{ shape: shapeOf(random, [2]), below: 2 }],
    ours: (x) => g.sum(g.equal(x, 1), { axis: 1 }),
    theirs: (x) => tf.sum(x, 1),
  }),
  oneHot: (random) => ({
    inputs: [{ shape: shapeOf(random, [1, 2]), below: 6 }],
    ours: (x) => g.oneHot(x, 5),
    theirs: (x) => tf.oneHot(tf.cast(x, 'int32'), 5, 1, 0, 'float32'),
  }),
  'embedding of int32 rows': (random) => ({
    inputs: [
      { shape: [5, random.pick(sizes)], below: 90 },
      { shape: shapeOf(random, [1]), below: 5 },
    ],
    ours: g.embedding,
    theirs: (table, index) => tf.gather(table, index),
  }),
  argmax: (random) => {
    const shape = shapeOf(random, [1, 2, 3]);
    const axis = random.integer(shape.length);
    return { inputs: [{ shape, below: 9 }], ours: (x) => g.argmax(x, axis), theirs: (x) => tf.argMax(x, axis) };
  },
};

export { shapeOf, sizes };
