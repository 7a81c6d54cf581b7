import type { Module } from '@gradus/tensor';
import {
  convolution,
  device,
  flatten,
  linear,
  mlp,
  orthogonal,
  program,
  rmsNormalization,
  sequential,
} from '@gradus/tensor';
import { fromLayersModel, layersModelFiles, tensorflow, toLayersModel } from '@gradus/tfjs';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { testRandom } from './support/random.ts';

await tensorflow({ backend: 'cpu' });

const batch = 3;

function numbers(count: number, seed: number): Float32Array {
  const random = testRandom(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}

function ourOutput(net: Module, inputShape: readonly number[], x: Float32Array): Float32Array {
  const apply = program({ x: [batch, ...inputShape] }, (inputs) => ({ y: net(inputs.x) }), { device: device('wasm') });
  apply.inputs.x.set(x);
  return apply.run().y.slice() as Float32Array;
}

function theirOutput(model: tf.LayersModel, inputShape: readonly number[], x: Float32Array): Float32Array {
  return tf.tidy(() => (model.predict(tf.tensor(x, [batch, ...inputShape])) as tf.Tensor).dataSync() as Float32Array);
}

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 5);
  });
}

/** Loads the files that are written of a model. */
async function savedAndLoaded(model: tf.LayersModel): Promise<tf.LayersModel> {
  const files = await layersModelFiles(model);
  const { modelTopology, weightsManifest } = JSON.parse(files['model.json']) as tf.io.ModelJSON;
  const weightData = Uint8Array.from(files['weights.bin']).buffer;
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }));
}

const random = testRandom(11);
const convolutional = sequential([
  convolution({ input: 2, output: 4, kernel: 3, stride: 2, padding: 'same', activation: 'relu', random }),
  convolution({ input: 4, output: 3, kernel: 2, activation: 'silu', random }),
  flatten,
  linear({ input: 12, output: 5, activation: 'gelu', random }),
  linear({ input: 5, output: 2, bias: false, random }),
]);

const networks: readonly [name: string, net: Module, inputShape: readonly number[]][] = [
  ['mlp', mlp({ input: 4, hidden: [8, 6], output: 2, activation: 'tanh', bias: 'fanIn', random }), [4]],
  ['one layer', linear({ input: 3, output: 2, weight: orthogonal(2), activation: 'softplus', random }), [3]],
  [
    'sigmoid outputs',
    mlp({ input: 5, hidden: [], output: 3, activation: 'relu', outputActivation: 'sigmoid', random }),
    [5],
  ],
  ['convolutions', convolutional, [6, 6, 2]],
];

describe.each(networks)('%s', (_, net, inputShape) => {
  const x = numbers(batch * inputShape.reduce((product, extent) => product * extent, 1), 5);

  test('computes the same as a LayersModel', () => {
    expectClose(theirOutput(toLayersModel(net, inputShape), inputShape, x), ourOutput(net, inputShape, x));
  });

  test('comes back from a saved and loaded LayersModel with the same weights', async () => {
    const back = fromLayersModel(await savedAndLoaded(toLayersModel(net, inputShape)));
    expect(Object.keys(back.parameters).length).toBeGreaterThanOrEqual(Object.keys(net.parameters).length);
    const values = (module: Module): Float32Array[] =>
      Object.values(module.parameters).map((each) => each.read() as Float32Array);
    expect(values(back)).toEqual(values(net));
    expectClose(ourOutput(back, inputShape, x), ourOutput(net, inputShape, x));
  });
});

test('a model trained in TensorFlow.js comes in, without its dropout', () => {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [4], units: 6, activation: 'relu', kernelInitializer: 'randomNormal' }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: 2, useBias: false }),
    ],
  });
  const x = numbers(batch * 4, 9);
  const net = fromLayersModel(model);
  expect(Object.keys(net.parameters)).toEqual(['0.weight', '0.bias', '1.weight']);
  expectClose(ourOutput(net, [4], x), theirOutput(model, [4], x));
});

test('a functional model that is a chain comes in', () => {
  const input = tf.input({ shape: [3] });
  const output = tf.layers.dense({ units: 2 }).apply(tf.layers.dense({ units: 4, activation: 'tanh' }).apply(input));
  const model = tf.model({ inputs: input, outputs: output as tf.SymbolicTensor });
  const x = numbers(batch * 3, 2);
  expectClose(ourOutput(fromLayersModel(model), [3], x), theirOutput(model, [3], x));
});

