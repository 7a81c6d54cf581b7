import type { AxisOptions, Tensor } from '@gradus/tensor';
import * as g from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';
import type { Family } from './cases.ts';
import { shapeOf, sizes } from './cases.ts';
import type { TestRandom } from './random.ts';

type Reduce = (x: Tensor, options: AxisOptions) => Tensor;
type TheirReduce = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor;

/** Over one axis, several (neighbours or not) or all, kept or not. */
const reduction =
  (ours: Reduce, theirs: TheirReduce): Family =>
  (random) => {
    const shape = shapeOf(random, [1, 2, 3, 4]);
    const some = shape.map((_, axis) => axis).filter(() => random.nextFloat() < 0.5);
    const axis = some.length === 0 ? [random.integer(shape.length)] : some;
    const keepDims = random.nextFloat() < 0.5;
    return { inputs: [{ shape }], ours: (x) => ours(x, { axis, keepDims }), theirs: (x) => theirs(x, axis, keepDims) };
  };

/** Along one axis, the result keeping the shape. */
const along =
  (ours: (x: Tensor, axis: number) => Tensor, theirs: (x: tf.Tensor, axis: number) => tf.Tensor): Family =>
  (random) => {
    const shape = shapeOf(random, [1, 2, 3]);
    const axis = random.integer(shape.length);
    return { inputs: [{ shape }], ours: (x) => ours(x, axis), theirs: (x) => theirs(x, axis) };
  };

function theirSoftmax(x: tf.Tensor, axis: number): tf.Tensor {
  const powers = tf.exp(x);
  return tf.div(powers, tf.sum(powers, axis, true));
}

/** Sums of longer and longer pieces; `tf.cumsum` has a wrong gradient for axes that are not the last. */
function theirRunningSums(x: tf.Tensor, axis: number, reverse: boolean): tf.Tensor {
  const extent = x.shape[axis];
  const sums = Array.from({ length: extent }, (_, i) => {
    const [from, count] = reverse ? [i, extent - i] : [0, i + 1];
    const begin = x.shape.map((_size, other) => (other === axis ? from : 0));
    return tf.sum(tf.slice(x, begin, x.shape.with(axis, count)), axis, true);
  });
  return tf.concat(sums, axis);
}

/** Reductions and what is made of them. */
export const reductions: Readonly<Record<string, Family>> = {
  sum: reduction(g.sum, (x, axes, keep) => tf.sum(x, axes, keep)),
  mean: reduction(g.mean, (x, axes, keep) => tf.mean(x, axes, keep)),
  max: reduction(g.max, (x, axes, keep) => tf.max(x, axes, keep)),
  min: reduction(g.min, (x, axes, keep) => tf.min(x, axes, keep)),
  variance: reduction(g.variance, (x, axes, keep) => tf.moments(x, axes, keep).variance),
  logSumExp: reduction(g.logSumExp, (x, axes, keep) => tf.log(tf.sum(tf.exp(x), axes, keep))),
  'sum of a chain': reduction(
    (x, options) => g.sum(g.square(g.tanh(x)), options),
    (x, axes, keep) => tf.sum(tf.square(tf.tanh(x)), axes, keep),
  ),
  softmax: along((x, axis) => g.softmax(x, axis), theirSoftmax),
  logSoftmax: along(
    (x, axis) => g.logSoftmax(x, axis),
    (x, axis) => tf.log(theirSoftmax(x, axis)),
  ),
  cumulativeSum: along(
    (x, axis) => g.cumulativeSum(x, { axis }),
    (x, axis) => theirRunningSums(x, axis, false),
  ),
  'cumulativeSum in reverse': along(
    (x, axis) => g.cumulativeSum(x, { axis, reverse: true }),
    (x, axis) => theirRunningSums(x, axis, true),
  ),
  layerNorm: (random) => {
    const shape = [...shapeOf(random, [1, 2]), random.pick([3, 7, 16, 33])];
    const width = shape.slice(-1);
    return {
      inputs: [{ shape }, { shape: width }, { shape: width }],
      ours: (x, scale, shift) => g.layerNorm(x, { scale, shift }),
      theirs: (x, scale, shift) => {
        const { mean, variance } = tf.moments(x, -1, true);
        return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), scale), shift);
      },
    };
  },
  rmsNorm: (random) => {
    const shape = [...shapeOf(random, [1, 2]), random.pick([3, 7, 16, 33])];
    return {
      inputs: [{ shape }, { shape: shape.slice(-1) }],
      ours: (x, scale) => g.rmsNorm(x, { scale }),
      theirs: (x, scale) => tf.mul(tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))), scale),
    };
  },
};

function threeSizes(random: TestRandom): [number, number, number] {
  return [random.pick(sizes), random.pick([...sizes, 100]), random.pick(sizes)];
}

