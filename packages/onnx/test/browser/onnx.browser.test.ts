import * as ort from 'onnxruntime-web/wasm';
import { expect, test } from 'vitest';
import { differences } from '../support/compare.ts';
import { networks } from '../support/networks.ts';

const binary = new URL('../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm', import.meta.url);
ort.env.wasm.wasmPaths = { wasm: binary.href };
ort.env.wasm.numThreads = 1;

test.each(Object.entries(networks))('%s: a page computes what the program computes, to 1e-5', async (_, network) => {
  const { make, shapes, fill } = network();
  const found = await differences(ort, make, shapes, fill);
  expect(Object.keys(found)).not.toEqual([]);
  for (const each of Object.values(found)) expect(each).toBeLessThan(1e-5);
});