const image = [6, 4, 3];
/** Layers that come in but do not go out, and the shape of one example. */
const imported: Readonly<Record<string, readonly [layers: () => tf.layers.Layer[], inputShape: readonly number[]]>> = {
  'a softmax head': [() => [tf.layers.dense({ units: 4, activation: 'softmax', inputShape: [3] })], [3]],
  'activations of their own': [
    () => [
      tf.layers.dense({ units: 4, inputShape: [3] }),
      tf.layers.activation({ activation: 'tanh' }),
      tf.layers.dense({ units: 4 }),
      tf.layers.activation({ activation: 'softmax' }),
    ],
    [3],
  ],
  'ReLU, up to a number': [
    () => [tf.layers.reLU({ inputShape: [3] }), tf.layers.dense({ units: 4 }), tf.layers.reLU({ maxValue: 0.5 })],
    [3],
  ],
  Softmax: [() => [tf.layers.softmax({ inputShape: [3] })], [3]],
  Rescaling: [() => [tf.layers.rescaling({ scale: 2, offset: -3, inputShape: [3] })], [3]],
  BatchNormalization: [() => [tf.layers.batchNormalization({ inputShape: image })], image],
  'BatchNormalization without scale': [
    () => [tf.layers.batchNormalization({ scale: false, epsilon: 0.1, inputShape: [3] })],
    [3],
  ],
  LayerNormalization: [() => [tf.layers.layerNormalization({ inputShape: [5, 4] })], [5, 4]],
  LSTM: [() => [tf.layers.lstm({ units: 4, inputShape: [5, 3] })], [5, 3]],
  'LSTM with sigmoids, all steps': [
    () => [tf.layers.lstm({ units: 4, recurrentActivation: 'sigmoid', returnSequences: true, inputShape: [5, 3] })],
    [5, 3],
  ],
  GRU: [() => [tf.layers.gru({ units: 4, inputShape: [5, 3] })], [5, 3]],
  'GRU without bias': [
    () => [tf.layers.gru({ units: 4, recurrentActivation: 'sigmoid', useBias: false, inputShape: [5, 3] })],
    [5, 3],
  ],
  MaxPooling2D: [() => [tf.layers.maxPooling2d({ poolSize: [4, 2], inputShape: image })], image],
  AveragePooling2D: [() => [tf.layers.averagePooling2d({ poolSize: 2, inputShape: [5, 4, 2] })], [5, 4, 2]],
  GlobalMaxPooling2D: [() => [tf.layers.globalMaxPooling2d({ inputShape: image })], image],
  GlobalAveragePooling2D: [() => [tf.layers.globalAveragePooling2d({ inputShape: image })], image],
  'a model in a model': [
    () => {
      const inner = tf.sequential({ layers: [tf.layers.dense({ units: 5, inputShape: [4], activation: 'relu' })] });
      return [tf.layers.dense({ units: 4, inputShape: [3] }), inner, tf.layers.dense({ units: 2 })];
    },
    [3],
  ],
};

test.each(Object.entries(imported))('%s comes in', (_, [layers, inputShape]) => {
  const model = tf.sequential({ layers: layers() });
  // No weight is as it was made, nor variance negative.
  model.setWeights(
    model.getWeights().map((weight, i) =>
      tf.tensor(
        numbers(weight.size, i).map((value) => 0.3 * Math.abs(value) + 0.01 * i),
        weight.shape,
      ),
    ),
  );
  const x = numbers(batch * inputShape.reduce((product, extent) => product * extent, 1), 3);
  expectClose(ourOutput(fromLayersModel(model), inputShape, x), theirOutput(model, inputShape, x));
});

test('Embedding comes in, of numbers of words', () => {
  const layers = [tf.layers.embedding({ inputDim: 7, outputDim: 4, inputLength: 5 }), tf.layers.flatten()];
  const model = tf.sequential({ layers });
  const x = Float32Array.from({ length: batch * 5 }, (_, i) => (3 * i) % 7);
  const net = fromLayersModel(model);
  expect(Object.keys(net.parameters)).toEqual(['0.weight']);
  expectClose(ourOutput(net, [5], x), theirOutput(model, [5], x));
});

test('layers are named as their parameters are, however many models were made', () => {
  const net = mlp({ input: 3, hidden: [4], output: 2, activation: 'relu', random });
  for (let i = 0; i < 2; i++) {
    const { layers } = toLayersModel(sequential([flatten, net]), [1, 3]);
    expect(layers.map(({ name }) => name)).toEqual(['flatten_0', '1.0', '1.1']);
    expect(layers[1].weights.map(({ originalName }) => originalName)).toEqual(['1.0/kernel', '1.0/bias']);
  }
});

