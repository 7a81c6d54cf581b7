import * as t from '@gradus/tensor';
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { toOnnx } from '@gradus/onnx';

const load = (file: Uint8Array): Promise<ort.InferenceSession> => ort.InferenceSession.create(file);

/** Doubles a weight of its own for each row. */
const scaled = (rows: number) => {
  const weight = t.variable([3], [1, 2, 3], { name: 'weight' });
  return t.program({ x: [rows, 3], unused: [2] }, ({ x }) => ({ y: t.mul(x, weight), sum: t.sum(x) }));
};

test('inputs and outputs have the names of the program, and the number of rows is open', async () => {
  const session = await load(toOnnx(scaled));
  expect(session.inputNames).toEqual(['x']);
  expect(session.outputNames).toEqual(['y', 'sum']);
  expect(session.inputMetadata[0]).toMatchObject({ type: 'float32', shape: ['batch', 3] });
  for (const rows of [1, 2, 1000]) {
    const { y } = await session.run({ x: new ort.Tensor(new Float32Array(3 * rows).fill(2), [rows, 3]) });
    expect(y.dims).toEqual([rows, 3]);
    expect([...(y.data as Float32Array)].slice(-3)).toEqual([2, 4, 6]);
  }
});

test('a program that does not depend on the number of rows keeps its shapes', async () => {
  const session = await load(toOnnx(() => t.program({ x: [5, 3] }, ({ x }) => ({ y: t.exp(x) }))));
  expect(session.inputMetadata[0]).toMatchObject({ shape: [5, 3] });
});

test('sizes that are a multiple of the number of rows stay so', async () => {
  const session = await load(
    toOnnx((rows) => t.program({ x: [rows, 2] }, ({ x }) => ({ y: t.reshape(x, [2 * rows]) }))),
  );
  expect(session.outputMetadata[0]).toMatchObject({ shape: ['2 batch'] });
});

test('the file has the values that variables have when it is written', async () => {
  const weight = t.variable([1], [1]);
  const make = () => t.program({ x: [1] }, ({ x }) => ({ y: t.mul(x, weight) }));
  weight.write([5]);
  const { y } = await (await load(toOnnx(make))).run({ x: new ort.Tensor(Float32Array.of(3), [1]) });
  expect(y.data).toEqual(Float32Array.of(15));
});

test('outputs may be inputs, constants, or the same twice', async () => {
  const make = (rows: number) => t.program({ x: [rows] }, ({ x }) => ({ same: x, again: x, seven: 7 }));
  const result = await (await load(toOnnx(make))).run({ x: new ort.Tensor(Float32Array.of(3, 4), [2]) });
  expect([result.same.data, result.again.data, result.seven.data]).toEqual([
    Float32Array.of(3, 4),
    Float32Array.of(3, 4),
    Float32Array.of(7),
  ]);
});

test('names that a weight shares with an input are told apart', async () => {
  const x = t.variable([1], [2], { name: 'x' });
  const y = t.variable([1], [3], { name: 'y' });
  const make = () => t.program({ x: [1] }, (given) => ({ y: t.add(given.x, t.mul(x, y)) }));
  const result = await (await load(toOnnx(make))).run({ x: new ort.Tensor(Float32Array.of(1), [1]) });
  expect(result.y.data).toEqual(Float32Array.of(7));
});

describe('what cannot be a file is named', () => {
  const counter = t.variable([], [0], { name: 'counter' });
  const refused: Readonly<Record<string, readonly [make: (rows: number) => unknown, message: string]>> = {
    'no function': [
      null as unknown as () => unknown,
      'toOnnx: expected make to be a function that makes a program for a number of rows, got null',
    ],
    'no program': [() => undefined, 'traceProgram: expected a function that makes one program, got one that makes 0'],
    'random numbers': [
      (rows) => t.program({ key: { shape: [2], dtype: 'int32' } }, ({ key }) => ({ y: t.randomUniform(key, [rows]) })),
      "toOnnx: operation 'randomUniform' has no counterpart in ONNX: expected a program that draws nothing, such as one of the best actions",
    ],
    'a variable that is set': [
      () => t.program({}, () => (t.assign(counter, 1), {})),
      "toOnnx: expected a program that sets no variables, got one that sets 'counter'",
    ],
    'a mean over rows': [
      (rows) => t.program({ x: [rows] }, ({ x }) => ({ y: t.mean(x) })),
      "toOnnx: expected a program of the same operations and constants for any number of rows; 'constant' is another one for 7 rows than for 5",
    ],
    'one operation a row': [
      (rows) =>
        t.program({ x: [rows] }, ({ x }) => ({
          y: t.concat(Array.from({ length: rows }, (_, i) => t.slice(x, [i], [1]))),
        })),
      'toOnnx: expected a program of the same operations for any number of rows, got 7 for 5 rows and 9 for 7',
    ],
    'one row more': [
      (rows) => t.program({ x: [rows + 1] }, ({ x }) => ({ y: t.exp(x) })),
      "toOnnx: expected sizes that are multiples of the number of rows, got 6 for 5 rows and 8 for 7 in 'input'",
    ],
    'an output with the name of an input': [
      () => t.program({ x: [1] }, ({ x }) => ({ x })),
      "toOnnx: expected outputs of other names than inputs, got 'x' twice",
    ],
    'rows of nothing': [
      (rows) => t.program({}, () => ({ y: t.full([rows], 3) })),
      'toOnnx: expected an input with as many elements along one axis as there are rows',
    ],
    gradients: [
      (rows) =>
        t.program({ x: [rows, 4, 4, 1] }, ({ x }) => {
          const image = t.add(x, 0.5);
          const [y] = [t.sum(t.square(t.conv2d(image, t.constant([2, 2, 1, 1], [1, 2, 3, 4]))))];
          return { g: t.grad(y, [image])[0] };
        }),
      "toOnnx: operation 'col2im' has no counterpart in ONNX: expected a program without gradients",
    ],
  };

  test.each(Object.entries(refused))('%s', (_, [make, message]) => {
    expect(() => toOnnx(make)).toThrow(new RangeError(message));
  });
});
