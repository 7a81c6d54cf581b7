import type { Tensor, TensorLike, Variable } from '@gradus/tensor';
import {
  add,
  asTensor,
  cast,
  div,
  embedding,
  layerNorm,
  max,
  mean,
  minimum,
  module,
  mul,
  relu,
  reshape,
  shapeText,
  slice,
  softmax,
  sqrt,
  sub,
} from '@gradus/tensor';
import type * as tf from '@tensorflow/tfjs';
import { parameterOf, unsupported, type ImportLayer } from './layer-weights.ts';

/** Scale and shift of a normalization, where it has them. */
function scaleAndShift(
  layer: tf.layers.Layer,
  { scale, center }: Readonly<Record<string, unknown>>,
): Record<string, Variable> {
  return {
    ...(scale !== false && { scale: parameterOf(layer, 'gamma', 'scale') }),
    ...(center !== false && { shift: parameterOf(layer, 'beta', 'shift') }),
  };
}

/** @throws TypeError unless an axis is the last one. */
function checkLastAxis(layer: tf.layers.Layer, axis: unknown): void {
  const rank = (layer.outputShape as readonly unknown[]).length;
  const [only, ...others] = [axis].flat();
  if (others.length > 0 || (only !== -1 && only !== rank - 1)) {
    throw unsupported(layer, `expected the last axis, got axis ${JSON.stringify(axis)}`);
  }
}

/** By the statistics of training. */
const batchNormalization: ImportLayer = (layer, config) => {
  checkLastAxis(layer, config.axis);
  const own = scaleAndShift(layer, config);
  const center = parameterOf(layer, 'moving_mean', 'mean');
  const variance = parameterOf(layer, 'moving_variance', 'variance');
  return module({ ...own, mean: center, variance }, (x) => {
    const normalized = div(sub(x, center), sqrt(add(variance, config.epsilon as number)));
    return add(mul(normalized, own.scale ?? 1), own.shift ?? 0);
  });
};

const layerNormalization: ImportLayer = (layer, config) => {
  checkLastAxis(layer, config.axis);
  const own = scaleAndShift(layer, config);
  return module(own, (x) => layerNorm(x, { ...own, epsilon: config.epsilon as number }));
};

const embeddingLayer: ImportLayer = (layer, { maskZero }) => {
  if (maskZero === true) throw unsupported(layer, 'expected no mask of zeros');
  const weight = parameterOf(layer, 'embeddings', 'weight');
  return module({ weight }, (x) => embedding(weight, cast(x, 'int32')));
};

/** Windows that lie side by side; pixels that fill none are left out. */
const pooling =
  (reduce: (x: Tensor, options: { readonly axis: readonly number[] }) => Tensor): ImportLayer =>
  (layer, { poolSize, strides, padding, dataFormat }) => {
    const size = poolSize as readonly [number, number];
    const isPlain = dataFormat === 'channelsLast' && JSON.stringify(strides) === JSON.stringify(size);
    if (!isPlain || padding !== 'valid') {
      throw unsupported(
        layer,
        `expected windows side by side and inside, channels last; got windows ${shapeText(size)}, strides ${JSON.stringify(strides)}, padding ${JSON.stringify(padding)}`,
      );
    }
    return module({}, (x) => {
      const image = asTensor(x);
      const [rows, height, width, channels] = image.shape;
      const out = [Math.floor(height / size[0]), Math.floor(width / size[1])];
      const whole = slice(image, [0, 0, 0, 0], [rows, out[0] * size[0], out[1] * size[1], channels]);
      return reduce(reshape(whole, [rows, out[0], size[0], out[1], size[1], channels]), { axis: [2, 4] });
    });
  };

const overImage =
  (reduce: (x: TensorLike, options: { readonly axis: readonly number[] }) => Tensor): ImportLayer =>
  (layer, { dataFormat }) => {
    if (dataFormat !== 'channelsLast') throw unsupported(layer, 'expected channels last');
    return module({}, (x) => reduce(x, { axis: [1, 2] }));
  };

/** Layers by the names of their classes. */
export const importedLayers: Readonly<Record<string, ImportLayer>> = {
  ReLU: (_, { maxValue }) => module({}, (x) => (typeof maxValue === 'number' ? minimum(relu(x), maxValue) : relu(x))),
  Softmax: (layer, { axis }) => {
    checkLastAxis(layer, axis ?? -1);
    return module({}, (x) => softmax(x));
  },
  Rescaling: (_, { scale, offset }) => module({}, (x) => add(mul(x, scale as number), offset as number)),
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  Embedding: embeddingLayer,
  MaxPooling2D: pooling(max),
  AveragePooling2D: pooling(mean),
  GlobalMaxPooling2D: overImage(max),
  GlobalAveragePooling2D: overImage(mean),
};
