import { expect, test } from 'vitest';
import { whyNotFused } from '../../src/device/relax.ts';
import type { WasmKernels } from '../../src/device/wasm-kernels.ts';
import * as g from '../../src/index.ts';

declare const crossOriginIsolated: boolean;

test('runs in a browser, on the fastest device that is there', () => {
  expect('document' in globalThis).toBe(true);
  expect(g.defaultDevice().name).toBe(whyNotFused() === undefined ? 'wasm-relaxed' : 'wasm');
  expect(() => g.device('native')).toThrow("device 'native' is not available");
});

test('trains a regression to the line that the data come from', () => {
  const weight = g.variable([2, 1], [0, 0], { name: 'weight' });
  const bias = g.variable([1], [0], { name: 'bias' });
  const optimizer = g.adam({ weight, bias }, { learningRate: 0.1 });
  const update = g.program({ x: [32, 2], y: [32, 1] }, ({ x, y }) => {
    const loss = g.mean(g.square(g.sub(g.add(g.matmul(x, weight), bias), y)));
    return { loss, ...optimizer.minimize(loss) };
  });
  for (let i = 0; i < 32; i++) {
    const [a, b] = [Math.sin(i), Math.cos(3 * i)];
    update.inputs.x.set([a, b], 2 * i);
    update.inputs.y[i] = 2 * a - 3 * b + 0.5;
  }
  for (let step = 0; step < 500; step++) update.run();
  expect(update.outputs.loss[0]).toBeLessThan(1e-6);
  expect(weight.read()[0]).toBeCloseTo(2, 3);
  expect(weight.read()[1]).toBeCloseTo(-3, 3);
  expect(bias.read()[0]).toBeCloseTo(0.5, 3);
});

test('draws the same random bits as everywhere', () => {
  // The known answer of Threefry-2x32-20 for a key and counter of zeros is 6b200159 99ba4efe.
  const drawn = g.evaluate(() => g.randomUniform(g.constant([2], [0, 0], 'int32'), [2]));
  expect([...drawn]).toEqual([0x6b2001 * 2 ** -24, 0x99ba4e * 2 ** -24]);
});

test('parameters are saved and loaded', () => {
  const w = g.variable([2], [1.5, -2]);
  const other = g.variable([2]);
  g.loadParameters({ w: other }, g.saveParameters({ w }));
  expect([...other.read()]).toEqual([1.5, -2]);
});

test('two threads compute the same bits as one', async () => {
  expect(crossOriginIsolated).toBe(true);
  const device = g.device('wasm', { threads: 2 });
  const build = (): g.Tensor => {
    const x = g.constant(
      [300, 300],
      Float32Array.from({ length: 90_000 }, (_, i) => Math.sin(i)),
    );
    return g.sum(g.tanh(g.matmul(x, g.transpose(x))), { axis: 1 });
  };
  g.evaluate(build, { device });
  await expect.poll(() => (device.kernels as WasmKernels).workers, { timeout: 60_000 }).toBe(1);
  const alone = g.evaluate(build, { device: g.device('wasm') });
  for (let i = 0; i < 5; i++) expect(g.evaluate(build, { device })).toEqual(alone);
});
