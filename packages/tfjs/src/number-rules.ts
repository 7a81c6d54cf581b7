import type { Tensor as Node } from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';

/*
 * Where TensorFlow.js leaves it to its backends what becomes of NaN and of numbers that an integer cannot hold, and they differ:
 * operations that keep the rules of `@gradus/tensor`.
 */

type Inputs = readonly tf.Tensor[];

/** True where x is not a number. */
function isNaN(x: tf.Tensor): tf.Tensor {
  return tf.notEqual(x, x);
}

/** One of two tensors, or the first NaN of both. */
function orNaN([a, b]: Inputs, result: tf.Tensor): tf.Tensor {
  return a.dtype === 'float32' ? tf.where(isNaN(a), a, tf.where(isNaN(b), b, result)) : result;
}

/** The larger one; NaN where one is NaN. */
export function maximum(inputs: Inputs): tf.Tensor {
  return orNaN(inputs, tf.maximum(inputs[0], inputs[1]));
}

/** The smaller one; NaN where one is NaN. */
export function minimum(inputs: Inputs): tf.Tensor {
  return orNaN(inputs, tf.minimum(inputs[0], inputs[1]));
}

/** −1, 0 or 1; NaN stays. */
export function sign([x]: Inputs): tf.Tensor {
  const one = tf.onesLike(x);
  return tf.where(tf.greater(x, 0), one, tf.where(tf.less(x, 0), tf.neg(one), x));
}

/** The index of the first largest element, where NaN is larger than everything. */
export function argmax([x]: Inputs, node: Node): tf.Tensor {
  const axis = node.attributes.start as number;
  const missing = tf.cast(isNaN(x), 'int32');
  return tf.where(tf.cast(tf.max(missing, axis), 'bool'), tf.argMax(missing, axis), tf.argMax(x, axis));
}

/** Another dtype. Floats that int32 does not reach become its nearer end, and NaN becomes 0; to bool by ≠ 0. */
export function cast([x]: Inputs, { dtype }: Node): tf.Tensor {
  // tf.cast keeps integers other than 0 and 1 as they are on the way to bool, on the wasm backend.
  if (dtype === 'bool') return tf.notEqual(x, tf.scalar(0, x.dtype as 'int32'));
  if (dtype !== 'int32' || x.dtype !== 'float32') return tf.cast(x, dtype);
  // 2³¹ − 1 is no float: the largest one below is 2³¹ − 128.
  const within = tf.where(isNaN(x), tf.zerosLike(x), tf.clipByValue(x, -(2 ** 31), 2 ** 31 - 128));
  const isAbove = tf.greaterEqual(x, tf.scalar(2 ** 31));
  return tf.where(isAbove, tf.fill(x.shape, 2 ** 31 - 1, 'int32'), tf.cast(within, 'int32'));
}

/** a · b; of integers modulo 2³², which the cpu backend computes in floats. */
export function mul([a, b]: Inputs): tf.Tensor {
  if (a.dtype !== 'int32' || tf.getBackend() !== 'cpu') return tf.mul(a, b);
  const factors = b.dataSync();
  return tf.tensor(
    a.dataSync().map((x, i) => Math.imul(x, factors[i])),
    a.shape,
    'int32',
  );
}
