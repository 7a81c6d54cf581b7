import { describe, expect, test } from 'vitest';
import type { StoredTensor } from '../src/index.ts';
import {
  SafetensorsError,
  decodeSafetensors,
  device,
  encodeSafetensors,
  evaluate,
  add,
  loadParameters,
  saveParameters,
  variable,
} from '../src/index.ts';

const tensors: Readonly<Record<string, StoredTensor>> = {
  'layer.weight': { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2.5, 3e-40, Infinity, -0, NaN) },
  step: { dtype: 'int32', shape: [], data: Int32Array.of(-2147483648) },
  mask: { dtype: 'bool', shape: [3], data: Int32Array.of(1, 0, 1) },
  'имя "x"\n': { dtype: 'float32', shape: [1], data: Float32Array.of(4) },
};

/** A file with this header and this many bytes of elements. */
function fileOf(header: unknown, elements: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + elements);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

describe('encode and decode', () => {
  test('give back what went in, bit by bit', () => {
    expect(decodeSafetensors(encodeSafetensors(tensors))).toEqual(tensors);
    expect(Object.is(decodeSafetensors(encodeSafetensors(tensors))['layer.weight'].data[4], -0)).toBe(true);
    expect(decodeSafetensors(encodeSafetensors({}))).toEqual({});
  });

  test('write the layout of the format', () => {
    const file = encodeSafetensors({
      a: { dtype: 'float32', shape: [2], data: Float32Array.of(1, -2) },
      b: { dtype: 'int32', shape: [1, 1], data: Int32Array.of(258) },
      c: { dtype: 'bool', shape: [1], data: Int32Array.of(1) },
    });
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const text = new TextDecoder().decode(file.subarray(8, 8 + length));
    expect(text.trimEnd()).toBe(
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},' +
        '"b":{"dtype":"I32","shape":[1,1],"data_offsets":[8,12]},' +
        '"c":{"dtype":"BOOL","shape":[1],"data_offsets":[12,13]}}',
    );
    const elements = [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 2, 1, 0, 0, 1];
    expect([...file.subarray(8 + length)]).toEqual(elements);
  });

  test('read a file that starts anywhere in a larger buffer, and one with metadata', () => {
    const file = encodeSafetensors(tensors);
    const larger = new Uint8Array(file.length + 20);
    larger.set(file, 3);
    expect(decodeSafetensors(larger.subarray(3, 3 + file.length))).toEqual(tensors);
    expect(decodeSafetensors(fileOf({ __metadata__: { format: 'pt' } }, 0))).toEqual({});
  });
});

describe('corrupt files are named', () => {
  const good = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  test.each([
    ['empty', new Uint8Array(), 'expected at least 8 bytes, got 0'],
    ['header longer than the file', new Uint8Array(8).fill(1), 'the header should have'],
    ['not JSON', fileOf('{"a":', 0), 'not a JSON object'],
    ['not UTF-8', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff), 'not a JSON object'],
    ['an array', fileOf('[]', 0), 'not a JSON object'],
    ['an entry without dtype', fileOf({ a: { shape: [2], data_offsets: [0, 8] } }, 8), "entry of 'a' is malformed"],
    ['a shape of text', fileOf({ a: { ...good, shape: ['2'] } }, 8), "entry of 'a' is malformed"],
    ['a negative offset', fileOf({ a: { ...good, data_offsets: [-8, 0] } }, 8), "entry of 'a' is malformed"],
    ['null', fileOf({ a: null }, 8), "entry of 'a' is malformed"],
    ['another dtype', fileOf({ a: { ...good, dtype: 'F16' } }, 8), "'a' has dtype F16; supported are F32, I32, BOOL"],
    ['a size that does not fit', fileOf({ a: { ...good, shape: [3] } }, 8), "'a' [3] should have 12 bytes, has 8"],
    ['elements cut off', fileOf({ a: good }, 7), 'it is truncated'],
  ])('%s', (_, file, message) => {
    expect(() => decodeSafetensors(file)).toThrow(SafetensorsError);
    expect(() => decodeSafetensors(file)).toThrow(message);
  });

  test('wherever a file is cut off', () => {
    const file = encodeSafetensors(tensors);
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeSafetensors(file.subarray(0, length)), `${length} bytes`).toThrow(SafetensorsError);
    }
  });
});

describe('parameters', () => {
  const make = (values: number[]) => ({
    w: variable([2], values, { name: 'w' }),
    n: variable([], [values[0]], { name: 'n', dtype: 'int32' }),
  });

  test('are saved and loaded, also when they live on a device', () => {
    const source = make([1, 2]);
    evaluate(() => add(source.w, 1), { device: device('wasm') });
    const target = make([0, 0]);
    loadParameters(target, saveParameters(source));
    expect(target.w.read()).toEqual(Float32Array.of(1, 2));
    expect(target.n.read()).toEqual(Int32Array.of(1));
  });

  test.each([
    [
      'a missing one',
      { w: variable([2]), n: variable([], [0], { dtype: 'int32' }), more: variable([1]) },
      "parameter 'more' is missing",
    ],
    ['one too many', { w: variable([2]) }, "unknown parameter 'n' in the file"],
    [
      'another shape',
      { w: variable([2, 1]), n: variable([], [0], { dtype: 'int32' }) },
      "parameter 'w' is float32 [2] in the file, expected float32 [2, 1]",
    ],
    [
      'another dtype',
      { w: variable([2]), n: variable([]) },
      "parameter 'n' is int32 [] in the file, expected float32 []",
    ],
  ])('%s is named, and nothing is written', (_, target, message) => {
    expect(() => loadParameters(target, saveParameters(make([5, 6])))).toThrow(message);
    expect(() => loadParameters(target, saveParameters(make([5, 6])))).toThrow(SafetensorsError);
    for (const each of Object.values(target)) expect([...each.read()].every((x) => x === 0)).toBe(true);
  });
});
