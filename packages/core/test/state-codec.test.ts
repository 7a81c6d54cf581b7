import { describe, expect, test } from 'vitest';
import { decodeState, encodeState } from '../src/state-codec.ts';
import type { StateDict } from '../src/state.ts';

const throughJson = (state: StateDict): StateDict => {
  const { json, binary } = encodeState(state);
  return decodeState({ json: JSON.parse(JSON.stringify(json)), binary });
};

test('everything that a state may hold comes back exactly', () => {
  const state: StateDict = {
    null: null,
    flags: [true, false],
    text: 'ü "quoted"',
    numbers: [0, -0, 1 / 3, 5e-324, 1.7976931348623157e308, NaN, Infinity, -Infinity],
    nested: { list: [{ deep: Float32Array.of(1, NaN, -0) }, []], empty: {} },
    bytes: Uint8Array.of(1, 2, 3),
    doubles: Float64Array.of(Math.PI, -0),
    integers: Int32Array.of(-1, 2 ** 31 - 1),
    words: Uint32Array.of(2 ** 32 - 1),
    none: new Float32Array(0),
    part: new Float32Array([0, 1, 2, 3]).subarray(1, 3),
  };
  // toStrictEqual tells −0 from 0 and one typed array from another.
  expect(throughJson(state)).toStrictEqual(state);
});

test('decoded arrays are copies, wherever the bytes lie', () => {
  const { json, binary } = encodeState({ bytes: Uint8Array.of(7), doubles: Float64Array.of(1.5) });
  const shifted = new Uint8Array(binary.length + 3);
  shifted.set(binary, 3);
  const decoded = decodeState({ json, binary: shifted.subarray(3) });
  shifted.fill(0);
  expect(decoded).toStrictEqual({ bytes: Uint8Array.of(7), doubles: Float64Array.of(1.5) });
});

describe('what does not fit is named', () => {
  test('names that begin with $', () => {
    expect(() => encodeState({ inner: { $array: 1 } })).toThrow(
      "state '$array': expected a name that does not begin with $",
    );
  });

  test.each<[string, unknown]>([
    ['an array ends at byte 16, but there are only 8', { a: { $array: 'Float64Array', offset: 0, length: 2 } }],
    ['expected an array reference', { a: { $array: 'Object', offset: 0, length: 1 } }],
    ['expected an array reference', { a: { $array: 'constructor', offset: 0, length: 1 } }],
    ['expected an array reference', { a: { $array: 'Uint8Array' } }],
    ['expected a JSON object', [1]],
  ])('%s', (message, json) => {
    expect(() => decodeState({ json, binary: new Uint8Array(8) })).toThrow(message);
  });
});
