import { badCalls, type Examples } from '@gradus/bad-calls';
import { mlp } from '@gradus/tensor';
import * as tfjs from '@gradus/tfjs';
import { tensorflow, toLayersModel } from '@gradus/tfjs';
import { expect, test } from 'vitest';
import { testRandom } from './support/random.ts';

await tensorflow({ backend: 'cpu' });

const network = mlp({ input: 2, hidden: [3], output: 1, activation: 'tanh', random: testRandom(1) });
const model = toLayersModel(network, [2]);

const examples: Examples = {
  fromLayersModel: () => [model],
  layersModelFiles: () => [model],
  tensorflow: () => [{ backend: 'cpu' }],
  TensorflowDevice: () => ['cpu'],
  toLayersModel: () => [network, [2]],
};

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(tfjs, examples, {
    sources: `${import.meta.dirname}/../src`,
    // Models are of TensorFlow.js; the device is that of its class, which the engine calls with what it has made itself.
    internal: [/^toLayersModel\./, /^tensorflow\./, /^TensorflowDevice\.(compile|store)$/],
  });
  expect(failures).toEqual([]);
});