/** Products and convolutions. */
export const products: Readonly<Record<string, Family>> = {
  matmul: (random) => {
    const [m, k, n] = threeSizes(random);
    return {
      inputs: [{ shape: [m, k] }, { shape: [k, n] }],
      ours: g.matmul,
      theirs: (a, b) => tf.matMul(a, b),
    };
  },
  'matmul of transposed operands': (random) => {
    const [m, k, n] = threeSizes(random);
    const [left, right] = [random.nextFloat() < 0.7, random.nextFloat() < 0.7];
    return {
      inputs: [{ shape: left ? [k, m] : [m, k] }, { shape: right ? [n, k] : [k, n] }],
      ours: (a, b) => g.matmul(left ? g.transpose(a) : a, right ? g.transpose(b) : b),
      theirs: (a, b) => tf.matMul(a, b, left, right),
    };
  },
  'matmul, bias and activation': (random) => {
    const [m, k, n] = threeSizes(random);
    return {
      inputs: [{ shape: [m, k] }, { shape: [k, n] }, { shape: [n] }],
      ours: (x, w, b) => g.tanh(g.add(g.matmul(x, w), b)),
      theirs: (x, w, b) => tf.tanh(tf.add(tf.matMul(x, w), b)),
    };
  },
  'matmul with batches that broadcast': (random) => {
    const [m, k, n] = threeSizes(random).map((size) => Math.min(size, 17));
    const batch = [random.pick([1, 2, 3]), random.pick([1, 2, 5])];
    const thin = (): number[] =>
      batch.map((extent) => (random.nextFloat() < 0.4 ? 1 : extent)).slice(random.integer(3));
    const [a, b] = [
      [...thin(), m, k],
      [...thin(), k, n],
    ];
    return {
      inputs: [{ shape: a }, { shape: b }],
      ours: g.matmul,
      // Written as a sum of products, since tf.matMul repeats one operand's batch only.
      theirs: (x, y) => tf.sum(tf.mul(tf.expandDims(x, -1), tf.expandDims(y, -3)), -2),
    };
  },
  causalAttention: (random) => {
    const [time, size, width] = threeSizes(random);
    const batch = [1 + random.integer(3), random.pick([1, 2])];
    return {
      inputs: [size, size, width].map((extent) => ({ shape: [...batch, time, extent] })),
      ours: g.causalAttention,
      // Written with a mask of numbers, as the first description of it: what is masked gets a score of −10⁹.
      theirs: (q, k, v) => {
        const scores = tf.div(tf.matMul(q, k, false, true), Math.sqrt(size));
        const positions = tf.range(0, time);
        const isLater = tf.less(tf.expandDims(positions, 1), tf.expandDims(positions, 0));
        return tf.matMul(theirSoftmax(tf.sub(scores, tf.mul(tf.cast(isLater, 'float32'), 1e9)), 3), v);
      },
    };
  },
  'attention with a mask': (random) => {
    const [time, size, width] = threeSizes(random);
    const [batch, positions] = [1 + random.integer(3), 1 + random.integer(40)];
    // The first of the keys is always seen.
    const isVisible = Float32Array.from({ length: positions }, (_, i) => Number(i === 0 || random.nextFloat() < 0.5));
    return {
      inputs: [{ shape: [batch, time, size] }, { shape: [batch, positions, size] }, { shape: [positions, width] }],
      ours: (q, k, v) => g.attention(q, k, v, { isVisible: g.constant([positions], isVisible) }),
      theirs: (q, k, v) => {
        const scores = tf.div(tf.matMul(q, k, false, true), Math.sqrt(size));
        const hidden = tf.mul(tf.sub(1, tf.tensor1d(isVisible)), 1e9);
        const weights = theirSoftmax(tf.sub(scores, hidden), 2);
        return tf.reshape(tf.matMul(tf.reshape(weights, [-1, positions]), v), [batch, time, width]);
      },
    };
  },
  conv2d: (random) => {
    const [batch, height, width] = [1 + random.integer(2), 5 + random.integer(4), 4 + random.integer(5)];
    const [rows, columns] = [1 + random.integer(4), 1 + random.integer(3)];
    const [input, output, stride] = [random.pick([1, 3, 4]), random.pick([1, 2, 5]), 1 + random.integer(3)];
    const padding = random.pick(['same', 'valid'] as const);
    return {
      inputs: [{ shape: [batch, height, width, input] }, { shape: [rows, columns, input, output] }],
      ours: (x, w) => g.conv2d(x, w, { stride, padding }),
      theirs: (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding),
    };
  },
};

