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

  test.each([
    [tf.layers.lstm({ units: 2, inputShape: [3, 2], name: 'memory' }), "layer 'memory' (LSTM) is not supported"],
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
      'tensorflow: expected a backend of',
    );
    await expect(tensorflow({ backends: wrong } as never)).rejects.toThrow("tensorflow: unknown option 'backends'");
  },
);
