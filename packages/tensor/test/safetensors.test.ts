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
import { testRandom } from './support/random.ts';

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

  test.each([
    ['F16', [0x3c00, 0xc000, 0x7bff, 0x0001, 0x83ff, 0x0400, 0x3555, 0x8000, 0x7c00, 0xfc00, 0x7e00]],
    ['BF16', [0x3f80, 0xc000, 0x7f7f, 0x0001, 0x8001, 0x0080, 0x3eab, 0x8000, 0x7f80, 0xff80, 0x7fc0]],
  ])('widen %s, changing no value', (dtype, bits) => {
    const file = fileOf({ a: { dtype, shape: [bits.length], data_offsets: [0, 2 * bits.length] } }, 2 * bits.length);
    const view = new DataView(file.buffer, file.length - 2 * bits.length);
    bits.forEach((value, i) => {
      view.setUint16(2 * i, value, true);
    });
    const values = {
      F16: [1, -2, 65504, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 0.333251953125, -0, Infinity, -Infinity, NaN],
      BF16: [1, -2, 255 * 2 ** 120, 2 ** -133, -(2 ** -133), 2 ** -126, 0.333984375, -0, Infinity, -Infinity, NaN],
    }[dtype];
    expect(decodeSafetensors(file).a).toEqual({
      dtype: 'float32',
      shape: [bits.length],
      data: Float32Array.from(values ?? []),
    });
  });

  test('round F64 to the nearest float, and take I64 as it is where int32 reaches', () => {
    const header = {
      a: { dtype: 'F64', shape: [3], data_offsets: [0, 24] },
      b: { dtype: 'I64', shape: [2], data_offsets: [24, 40] },
    };
    const file = fileOf(header, 40);
    const view = new DataView(file.buffer, file.length - 40);
    [0.1, -1e300, NaN].forEach((value, i) => {
      view.setFloat64(8 * i, value, true);
    });
    [2n ** 31n - 1n, -(2n ** 31n)].forEach((value, i) => {
      view.setBigInt64(24 + 8 * i, value, true);
    });
    const { a, b } = decodeSafetensors(file);
    expect(a.data).toEqual(Float32Array.of(0.1, -Infinity, NaN));
    expect(b).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(2 ** 31 - 1, -(2 ** 31)) });
    view.setBigInt64(24, 2n ** 31n, true);
    expect(() => decodeSafetensors(file)).toThrow(
      new SafetensorsError("safetensors: 'b' has 2147483648, expected integers from -2147483648 to 2147483647"),
    );
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
    ['not JSON', fileOf('{"a":', 0), 'not JSON in UTF-8'],
    ['not UTF-8', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff), 'not JSON in UTF-8'],
    ['an array', fileOf('[]', 0), 'not a JSON object'],
    ['an entry without dtype', fileOf({ a: { shape: [2], data_offsets: [0, 8] } }, 8), "entry of 'a' is malformed"],
    ['a shape of text', fileOf({ a: { ...good, shape: ['2'] } }, 8), "entry of 'a' is malformed"],
    ['a negative offset', fileOf({ a: { ...good, data_offsets: [-8, 0] } }, 8), "entry of 'a' is malformed"],
    ['null', fileOf({ a: null }, 8), "entry of 'a' is malformed"],
    [
      'another dtype',
      fileOf({ a: { ...good, dtype: 'F8' } }, 8),
      "'a' has dtype F8; supported are F64, F32, F16, BF16, I64, I32, U8, BOOL",
    ],
    ['a size that does not fit', fileOf({ a: { ...good, shape: [3] } }, 8), "'a' [3] should have 12 bytes, has 8"],
    ['elements cut off', fileOf({ a: good }, 7), 'it is truncated'],
    ['bytes at the end', fileOf({ a: good }, 9), 'should have 8 bytes, there are 9; what follows belongs to no tensor'],
    ['elements without a tensor', fileOf({}, 4), 'should have 0 bytes, there are 4'],
    ['one block twice', fileOf({ a: good, b: good }, 8), "'b' begins at byte 0 of the elements, where 8 is expected"],
    ['blocks that overlap', fileOf({ a: good, b: { ...good, data_offsets: [4, 12] } }, 12), 'blocks overlap'],
    ['a hole at the start', fileOf({ a: { ...good, data_offsets: [8, 16] } }, 16), 'there is a hole'],
    ['a hole', fileOf({ a: good, b: { ...good, data_offsets: [12, 20] } }, 20), "'b' begins at byte 12"],
    ['offsets in the wrong order', fileOf({ a: { ...good, data_offsets: [8, 0] } }, 8), 'should have 8 bytes, has -8'],
    ['one offset', fileOf({ a: { ...good, data_offsets: [0] } }, 8), "entry of 'a' is malformed"],
    ['a name twice', fileOf(`{"a":${JSON.stringify(good)},"\\u0061":${JSON.stringify(good)}}`, 8), "names 'a' twice"],
    ['a field twice', fileOf('{"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}}', 8), "'shape' twice"],
    ['metadata of numbers', fileOf({ __metadata__: { step: 1 } }, 0), 'expected __metadata__ to hold texts'],
    ['metadata of nothing', fileOf({ __metadata__: null }, 0), 'expected __metadata__ to hold texts, got null'],
    ['a size beyond all numbers', fileOf({ a: { ...good, shape: [2 ** 40, 2 ** 40] } }, 8), 'bytes, has 8'],
    [
      'a bool that is neither',
      fileOf({ a: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] } }, 1).fill(2, -1),
      'has a 2',
    ],
    [
      'no file',
      'model.safetensors' as unknown as Uint8Array,
      'expected the file as a Uint8Array, got "model.safetensors"',
    ],
    ['nothing', undefined as unknown as Uint8Array, 'expected the file as a Uint8Array, got undefined'],
  ])('%s', (_, file, message) => {
    expect(() => decodeSafetensors(file)).toThrow(SafetensorsError);
    expect(() => decodeSafetensors(file)).toThrow(message);
  });

  test('names that objects have anyway are names like others', () => {
    const block = { dtype: 'float32', shape: [1], data: Float32Array.of(7) } as const;
    const odd = Object.fromEntries(['__proto__', 'constructor', 'toString'].map((name) => [name, block]));
    expect(Object.entries(decodeSafetensors(encodeSafetensors(odd)))).toEqual(Object.entries(odd));
  });

  test('blocks may come in any order, and be empty', () => {
    const file = fileOf(
      {
        last: { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
        empty: { dtype: 'F32', shape: [0], data_offsets: [4, 4] },
        first: { dtype: 'I32', shape: [1], data_offsets: [0, 4] },
      },
      8,
    );
    expect(Object.keys(decodeSafetensors(file))).toEqual(['last', 'empty', 'first']);
  });

  test('wherever a file is cut off', () => {
    const file = encodeSafetensors(tensors);
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeSafetensors(file.subarray(0, length)), `${length} bytes`).toThrow(SafetensorsError);
    }
  });
});

