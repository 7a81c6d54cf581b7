import type { Tensor as Node } from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';

/** Backends that would have to wait for the GPU to look at an index. */
const unchecked: readonly string[] = ['webgl', 'webgpu'];

/** @throws RangeError for an index outside [0, limit); not on a GPU of the browser, where looking would stall it. */
function checkIndex(operation: string, index: tf.Tensor, limit: number): void {
  if (unchecked.includes(tf.getBackend())) return;
  for (const value of index.dataSync()) {
    if (value < 0 || value >= limit) {
      throw new RangeError(`${operation}: expected an index of at least 0 and less than ${limit}, got ${value}`);
    }
  }
}

/** Rows of a table by number. */
export function gatherRows([table, index]: readonly tf.Tensor[]): tf.Tensor {
  checkIndex('gather', index, table.shape[0]);
  return tf.gather(table, index);
}

/** The places in all of x of one element of each row. */
function placesOf(index: tf.Tensor, width: number): tf.Tensor1D {
  const rowStart = tf.mul(tf.range(0, index.size, 1, 'int32'), tf.scalar(width, 'int32'));
  return tf.add(tf.reshape(index, [-1]), rowStart);
}

/** One element of each row. */
export function gatherEach([x, index]: readonly tf.Tensor[]): tf.Tensor {
  const width = x.shape[x.rank - 1];
  checkIndex('gather', index, width);
  return tf.reshape(tf.gather(tf.reshape(x, [-1]), placesOf(index, width)), index.shape);
}

/** Zeros but for one element of each row. */
export function scatterEach([updates, index]: readonly tf.Tensor[], { shape }: Node): tf.Tensor {
  const width = shape[shape.length - 1];
  checkIndex('scatterAdd', index, width);
  const places = tf.reshape(placesOf(index, width), [-1, 1]);
  return tf.reshape(tf.scatterND(places, tf.reshape(updates, [-1]), [index.size * width]), [...shape]);
}

/** Rows added up by number. */
export function scatterAdd([updates, index]: readonly tf.Tensor[], node: Node): tf.Tensor {
  checkIndex(node.op, index, node.shape[0]);
  const rows = tf.reshape(updates, [index.size, ...node.shape.slice(1)]);
  return tf.scatterND(tf.reshape(index, [index.size, 1]), rows, [...node.shape]);
}

/** A block of an axis that begins at an index. */
export function sliceAt([x, index]: readonly tf.Tensor[], node: Node): tf.Tensor {
  const axis = node.attributes.axis as number;
  const size = node.shape[axis];
  checkIndex(node.op, index, x.shape[axis] - size + 1);
  return tf.gather(x, tf.add<tf.Tensor1D>(tf.range(0, size, 1, 'int32'), index), axis);
}

/** A block of an axis replaced: each element is taken either from `x` or from `update`, which is put behind it. */
export function updateAt([x, update, index]: readonly tf.Tensor[], node: Node): tf.Tensor {
  const axis = node.attributes.axis as number;
  const [size, length] = [x.shape[axis], update.shape[axis]];
  checkIndex(node.op, index, size - length + 1);
  const own = tf.range(0, size, 1, 'int32');
  const relative = tf.sub(own, index);
  const inside = tf.logicalAnd(
    tf.greaterEqual(relative, tf.scalar(0, 'int32')),
    tf.less(relative, tf.scalar(length, 'int32')),
  );
  const source = tf.where<tf.Tensor1D>(inside, tf.add(relative, tf.scalar(size, 'int32')), own);
  return tf.gather(tf.concat([x, update], axis), source, axis);
}
