import { afterEach, expect, test, vi } from 'vitest';
import { fuseMultiplyAdds, whyNotFused } from '../src/device/relax.ts';
import { wasmBinary } from '../src/device/wasm-binary.ts';
import * as g from '../src/index.ts';
import { testRandom } from './support/random.ts';

declare const WebAssembly: { validate(bytes: Uint8Array): boolean };

afterEach(() => {
  vi.unstubAllGlobals();
  vi.doUnmock('../src/device/native-kernels.ts');
  vi.resetModules();
});

test('marked multiplications and additions become one instruction of as many bytes; all others stay', () => {
  const mul = [0xfd, 0xe6, 1];
  const add = [0xfd, 0xe4, 1];
  const madd = [0xfd, 0x85, 2];
  const binary = Uint8Array.of(
    ...[9, ...mul, 0x20, 7, 1, ...add],
    ...[9, ...mul, 0x20, 0x85, 1, 1, ...add], // local 133
    ...[9, ...mul, 0x20, 7, ...add], // not marked
    ...[9, ...mul, ...add],
    ...[9, ...mul, 0x20, 7, 1],
  );
  expect(fuseMultiplyAdds(binary)).toBe(2);
  expect([...binary]).toEqual([
    ...[9, 0x20, 7, ...madd, 1, 1, 1, 1],
    ...[9, 0x20, 0x85, 1, ...madd, 1, 1, 1, 1],
    ...[9, ...mul, 0x20, 7, ...add],
    ...[9, ...mul, ...add],
    ...[9, ...mul, 0x20, 7, 1],
  ]);
});

test('the module has them for every tile and for narrow products, and is a module still', () => {
  const binary = Buffer.from(wasmBinary, 'base64');
  // Tiles of 1 to 4 rows and 1 or 2 vectors, in two forms, two steps in a turn each, alone.
  expect(fuseMultiplyAdds(binary)).toBeGreaterThanOrEqual((1 + 2 + 3 + 4) * (1 + 2) * 2 * 2);
  expect(fuseMultiplyAdds(binary)).toBe(0);
  if (whyNotFused() === undefined) expect(WebAssembly.validate(binary)).toBe(true);
});

/** An engine in which the probe computes `remains`. */
function engine(remains: number): unknown {
  class Instance {
    readonly exports = { f: () => remains };
  }
  return { validate: () => true, Module: Object, Instance };
}

test('there are reasons for an engine without relaxed SIMD, and for a processor that rounds twice', () => {
  vi.stubGlobal('WebAssembly', { validate: () => false });
  expect(whyNotFused()).toContain('WebAssembly has no relaxed SIMD here');
  vi.stubGlobal('WebAssembly', engine(0));
  expect(whyNotFused()).toBe('this processor does not fuse multiply-adds');
  vi.stubGlobal('WebAssembly', engine(1));
  expect(whyNotFused()).toBeUndefined();
});

/** The module of devices where the native kernels are not there, loaded anew. */
async function withoutNative(): Promise<typeof import('../src/device/default-device.ts')> {
  vi.stubGlobal('console', { warn: () => undefined });
  vi.doMock('../src/device/native-kernels.ts', () => ({ loadNative: () => ({ reason: 'not here' }) }));
  vi.resetModules();
  return import('../src/device/default-device.ts');
}

test('without native kernels the default is the relaxed device where there is one', async () => {
  const { defaultDevice } = await withoutNative();
  expect(defaultDevice().name).toBe(whyNotFused() === undefined ? 'wasm-relaxed' : 'wasm');
});

test('and else the plain one', async () => {
  vi.stubGlobal('WebAssembly', Object.assign(Object.create(WebAssembly), { validate: () => false }));
  const { defaultDevice, device } = await withoutNative();
  expect(defaultDevice().name).toBe('wasm');
  expect(() => device('wasm-relaxed')).toThrow("device 'wasm-relaxed' is not available: WebAssembly has no relaxed");
});

/** The sum over k in order, each step rounded once or twice. The numbers have 20 bits, so that doubles hold a product and a sum exactly. */
function product(a: Float32Array, b: Float32Array, [m, n, k]: readonly number[], isFused: boolean): Float32Array {
  const out = new Float32Array(m * n);
  for (let i = 0; i < m * n; i++) {
    for (let p = 0; p < k; p++) {
      const term = a[Math.floor(i / n) * k + p] * b[p * n + (i % n)];
      out[i] += isFused ? term : Math.fround(term);
    }
  }
  return out;
}

const devices: readonly g.DeviceName[] =
  whyNotFused() === undefined ? ['wasm', 'wasm-relaxed', 'native'] : ['wasm', 'native'];

test.each(devices)('%s: the bits of a product are known', (name) => {
  const sizes = [7, 13, 301];
  const [m, n, k] = sizes;
  const numbers = (count: number, seed: number): Float32Array =>
    testRandom(seed)
      .floats(count)
      .map((x) => Math.round(x * 2 ** 19) / 2 ** 19);
  const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
  const device = g.device(name);
  const isFused = name !== 'wasm' && device.instructionSet !== 'generic';
  for (const [left, right] of [
    [g.constant, g.constant],
    [transposed, g.constant],
    [g.constant, transposed],
  ] as const) {
    const out = g.evaluate(() => g.matmul(left([m, k], a), right([k, n], b)), { device });
    expect([...out]).toEqual([...product(a, b, sizes, isFused)]);
  }
});

/** The same matrix, lying in memory by columns. */
function transposed([rows, columns]: readonly number[], values: Float32Array): g.Tensor {
  const byColumns = Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);
  return g.transpose(g.constant([columns, rows], byColumns));
}

test.each(devices.filter((name) => name === 'wasm-relaxed'))('%s: all but products has the bits of wasm', (name) => {
  const x = testRandom(3).floats(1003);
  const build = (): g.Tensor => {
    const t = g.constant([1003], x);
    return g.add(g.tanh(g.exp(t)), g.cumulativeSum(g.mul(g.sigmoid(t), g.sin(t))));
  };
  expect(g.evaluate(build, { device: g.device(name) })).toEqual(g.evaluate(build, { device: g.device('wasm') }));
});