describe('what is no tensor is not written', () => {
  test.each<[string, unknown]>([
    ['too few elements', { dtype: 'float32', shape: [2], data: Float32Array.of(1) }],
    ['another dtype', { dtype: 'float64', shape: [1], data: Float64Array.of(1) }],
    ['no shape', { dtype: 'float32', data: Float32Array.of(1) }],
    ['no elements', { dtype: 'float32', shape: [1] }],
    ['nothing', null],
  ])('%s', (_, tensor) => {
    expect(() => encodeSafetensors({ w: tensor as StoredTensor })).toThrow("encodeSafetensors: expected 'w' to have");
  });

  test('the name of the metadata', () => {
    const block = { dtype: 'float32', shape: [1], data: Float32Array.of(7) } as const;
    expect(() => encodeSafetensors({ __metadata__: block })).toThrow('is the format');
  });
});

/** One kind of damage to a file; `at` is anything, to choose the place by. */
type Damage = (file: Uint8Array, at: number) => Uint8Array;

function headerEnd(file: Uint8Array): number {
  return 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
}

const damages: Readonly<Record<string, Damage>> = {
  'a bit of the header': (file, at) => {
    const bit = at % (8 * headerEnd(file));
    return file.with(bit >> 3, file[bit >> 3] ^ (1 << (bit & 7)));
  },
  'a byte of the header': (file, at) => file.with(at % headerEnd(file), (at * 7) & 255),
  'two bytes swapped': (file, at) => {
    const [i, j] = [at % headerEnd(file), (at * 31) % headerEnd(file)];
    return file.with(i, file[j]).with(j, file[i]);
  },
  'cut off': (file, at) => file.slice(0, at % file.length),
  'bytes missing': (file, at) =>
    Uint8Array.from([...file.slice(0, at % file.length), ...file.slice((at % file.length) + 4)]),
  'bytes doubled': (file, at) =>
    Uint8Array.from([...file.slice(0, (at % file.length) + 4), ...file.slice(at % file.length)]),
  'bytes added': (file, at) => Uint8Array.from([...file, ...new Uint8Array(1 + (at % 64))]),
};