describe('errors', () => {
  test('what is no model has no files', async () => {
    await expect(layersModelFiles(null as unknown as tf.LayersModel)).rejects.toThrow(
      'layersModelFiles: expected a tf.LayersModel, got null',
    );
  });

  test('modules that are not such stacks', () => {
    const other = sequential([linear({ input: 2, output: 2, random }), rmsNormalization(2)]);
    expect(() => toLayersModel(other, [2])).toThrow('expected a stack of linear, convolution and flatten layers');
  });

  test.each<readonly [tf.layers.Layer, string]>([
    [
      tf.layers.simpleRNN({ units: 2, inputShape: [3, 2], name: 'memory' }),
      "layer 'memory' (SimpleRNN) is not supported: known are Dense, Conv2D",
    ],
    [
      tf.layers.lstm({ units: 2, activation: 'relu', inputShape: [3, 2], name: 'l' }),
      'expected activation tanh and recurrentActivation of sigmoid, hardSigmoid, got "relu" and "hardSigmoid"',
    ],
    [tf.layers.gru({ units: 2, goBackwards: true, inputShape: [3, 2], name: 'g' }), 'expected no goBackwards'],
    [
      tf.layers.maxPooling2d({ poolSize: 3, strides: 2, inputShape: [6, 6, 1] }),
      'expected windows side by side and inside',
    ],
    [tf.layers.batchNormalization({ axis: 1, inputShape: [6, 4] }), 'expected the last axis, got axis 1'],
    [tf.layers.embedding({ inputDim: 3, outputDim: 2, maskZero: true, inputLength: 3 }), 'expected no mask of zeros'],
    [
      tf.layers.dense({ units: 2, inputShape: [3], activation: 'selu', name: 'd' }),
      `layer 'd' (Dense) is not supported: activation "selu"`,
    ],
    [
      tf.layers.conv2d({ kernelSize: [2, 3], filters: 1, inputShape: [4, 4, 1], name: 'c' }),
      "layer 'c' (Conv2D) is not supported: windows",
    ],
    [tf.layers.conv2d({ kernelSize: 2, dilationRate: 2, filters: 1, inputShape: [4, 4, 1], name: 'e' }), 'no dilation'],
  ])('layers that are not known are named', (layer, message) => {
    expect(() => fromLayersModel(tf.sequential({ layers: [layer] }))).toThrow(message);
  });

  test('a layer that is used twice is named', () => {
    const layer = tf.layers.dense({ units: 3, name: 'shared' });
    const input = tf.input({ shape: [3] });
    const twice = tf.model({ inputs: input, outputs: layer.apply(layer.apply(input)) as tf.SymbolicTensor });
    const message = "layer 'shared' (Dense) is not supported: it is used more than once";
    expect(() => fromLayersModel(twice)).toThrow(new TypeError(`fromLayersModel: ${message}`));
  });

  test('models that branch', () => {
    const input = tf.input({ shape: [3] });
    const [a, b] = [2, 2].map((units) => tf.layers.dense({ units }).apply(input) as tf.SymbolicTensor);
    const model = tf.model({ inputs: input, outputs: tf.layers.add().apply([a, b]) as tf.SymbolicTensor });
    expect(() => fromLayersModel(model)).toThrow('it does not follow the layer before it');
    expect(() => fromLayersModel(tf.model({ inputs: input, outputs: [a, b] }))).toThrow(TypeError);
  });
});

test.each([null, undefined, 5n, 'model', {}, [], () => 1])(
  'what is no network is refused by name: %s',
  async (wrong) => {
    expect(() => fromLayersModel(wrong as never)).toThrow('fromLayersModel: expected a tf.LayersModel, got');
    expect(() => toLayersModel(wrong as never, [4])).toThrow('toLayersModel: expected a stack of');
    if (!Array.isArray(wrong)) {
      expect(() => toLayersModel(flatten, wrong as never)).toThrow(
        'toLayersModel: expected inputShape to be a list of positive integers',
      );
    }
    await expect(tensorflow({ backend: wrong ?? 'none' } as never)).rejects.toThrow(
      'tensorflow: expected backend to be one of',
    );
    await expect(tensorflow({ backends: wrong } as never)).rejects.toThrow("tensorflow: unknown option 'backends'");
  },
);
