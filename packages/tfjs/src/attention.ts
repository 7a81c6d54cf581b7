import type { Tensor as Node } from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';

/** Weights, and what they are made of, each with all leading axes. */
interface Attended {
  readonly queries: tf.Tensor;
  readonly keys: tf.Tensor;
  readonly values: tf.Tensor;
  readonly weights: tf.Tensor;
  /** 1 / √d. */
  readonly scale: number;
}

/** softmax(q kᵀ / √d) v over what is seen. */
export function attention(inputs: readonly tf.Tensor[], node: Node): tf.Tensor {
  const { weights, values } = attended(inputs, inputs.slice(3), node, node);
  return timeFirst(tf.matMul(weights, values));
}

/** The gradients with respect to queries, keys and values, in one row. */
export function attentionGradient(inputs: readonly tf.Tensor[], node: Node): tf.Tensor {
  const [out, gradient] = inputs.slice(-2);
  const { queries, keys, values, weights, scale } = attended(
    inputs,
    inputs.slice(3, -2),
    node,
    node.inputs[node.inputs.length - 2],
  );
  const toOut = headsFirst(gradient);
  const mean = tf.sum(tf.mul(headsFirst(out), toOut), -1, true);
  const toWeights = tf.matMul(toOut, values, false, true);
  const toScores = tf.mul(tf.mul(weights, tf.sub(toWeights, mean)), scale);
  const parts = [tf.matMul(toScores, keys), tf.matMul(toScores, queries, true), tf.matMul(weights, toOut, true)];
  return tf.concat(parts.map((part) => tf.reshape(timeFirst(part), [-1])));
}

function attended(
  [q, k, v]: readonly tf.Tensor[],
  [mask]: readonly (tf.Tensor | undefined)[],
  node: Node,
  out: Node,
): Attended {
  const leading = order(out.shape.length)
    .map((_, i, axes) => out.shape[axes.indexOf(i)])
    .slice(0, -2);
  const repeat = (x: tf.Tensor): tf.Tensor => tf.broadcastTo(x, [...leading, ...x.shape.slice(-2)]);
  const [queries, keys, values] = [q, k, v].map(repeat);
  const scale = 1 / Math.sqrt(q.shape[q.rank - 1]);
  const scores = tf.mul(tf.matMul(queries, keys, false, true), scale);
  let isSeen = tf.onesLike(scores);
  if (node.attributes.causal === true) isSeen = tf.linalg.bandPart(isSeen, -1, 0);
  if (mask !== undefined) isSeen = tf.mul(isSeen, tf.cast(tf.expandDims(mask, -2), 'float32'));
  const seen = tf.cast(isSeen, 'bool');
  const softmax = tf.softmax(tf.where(seen, scores, tf.fill(scores.shape, -Infinity)));
  return { queries, keys, values, weights: tf.where(seen, softmax, tf.zerosLike(scores)), scale };
}

/** The axes of […₀, time, …, width] among those of […, time, width]. */
function order(rank: number): number[] {
  const leading = Array.from({ length: rank - 2 }, (_, axis) => axis);
  return [...leading.slice(0, 1), rank - 2, ...leading.slice(1), rank - 1];
}

function timeFirst(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, order(x.rank));
}

function headsFirst(x: tf.Tensor): tf.Tensor {
  const axes = order(x.rank);
  return tf.transpose(
    x,
    axes.map((_, axis) => axes.indexOf(axis)),
  );
}