test.each(Object.entries(damages))('500 files with %s give an error or what was saved', (_, damage) => {
  const values = { w: [1, -2, 3, 4, 5, 6], bias: [7, 8], step: [9] };
  const make = () => ({
    w: variable([2, 3], values.w),
    bias: variable([2], values.bias),
    step: variable([], values.step, { dtype: 'int32' }),
  });
  const whole = saveParameters(make());
  const random = testRandom(1);
  let errors = 0;
  for (let i = 0; i < 500; i++) {
    const target = make();
    for (const each of Object.values(target)) each.write(each.read().fill(0));
    try {
      loadParameters(target, damage(whole, random.integer(1e6)));
    } catch (error) {
      expect(error).toBeInstanceOf(SafetensorsError);
      errors++;
      for (const each of Object.values(target)) expect([...each.read()].every((x) => x === 0)).toBe(true);
      continue;
    }
    for (const [name, each] of Object.entries(target)) expect([...each.read()]).toEqual(values[name as 'w']);
  }
  expect(errors).toBeGreaterThan(400);
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
      "parameter 'more' is missing, expected float32 [1]",
    ],
    ['one too many', { w: variable([2]) }, "unknown parameter 'n' in the file, int32 []"],
    [
      'another name',
      { v: variable([2, 3]), n: variable([], [0], { dtype: 'int32' }) },
      "parameter 'v' is missing, expected float32 [2, 3]; unknown parameter 'w' in the file, float32 [2]",
    ],
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

  test('of other libraries are loaded by other names, turned over, and with what is there', () => {
    const file = encodeSafetensors({
      'net.0.weight': { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      'net.0.bias': { dtype: 'float32', shape: [2], data: Float32Array.of(7, 8) },
      'lm_head.weight': { dtype: 'float32', shape: [1], data: Float32Array.of(9) },
    });
    const target = { weight: variable([3, 2]), bias: variable([2]), scale: variable([1], [5]) };
    const options = {
      rename: (name: string) => name.replace('net.0.', ''),
      isTransposed: (name: string) => name === 'net.0.weight',
    };
    expect(() => loadParameters(target, file, options)).toThrow("parameter 'scale' is missing, expected float32 [1]");
    expect(target.bias.read()).toEqual(Float32Array.of(0, 0));
    expect(loadParameters(target, file, { ...options, strict: false })).toEqual({
      missing: ['scale'],
      unexpected: ['lm_head.weight'],
    });
    expect(target.weight.read()).toEqual(Float32Array.of(1, 4, 2, 5, 3, 6));
    expect(target.bias.read()).toEqual(Float32Array.of(7, 8));
    expect(target.scale.read()).toEqual(Float32Array.of(5));
    // Shapes have to fit all the same.
    expect(() => loadParameters(target, file, { rename: options.rename, strict: false })).toThrow(
      "parameter 'weight' is float32 [2, 3] in the file, expected float32 [3, 2]",
    );
    const wrong = { ...options, isTransposed: () => true };
    expect(() => loadParameters(target, file, wrong)).toThrow(
      "'net.0.bias' is to be transposed, expected a matrix, got [2]",
    );
    expect(() => loadParameters(target, file, { rename: () => 'bias' })).toThrow(
      "two tensors are 'bias', the second is 'net.0.bias'",
    );
  });
});