/** Ways of arranging elements. */
export const arrangements: Readonly<Record<string, Family>> = {
  reshape: (random) => ({
    inputs: [{ shape: [4, 3, random.pick(sizes)] }],
    ours: (x) => g.reshape(g.square(x), [2, -1]),
    theirs: (x) => tf.reshape(tf.square(x), [2, -1]),
  }),
  transpose: (random) => {
    const shape = shapeOf(random, [2, 3, 4]);
    const permutation = shape.map((_, axis) => axis).sort(() => random.nextFloat() - 0.5);
    return {
      inputs: [{ shape }],
      ours: (x) => g.reshape(g.transpose(x, permutation), [-1]),
      theirs: (x) => tf.reshape(tf.transpose(x, permutation), [-1]),
    };
  },
  'slice and expandDims': (random) => {
    const shape = shapeOf(random, [1, 2, 3]);
    const begin = shape.map((extent) => random.integer(extent));
    const size = shape.map((extent, axis) => 1 + random.integer(extent - begin[axis]));
    return {
      inputs: [{ shape }],
      ours: (x) => g.squeeze(g.expandDims(g.expandDims(g.slice(x, begin, size), 0), 1), 0),
      theirs: (x) => tf.expandDims(tf.slice(x, begin, size), 0),
    };
  },
  broadcastTo: (random) => {
    const shape = shapeOf(random, [1, 2]);
    return {
      inputs: [{ shape: shape.map((extent, axis) => (axis === 0 ? 1 : extent)) }],
      ours: (x) => g.broadcastTo(x, [3, ...shape]),
      theirs: (x) => tf.broadcastTo(x, [3, ...shape]),
    };
  },
  pad: (random) => {
    const shape = shapeOf(random, [1, 2, 3]);
    const amounts = shape.map((): [number, number] => [random.integer(3), random.integer(3)]);
    return { inputs: [{ shape }], ours: (x) => g.pad(x, amounts), theirs: (x) => tf.pad(x, amounts) };
  },
  'concat and stack': (random) => {
    const shape = shapeOf(random, [1, 2, 3]);
    const axis = random.integer(shape.length);
    const other = shape.with(axis, random.pick(sizes));
    return {
      inputs: [{ shape }, { shape: other }],
      ours: (a, b) => g.stack([g.concat([a, b, a], axis), g.concat([b, a, a], axis)], axis),
      theirs: (a, b) => tf.stack([tf.concat([a, b, a], axis), tf.concat([b, a, a], axis)], axis),
    };
  },
  split: (random) => {
    const shape = shapeOf(random, [1, 2, 3]);
    const axis = random.integer(shape.length);
    return {
      inputs: [{ shape: shape.with(axis, 6) }],
      ours: (x) => {
        const [a, b, c] = g.split(x, 3, axis);
        return g.add(g.mul(a, b), c);
      },
      theirs: (x) => {
        const [a, b, c] = tf.split(x, 3, axis);
        return tf.add(tf.mul(a, b), c);
      },
    };
  },
  embedding: (random) => ({
    inputs: [{ shape: [5, random.pick(sizes)] }, { shape: shapeOf(random, [1, 2]), below: 5 }],
    ours: g.embedding,
    theirs: (table, index) => tf.gather(table, index),
  }),
  'gather of one element a row': (random) => {
    const shape = [...shapeOf(random, [1, 2]), 6];
    return {
      inputs: [{ shape }, { shape: shape.slice(0, -1), below: 6 }],
      ours: g.gather,
      theirs: (x, index) => tf.sum(tf.mul(x, tf.oneHot(index, 6)), -1),
    };
  },
  scatterAdd: (random) => {
    const [count, width] = [random.pick(sizes), random.pick(sizes)];
    return {
      inputs: [{ shape: [count, width] }, { shape: [count], below: 4 }],
      ours: (updates, index) => g.scatterAdd(updates, index, [4, width]),
      theirs: (updates, index) => tf.matMul(tf.cast(tf.oneHot(index, 4), 'float32'), updates, true),
    };
  },
  sliceAt: (random) => {
    const shape = shapeOf(random, [1, 2, 3]);
    const axis = random.integer(shape.length);
    const size = Math.max(1, shape[axis] - 2);
    return {
      inputs: [{ shape }, { shape: [], below: shape[axis] - size + 1 }],
      ours: (x, index) => g.sliceAt(x, index, { size, axis }),
      theirs: (x, index) =>
        tf.slice(
          x,
          shape.map((_, i) => (i === axis ? index.dataSync()[0] : 0)),
          shape.with(axis, size),
        ),
    };
  },
  updateAt: (random) => {
    const shape = shapeOf(random, [1, 2, 3]);
    const axis = random.integer(shape.length);
    const size = Math.max(1, shape[axis] - 2);
    return {
      inputs: [{ shape }, { shape: shape.with(axis, size) }, { shape: [], below: shape[axis] - size + 1 }],
      ours: (x, update, index) => g.updateAt(x, update, index, { axis }),
      theirs: (x, update, index) => {
        const [start] = index.dataSync();
        const inside = Array.from({ length: shape[axis] }, (_, i) => Number(i >= start && i < start + size));
        const mask = tf.tensor(
          inside,
          shape.map((extent, i) => (i === axis ? extent : 1)),
        );
        const before = shape.map((extent, i): [number, number] =>
          i === axis ? [start, extent - size - start] : [0, 0],
        );
        return tf.add(tf.mul(x, tf.sub(1, mask)), tf.pad(update, before));
      },
    };
  },
};
