import type { Activation, Module, RandomSource, Tensor, TensorLike } from '@gradus/tensor';
import {
  activate,
  convolution,
  flatten,
  linear,
  module,
  sequential,
  shapeText,
  softmax,
  valueText,
} from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';
import { importedLayers } from './imported-layers.ts';
import { importedRecurrent } from './imported-recurrent.ts';
import { unsupported, weightOf } from './layer-weights.ts';
import { activationNames } from './layers-model.ts';

/**
 * The network of a `tf.LayersModel` as a module with parameters of its own (`0.weight`, `0.bias`, …, by the position among its layers): a chain of Dense, Conv2D,
 * Flatten, Activation, ReLU, Softmax, Rescaling, BatchNormalization, LayerNormalization, Embedding, LSTM, GRU and pooling layers, and of models of these. Weights
 * are known by their names. Dropout, which does nothing in a trained network, is left out.
 * @throws TypeError for a model that is not such a chain, naming the layer and what about it is not supported.
 */
export function fromLayersModel(model: tf.LayersModel): Module {
  if (!(model instanceof tf.LayersModel)) {
    throw new TypeError(`fromLayersModel: expected a tf.LayersModel, got ${valueText(model)}`);
  }
  return sequential(chainOf(model).flatMap((layer) => fromTensorflow(layer) ?? []));
}

/** The layers of a model, one after the other. */
function chainOf(model: tf.LayersModel): tf.layers.Layer[] {
  const layers = model.layers.filter((layer) => layer.getClassName() !== 'InputLayer');
  const twice = layers.find((layer, i) => layers.indexOf(layer) < i);
  if (twice !== undefined) throw unsupported(twice, 'it is used more than once');
  // One layer after the other by what it is; its parts have other inputs where it is a part itself.
  if (model.getClassName() === 'Sequential') return layers;
  let end = model.inputs[0];
  for (const layer of layers) {
    // A layer that was called again has a node for each call.
    if (layer.inboundNodes.length > 1) throw unsupported(layer, 'it is used more than once');
    const { inputTensors, outputTensors } = layer.inboundNodes[0];
    if (inputTensors.length !== 1 || inputTensors[0] !== end) {
      throw unsupported(layer, 'it does not follow the layer before it');
    }
    [end] = outputTensors;
  }
  if (model.inputs.length > 1 || model.outputs.length > 1 || model.outputs[0] !== end) {
    throw new TypeError(`fromLayersModel: expected a chain of layers from one input to one output`);
  }
  return layers;
}

/** Weights are given afterwards, so nothing is drawn. */
const noRandom: RandomSource = { nextFloat: () => 0, normal: () => 0 };

function fromTensorflow(layer: tf.layers.Layer): Module | undefined {
  const kind = layer.getClassName();
  const config = layer.getConfig();
  if (layer instanceof tf.LayersModel) return fromLayersModel(layer);
  if (Object.hasOwn(importedLayers, kind)) return importedLayers[kind](layer, config);
  if (Object.hasOwn(importedRecurrent, kind)) return importedRecurrent[kind](layer, config);
  switch (kind) {
    case 'Dropout':
      return undefined;
    case 'Flatten':
      return flatten;
    case 'Activation':
      return module({}, activationOf(layer).apply);
    case 'Dense': {
      const [input, output] = weightOf(layer, 'kernel').shape;
      const bias = config.useBias === true ? 'zeros' : false;
      return activated(layer, (activation) =>
        linear({ input, output, weight: 'zeros', bias, activation, random: noRandom }),
      );
    }
    case 'Conv2D':
      return activated(layer, (activation) => fromConvolution(layer, activation));
    default:
      throw unsupported(
        layer,
        `known are Dense, Conv2D, Flatten, Dropout, Activation, ${[...Object.keys(importedLayers), ...Object.keys(importedRecurrent)].join(', ')}`,
      );
  }
}

function fromConvolution(layer: tf.layers.Layer, activation: Activation): Module {
  const { padding, strides, dataFormat, dilationRate } = layer.getConfig();
  const [rows, columns, input, output] = weightOf(layer, 'kernel').shape;
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
  return convolution({ input, output, kernel: rows, stride, padding, weight: 'zeros', activation, random: noRandom });
}

/** A layer with its weights, and its activation, which may be one that layers here do not end with. */
function activated(layer: tf.layers.Layer, make: (activation: Activation) => Module): Module {
  const { name, apply } = activationOf(layer);
  const own = make(name ?? 'linear');
  own.parameters.weight.write(weightOf(layer, 'kernel').dataSync());
  if ('bias' in own.parameters) own.parameters.bias.write(weightOf(layer, 'bias').dataSync());
  return name === undefined ? module(own.parameters, (x) => apply(own(x))) : own;
}

/** The activation of a layer: its name here, if layers can end with it. */
function activationOf(layer: tf.layers.Layer): {
  readonly name: Activation | undefined;
  readonly apply: (x: TensorLike) => Tensor;
} {
  const wanted = layer.getConfig().activation;
  if (wanted === 'softmax') return { name: undefined, apply: (x) => softmax(x) };
  for (const [own, theirs] of Object.entries(activationNames)) {
    const name = own as Activation;
    if (theirs === wanted) return { name, apply: (x) => activate(x, name) };
  }
  const known = [...Object.values(activationNames), 'softmax'].join(', ');
  throw unsupported(layer, `activation ${JSON.stringify(wanted)}; known are ${known}`);
}
