import type { Module } from '@gradus/tensor';
import { Variable } from '@gradus/tensor';
import type * as tf from '@tensorflow/tfjs';

/** Says which layer is not understood, and why. */
export function unsupported(layer: tf.layers.Layer, problem: string): TypeError {
  return new TypeError(`fromLayersModel: layer '${layer.name}' (${layer.getClassName()}) is not supported: ${problem}`);
}

/** A weight by its name, such as `kernel` of `dense_1/kernel`. */
export function weightOf(layer: tf.layers.Layer, name: string): tf.Tensor {
  const found = layer.weights.find((weight) => weight.originalName.split('/').at(-1) === name);
  if (found === undefined) throw unsupported(layer, `it has no weight '${name}'`);
  return found.read();
}

/** What a layer of TensorFlow.js is here. */
export type ImportLayer = (layer: tf.layers.Layer, config: Readonly<Record<string, unknown>>) => Module;

/** A parameter with the values of a weight. */
export function parameterOf(layer: tf.layers.Layer, weight: string, name: string): Variable {
  const tensor = weightOf(layer, weight);
  return new Variable(tensor.shape, tensor.dataSync(), { name });
}
