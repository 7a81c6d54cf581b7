import type { Activation, Layer, Module, Parameters } from '@gradus/tensor';
import { checkArguments, layerSizes } from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';

type TheirActivation = 'linear' | 'relu' | 'tanh' | 'sigmoid' | 'gelu' | 'swish' | 'softplus';

/** Names of activations in TensorFlow.js. */
export const activationNames: Readonly<Record<Activation, TheirActivation>> = {
  linear: 'linear',
  relu: 'relu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  gelu: 'gelu',
  silu: 'swish',
  softplus: 'softplus',
};

/**
 * A stack of linear, convolutional and flattening layers as a `tf.Sequential` with the same weights: what `mlp`,
 * `linear`, `convolution`, `flatten` and `sequential` of them make. The weights are copied; layers are named as their parameters are, `0` for `0.weight`.
 *
 * ```ts
 * const policy = mlp({ input: 4, hidden: [64], output: 2, activation: 'tanh', random });
 * const model = toLayersModel(policy, [4]);
 * await model.save('downloads://policy');
 * ```
 * @param inputShape of one example, without the batch axis.
 * @throws TypeError for a module that is not such a stack.
 * @throws Error what TensorFlow.js throws where the shapes of the layers do not fit `inputShape`.
 */
export function toLayersModel(module: Module, inputShape: readonly number[]): tf.Sequential {
  checkArguments('toLayersModel', { inputShape }, { inputShape: layerSizes });
  // JavaScript passes anything.
  const { layers = [], parameters = {} } = (module as Module | null | undefined) ?? {};
  if (layers.length === 0) {
    throw new TypeError(
      'toLayersModel: expected a stack of linear, convolution and flatten layers, got another module',
    );
  }
  const model = tf.sequential();
  layers.forEach((layer, i) => {
    const name = nameOf(layer, i, parameters);
    const translated = toTensorflow(layer, i === 0 ? { name, inputShape: [...inputShape] } : { name });
    model.add(translated);
    if (layer.kind !== 'flatten') copyWeights(layer, translated);
  });
  return model;
}

/** What its parameters' names have in common, since TensorFlow.js would number all layers that were ever made. */
function nameOf(layer: Layer, i: number, parameters: Parameters): string {
  const weight = layer.kind === 'flatten' ? undefined : layer.weight;
  const [name = ''] = Object.entries(parameters).find(([, variable]) => variable === weight) ?? [];
  return name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : `${layer.kind}_${i}`;
}

function toTensorflow(layer: Layer, input: { readonly name: string; readonly inputShape?: number[] }): tf.layers.Layer {
  if (layer.kind === 'flatten') return tf.layers.flatten(input);
  const common = { ...input, activation: activationNames[layer.activation], useBias: layer.bias !== undefined };
  if (layer.kind === 'linear') return tf.layers.dense({ ...common, units: layer.weight.shape[1] });
  const [rows, columns, , filters] = layer.weight.shape;
  const { stride: strides, padding } = layer;
  return tf.layers.conv2d({ ...common, kernelSize: [rows, columns], filters, strides, padding });
}

function copyWeights({ weight, bias }: Exclude<Layer, { kind: 'flatten' }>, to: tf.layers.Layer): void {
  const variables = bias === undefined ? [weight] : [weight, bias];
  const tensors = variables.map((variable) => tf.tensor(variable.read(), [...variable.shape]));
  to.setWeights(tensors);
  tf.dispose(tensors);
}
