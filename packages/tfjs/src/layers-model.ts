import type { Activation, Layer, Module, RandomSource, Variable } from '@gradus/tensor';
import {
  checkArguments,
  convolution,
  flatten,
  layerSizes,
  linear,
  sequential,
  shapeText,
  valueText,
} from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';

/** Names of activations in TensorFlow.js. */
const activationNames = {
  linear: 'linear',
  relu: 'relu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  gelu: 'gelu',
  silu: 'swish',
  softplus: 'softplus',
} as const satisfies Readonly<Record<Activation, string>>;

/**
 * A stack of linear, convolutional and flattening layers as a `tf.Sequential` with the same weights: what `mlp`,
 * `linear`, `convolution`, `flatten` and `sequential` of them make. The weights are copied.
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
  const { layers = [] } = (module as Module | null | undefined) ?? {};
  if (layers.length === 0) {
    throw new TypeError(
      'toLayersModel: expected a stack of linear, convolution and flatten layers, got another module',
    );
  }
  const model = tf.sequential();
  layers.forEach((layer, i) => {
    const translated = toTensorflow(layer, i === 0 ? { inputShape: [...inputShape] } : {});
    model.add(translated);
    if (layer.kind !== 'flatten') copyWeights(layer, translated);
  });
  return model;
}

function toTensorflow(layer: Layer, input: { readonly inputShape?: number[] }): tf.layers.Layer {
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

/**
 * The network of a `tf.LayersModel` as a module with parameters of its own (`0.weight`, `0.bias`, …, by the position
 * among its layers): a chain of Dense, Conv2D and Flatten. Dropout, which does nothing in a trained network, is left out.
 * @throws TypeError for a model that is not such a chain, naming the layer and what about it is not supported.
 */
export function fromLayersModel(model: tf.LayersModel): Module {
  if (!(model instanceof tf.LayersModel)) {
    throw new TypeError(`fromLayersModel: expected a tf.LayersModel, got ${valueText(model)}`);
  }
  const modules: Module[] = [];
  let end: unknown = model.inputs[0];
  for (const layer of model.layers) {
    const isInput = layer.getClassName() === 'InputLayer';
    if (!isInput && layer.input !== end) throw unsupported(layer, 'it does not follow the layer before it');
    end = layer.output;
    const translated = isInput ? undefined : fromTensorflow(layer);
    if (translated !== undefined) modules.push(translated);
  }
  if (model.inputs.length > 1 || model.outputs.length > 1 || model.outputs[0] !== end) {
    throw new TypeError(`fromLayersModel: expected a chain of layers from one input to one output`);
  }
  return sequential(modules);
}

function unsupported(layer: tf.layers.Layer, problem: string): TypeError {
  return new TypeError(`fromLayersModel: layer '${layer.name}' (${layer.getClassName()}) is not supported: ${problem}`);
}

/** Weights are given afterwards, so nothing is drawn. */
const noRandom: RandomSource = { nextFloat: () => 0, normal: () => 0 };

function fromTensorflow(layer: tf.layers.Layer): Module | undefined {
  const config = layer.getConfig();
  const [weight] = layer.getWeights();
  switch (layer.getClassName()) {
    case 'Dropout':
      return undefined;
    case 'Flatten':
      return flatten;
    case 'Dense': {
      const [input, output] = weight.shape;
      const bias = config.useBias === true ? 'zeros' : false;
      const activation = activationOf(layer);
      const dense = linear({ input, output, weight: 'zeros', bias, activation, random: noRandom });
      return withWeights(dense, layer);
    }
    case 'Conv2D':
      return withWeights(fromConvolution(layer, weight.shape), layer);
    default:
      throw unsupported(layer, 'known are Dense, Conv2D, Flatten and Dropout');
  }
}

function fromConvolution(layer: tf.layers.Layer, [rows, columns, input, output]: readonly number[]): Module {
  const { padding, strides, dataFormat, dilationRate } = layer.getConfig();
  const [stride, otherStride] = [strides].flat() as number[];
  if (rows !== columns || stride !== (otherStride ?? stride)) {
    throw unsupported(
      layer,
      `windows and strides must be square, got ${shapeText([rows, columns])}, stride ${JSON.stringify(strides)}`,
    );
  }
  if (dataFormat !== 'channelsLast' || [dilationRate].flat().some((rate) => (rate ?? 1) !== 1)) {
    throw unsupported(layer, 'expected channels last and no dilation');
  }
  if (padding !== 'valid' && padding !== 'same') throw unsupported(layer, `padding ${JSON.stringify(padding)}`);
  const activation = activationOf(layer);
  return convolution({ input, output, kernel: rows, stride, padding, weight: 'zeros', activation, random: noRandom });
}

function activationOf(layer: tf.layers.Layer): Activation {
  const name = layer.getConfig().activation;
  for (const [own, theirs] of Object.entries(activationNames)) if (theirs === name) return own as Activation;
  throw unsupported(
    layer,
    `activation ${JSON.stringify(name)}; known are ${Object.values(activationNames).join(', ')}`,
  );
}

function withWeights(module: Module, layer: tf.layers.Layer): Module {
  const variables: readonly (Variable | undefined)[] = [module.parameters.weight, module.parameters.bias];
  layer.getWeights().forEach((tensor, i) => variables[i]?.write(tensor.dataSync()));
  return module;
}
