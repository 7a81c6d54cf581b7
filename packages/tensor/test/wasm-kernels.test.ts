import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.doUnmock('../src/device/wasm-binary.ts');
  vi.resetModules();
});

test('a module that was built from other sources is refused by name', async () => {
  // The shortest module there is, which says nothing of a version, as those of earlier sources do not.
  vi.doMock('../src/device/wasm-binary.ts', () => ({ wasmBinary: btoa('\0asm\x01\0\0\0') }));
  vi.resetModules();
  const { loadWasm } = await import('../src/device/wasm-kernels.ts');
  expect(() => loadWasm()).toThrow(
    /^wasm device: the WebAssembly module reads programs of version unknown, expected \d+; gradus-tensor-build/,
  );
});
