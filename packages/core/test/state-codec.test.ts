import { describe, expect, test } from 'vitest';
import { decodeState, encodeState } from '../src/state-codec.ts';
import type { StateDict } from '../src/state.ts';

const throughJson = (state: StateDict): StateDict => {
  const { json, pieces } = encodeState(state);
  const binary = Buffer.concat(pieces);
  const { state: decoded, arrays } = decodeState(JSON.parse(JSON.stringify(json)), binary.length);
  for (const { offset, bytes } of arrays) bytes.set(binary.subarray(offset, offset + bytes.length));
  return decoded;
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

test('pieces are views of the arrays, padded to multiples of 8 bytes', () => {
  const bytes = Uint8Array.of(7, 8, 9);
  const { pieces } = encodeState({ bytes, doubles: Float64Array.of(1.5) });
  expect(pieces.map(({ length }) => length)).toEqual([3, 5, 8]);
  bytes[0] = 1;
  expect(pieces[0]).toEqual(Uint8Array.of(1, 8, 9));
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
    expect(() => decodeState(json, 8)).toThrow(message);
  });
});
