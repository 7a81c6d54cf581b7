import { describe, expect, test } from 'vitest';
import type { Device, Tensor, TensorData } from '../src/index.ts';
import { whyNotFused } from '../src/device/relax.ts';
import type { WasmKernels } from '../src/device/wasm-kernels.ts';
import * as g from '../src/index.ts';
import { testRandom } from './support/random.ts';

/** Work large enough to be split among threads, one program per kind of instruction. */
const large: Readonly<Record<string, () => Tensor>> = {
  map: () => g.tanh(g.add(g.mul(data([700, 513], 1), data([513], 2)), data([700, 1], 3))),
  'transposed map': () => g.exp(g.add(g.transpose(data([513, 700], 1)), data([700, 513], 2))),
  'sum of rows': () => g.sum(g.square(data([700, 513], 1)), { axis: 1 }),
  'sum of columns': () => g.sum(data([700, 513], 1), { axis: 0 }),
  'sum of all': () => g.sum(data([300_001], 1)),
  max: () => g.max(data([700, 513], 1), { axis: 0 }),
  argmax: () => g.argmax(data([700, 513], 1)),
  softmax: () => g.softmax(data([700, 513], 1)),
  product: () => g.relu(g.add(g.matmul(data([300, 257], 1), data([257, 260], 2)), data([260], 3))),
  'product of a thin matrix': () => g.matmul(data([2, 700], 1), data([700, 900], 2)),
  'product of transposed matrices': () => g.matmul(g.transpose(data([257, 300], 1)), g.transpose(data([260, 257], 2))),
  'products of a batch': () => g.matmul(data([16, 65, 70], 1), data([16, 70, 66], 2)),
  convolution: () => g.conv2d(data([8, 30, 30, 4], 1), data([5, 5, 4, 16], 2), { stride: 2, padding: 'same' }),
  'gradient of a convolution': () => {
    const image = data([4, 30, 30, 4], 1);
    return g.grad(g.sum(g.square(g.conv2d(image, data([5, 5, 4, 16], 2)))), [image])[0];
  },
  'running sum': () => g.cumulativeSum(data([500, 600], 1), { axis: 0 }),
  embedding: () => g.embedding(data([1000, 64], 1), g.cast(g.mul(g.abs(data([5000], 2)), 999), 'int32')),
  'scattered sum': () =>
    g.scatterAdd(data([5000, 64], 1), g.cast(g.mul(g.abs(data([5000], 2)), 99), 'int32'), [100, 64]),
  'random numbers': () => g.randomNormal(g.constant([2], [1, 2], 'int32'), [300_001]),
  concat: () => g.concat([g.transpose(data([300, 500], 1)), data([500, 200], 2)]),
};

function data(shape: number[], seed: number): Tensor {
  return g.constant(shape, testRandom(seed).floats(g.sizeOf(shape)));
}

function run(build: () => Tensor, device: Device): TensorData {
  return g.evaluate(build, { device });
}

/** Of two results: the first element whose bits differ, or -1; and the largest difference relative to the largest element. */
function compare(a: TensorData, b: TensorData): { firstDifferent: number; worst: number } {
  let [firstDifferent, worst, scale] = [a.length === b.length ? -1 : 0, 0, 1];
  for (let i = 0; i < a.length; i++) {
    if (firstDifferent === -1 && !Object.is(a[i], b[i])) firstDifferent = i;
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    scale = Math.max(scale, Math.abs(a[i]));
  }
  return { firstDifferent, worst: worst / scale };
}

/** The devices of WebAssembly that are there. */
const webAssembly: readonly g.DeviceName[] = whyNotFused() === undefined ? ['wasm', 'wasm-relaxed'] : ['wasm'];

const patiently = { timeout: 60_000 };

/** Sums of hundreds of products in another order, fused multiply-adds or not. */
const tolerance = 1e-5;

describe.each(Object.entries(large))('%s', (_, build) => {
  const [native, twoThreads] = [g.device('native'), g.device('native', { threads: 2 })];
  const result = run(build, native);

  test('has the same bits with two threads and when run again', () => {
    expect(compare(run(build, twoThreads), result).firstDifferent).toBe(-1);
    expect(compare(run(build, native), result).firstDifferent).toBe(-1);
  });

  test.each(webAssembly)('has the same bits with any number of threads of %s', async (name) => {
    const alone = run(build, g.device(name));
    for (const threads of [2, 3]) {
      const device = g.device(name, { threads });
      run(build, device);
      await expect.poll(() => (device.kernels as WasmKernels).workers, patiently).toBe(threads - 1);
      for (let i = 0; i < 3; i++) expect(compare(run(build, device), alone).firstDifferent).toBe(-1);
    }
  });

  test.each(webAssembly)('agrees between %s and native', (name) => {
    const other = run(build, g.device(name));
    expect(other).toHaveLength(result.length);
    expect(compare(other, result).worst).toBeLessThan(tolerance);
    expect(compare(run(build, g.device(name)), other).firstDifferent).toBe(-1);
  });
});
