import { afterEach, expect, test, vi } from 'vitest';
import { loadWasm } from '../src/device/wasm-kernels.ts';
import { canShareMemory, withSharedMemory } from '../src/device/wasm-threads.ts';
import { wasmBinary } from '../src/device/wasm-binary.ts';

interface Described {
  readonly name: string;
  readonly kind: string;
}

declare const WebAssembly: {
  readonly Module: (new (bytes: Uint8Array) => object) & {
    imports(module: object): Described[];
    exports(module: object): Described[];
  };
};

afterEach(() => {
  vi.unstubAllGlobals();
});

test('a module with a memory of its own becomes one that imports it, and is the same besides', () => {
  const binary = Buffer.from(wasmBinary, 'base64');
  const { module, memory } = withSharedMemory(binary);
  const [own, shared] = [new WebAssembly.Module(binary), new WebAssembly.Module(module)];
  expect(WebAssembly.Module.imports(own)).toEqual([]);
  expect(WebAssembly.Module.imports(shared)).toEqual([{ module: 'gradus', name: 'memory', kind: 'memory' }]);
  expect(WebAssembly.Module.exports(shared)).toEqual(WebAssembly.Module.exports(own));
  expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  const bytes = memory.buffer.byteLength;
  memory.grow(3);
  expect(memory.buffer.byteLength).toBe(bytes + 3 * 65_536);
});

test('there is one thread where memory cannot be shared', () => {
  expect(canShareMemory()).toBe(true);
  expect(loadWasm(2)).not.toBe(loadWasm());
  vi.stubGlobal('process', undefined);
  expect(canShareMemory()).toBe(false); // a page
  expect(loadWasm(2)).toBe(loadWasm());
  vi.stubGlobal('crossOriginIsolated', true);
  vi.stubGlobal('Worker', class Worker extends Object {});
  expect(canShareMemory()).toBe(true); // an isolated page
  vi.stubGlobal('SharedArrayBuffer', undefined);
  expect(canShareMemory()).toBe(false);
});

test('memory that threads work on grows', () => {
  const kernels = loadWasm(2);
  const small = kernels.allocate(64);
  small.float32().fill(7);
  const large = kernels.allocate(50_000_000);
  expect(large.float32().every((value) => value === 0)).toBe(true);
  expect([...small.float32()]).toEqual(Array(16).fill(7));
  kernels.free(large);
  kernels.free(small);
});
