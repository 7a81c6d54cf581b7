import { describe, expect, test } from 'vitest';
import { CheckpointError } from '../../src/errors.ts';
import { decodeState, encodeState } from '../../src/checkpoints/state-codec.ts';
import type { StateDict } from '../../src/checkpoints/state.ts';

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
    small: [Int8Array.of(-128, 127), Int16Array.of(-32768), Uint16Array.of(65535), Uint8ClampedArray.of(255)],
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

class Counter {
  readonly count = 1;
}

describe('what could not be given back is refused, by its path', () => {
  const circle: Record<string, unknown> = {};
  circle.again = [circle];
  const refused: readonly (readonly [unknown, string])[] = [
    [new Map([[1, 2]]), 'an object of Map'],
    [new Set(), 'an object of Set'],
    [new Date(0), 'an object of Date'],
    [new Counter(), 'an object of Counter'],
    [new ArrayBuffer(8), 'an object of ArrayBuffer'],
    [BigInt64Array.of(1n), 'an object of BigInt64Array'],
    [1n, 'bigint'],
    [undefined, 'undefined'],
    [(): number => 1, 'function'],
    [Symbol('s'), 'symbol'],
  ];
  const saved = (value: unknown) => (): unknown =>
    encodeState({ training: { envs: [{}, { seen: value }] } } as unknown as StateDict);

  test.each(refused)('%s', (value, got) => {
    expect(saved(value)).toThrow(CheckpointError);
    expect(saved(value)).toThrow(/^state 'training\.envs\[1\]\.seen': expected .* or a typed array of numbers, got /);
    expect(saved(value)).toThrow(`got ${got}`);
  });

  test('holes of lists, and what contains itself', () => {
    expect(saved(new Array(2))).toThrow("state 'training.envs[1].seen[0]'");
    expect(saved(circle)).toThrow("state 'training.envs[1].seen.again[0]': expected no object that contains itself");
  });

  test('the same object in two places is no circle, and objects without a prototype are plain', () => {
    const shared = Object.assign(Object.create(null) as Record<string, number>, { x: 1 });
    expect(throughJson({ a: shared, b: [shared] })).toEqual({ a: { x: 1 }, b: [{ x: 1 }] });
  });
});

describe('what does not fit is named', () => {
  test('names that begin with $', () => {
    expect(() => encodeState({ inner: { $array: 1 } })).toThrow(
      "state 'inner.$array': expected a name that does not begin with $",
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
