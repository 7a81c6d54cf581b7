import { constant, defaultDevice, device, evaluate, softmax } from '@gradus/tensor';
import { expect, test } from 'vitest';

test('a program runs in a browser, on WebAssembly', () => {
  expect('document' in globalThis).toBe(true);
  expect(defaultDevice()).toBe(device('wasm'));
  expect([...evaluate(() => softmax(constant([2], [0, 0])))]).toEqual([0.5, 0.5]);
});
