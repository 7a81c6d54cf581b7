import { describe, expect, test, vi } from 'vitest';
import type { Tensor } from '../src/index.ts';
import * as g from '../src/index.ts';

const matrix = (): Tensor => g.constant([2, 3], [1, 2, 3, 4, 5, 6]);
const vector = (): Tensor => g.constant([2], [1, 2]);
const int = (value: number): Tensor => g.constant([1], [value], 'int32');

describe('while tracing, bad arguments get an error that names the thing, what fits and what came', () => {
  test.each<[string, () => unknown, ErrorConstructor, string]>([
    ['add', () => g.add(matrix(), vector()), RangeError, 'add: shapes [2, 3] and [2] do not fit together'],
    ['where', () => g.where(vector(), matrix(), 1), RangeError, 'where: shapes [2] and [2, 3] do not fit together'],
    ['matmul', () => g.matmul(matrix(), matrix()), RangeError, 'matmul: [2, 3] and [2, 3] do not fit'],
    ['matmul of a vector', () => g.matmul(matrix(), vector()), RangeError, 'matmul: [2, 3] and [2] do not fit'],
    [
      'causalAttention',
      () => g.causalAttention(matrix(), matrix(), g.constant([3, 1], [1, 2, 3])),
      RangeError,
      'causalAttention: queries, keys and values [2, 3], [2, 3], [3, 1] do not fit',
    ],
    [
      'reshape',
      () => g.reshape(matrix(), [4, -1]),
      RangeError,
      'reshape: [2, 3] has 6 elements and cannot become [4, -1]',
    ],
    ['broadcastTo', () => g.broadcastTo(matrix(), [2, 1]), RangeError, 'a tensor of shape [2, 3] cannot become [2, 1]'],
    [
      'transpose',
      () => g.transpose(matrix(), [0, 0]),
      RangeError,
      'transpose: expected a permutation of 2 axes, got [0, 0]',
    ],
    [
      'slice',
      () => g.slice(matrix(), [1, 1], [1, 3]),
      RangeError,
      'slice: begin [1, 1] with size [1, 3] is not inside [2, 3]',
    ],
    ['split', () => g.split(matrix(), 2), RangeError, 'split: 3 elements do not divide into 2 parts'],
    ['pad', () => g.pad(matrix(), [[1, 1]]), RangeError, 'pad: expected 2 pairs of counts, got [[1,1]]'],
    [
      'concat',
      () => g.concat([matrix(), vector()], 0),
      RangeError,
      'concat: float32 [2, 3] and float32 [2] do not join along axis 0',
    ],
    ['concat of nothing', () => g.concat([]), RangeError, 'concat: expected at least one tensor, got none'],
    ['squeeze', () => g.squeeze(matrix()), RangeError, 'squeeze: axis -1 of [2, 3] is not 1'],
    ['sum', () => g.sum(matrix(), { axis: 2 }), RangeError, 'sum: axis 2 is out of range for a tensor with 2 axes'],
    ['sum along half an axis', () => g.sum(matrix(), { axis: 0.5 }), RangeError, 'sum: axis 0.5 is out of range'],
    ['constant', () => g.constant([3], [1]), RangeError, 'constant of shape [3]: expected 3 values, got 1'],
    [
      'variable',
      () => g.variable([3], [1], { name: 'w' }),
      RangeError,
      "variable 'w' of shape [3]: expected 3 values, got 1",
    ],
    ['embedding', () => g.embedding(matrix(), vector()), TypeError, 'embedding: expected an int32 index, got float32'],
    [
      'gather',
      () => g.gather(matrix(), int(0)),
      RangeError,
      'gather: index [1] does not name one element of each row of [2, 3]',
    ],
    [
      'scatterAdd',
      () => g.scatterAdd(vector(), int(0), [2, 2]),
      RangeError,
      'scatterAdd: updates [2] do not fit index [1] and result [2, 2]',
    ],
    [
      'sliceAt',
      () => g.sliceAt(matrix(), int(0), { size: 3 }),
      RangeError,
      'sliceAt: size 3 is not between 1 and the 2 of axis 0',
    ],
    [
      'updateAt',
      () => g.updateAt(matrix(), vector(), int(0)),
      RangeError,
      'updateAt: [2] is not a block of [2, 3] along axis 0',
    ],
    ['conv2d', () => g.conv2d(matrix(), matrix()), RangeError, 'conv2d: expected [batch, height, width, in]'],
    [
      'conv2d with a large window',
      () => g.conv2d(g.full([1, 2, 2, 1], 0), g.full([3, 3, 1, 1], 0)),
      RangeError,
      'a window of 3 is not inside an image of 2',
    ],
    [
      'randomUniform',
      () => g.randomUniform(vector(), [2]),
      TypeError,
      'randomUniform: expected a key of two int32, got float32 [2]',
    ],
    ['grad', () => g.grad(vector(), [matrix()]), RangeError, 'grad: expected a scalar loss, got shape [2]'],
    [
      'assign',
      () => g.assign(g.variable([2], [0, 0], { name: 'w' }), matrix()),
      TypeError,
      "assign: variable 'w' is float32 [2], the value is float32 [2, 3]",
    ],
    [
      'copyParameters',
      () => g.copyParameters({ w: g.variable([1]) }, { w: g.variable([2]) }),
      RangeError,
      "'w' is [1] in the source and [2] in the target",
    ],
    [
      'copyParameters',
      () => {
        const same = { w: g.variable([1]) };
        g.copyParameters(same, { ...same });
      },
      RangeError,
      "copyParameters: 'w' is one variable, in both records",
    ],
    [
      'polyakUpdate',
      () => g.polyakUpdate({ a: g.variable([1]) }, { b: g.variable([1]) }, 1),
      RangeError,
      'parameters differ: a, b are in one record only',
    ],
    ['apply', () => g.sgd({ w: g.variable([1]) }).apply([]), RangeError, 'optimizer: expected 1 gradients, got 0'],
  ])('%s', (_, build, type, message) => {
    const trace = (): unknown =>
      g.evaluate(() => {
        build();
        return {};
      });
    expect(trace).toThrow(type);
    expect(trace).toThrow(message);
  });
});

test('operations outside of programs, and across programs', () => {
  expect(() => g.exp(1)).toThrow('tensor operations work inside program(…) or evaluate(…) only');
  let other: Tensor | undefined;
  g.evaluate(() => (other = matrix()));
  expect(() => g.evaluate(() => g.exp(other!))).toThrow('exp: an input belongs to another program');
});

describe.each(['wasm', 'native'] as const)('%s: while running, an index outside', (name) => {
  const options = { device: g.device(name) };
  test.each<[string, (index: Tensor) => Tensor, readonly number[], number]>([
    ['gather', (index) => g.embedding(matrix(), index), [-1, 2, 2147483647], 2],
    ['scatterAdd', (index) => g.scatterAdd(g.constant([1, 2], [1, 2]), index, [3, 2]), [-1, 3], 3],
    ['sliceAt', (index) => g.sliceAt(matrix(), index, { size: 2, axis: 1 }), [-1, 2], 2],
    ['updateAt', (index) => g.updateAt(matrix(), g.constant([1, 3], [1, 2, 3]), index), [-5, 2], 2],
  ])('%s', (operation, apply, bad, limit) => {
    const p = g.program({ index: { shape: [1], dtype: 'int32' } }, ({ index }) => ({ y: apply(index) }), options);
    for (const value of bad) {
      p.inputs.index[0] = value;
      const message = `${operation}: expected an index of at least 0 and less than ${limit}, got ${value}`;
      expect(() => p.run()).toThrow(RangeError);
      expect(() => p.run()).toThrow(message);
    }
    p.inputs.index[0] = limit - 1;
    expect(() => p.run()).not.toThrow();
  });
});

test('a variable lives on one device; devices want at least one thread', () => {
  const w = g.variable([1], [1], { name: 'w' });
  g.evaluate(() => g.add(w, 1), { device: g.device('wasm') });
  expect(() => g.evaluate(() => g.add(w, 1), { device: g.device('native') })).toThrow(
    "variable 'w' lives on device 'wasm' and cannot be used on 'native'",
  );
  expect(() => g.evaluate(() => g.add(w, 1), { device: g.device('wasm', { threads: 2 }) })).toThrow(
    "variable 'w' lives on device 'wasm' and cannot be used on 'wasm' with 2 threads",
  );
  expect(() => g.device('wasm', { threads: 0 })).toThrow('device: expected threads to be a positive integer, got 0');
});

test.each(['some', '0', '1.5', ' '])('GRADUS_THREADS=%s is no number of threads', (wanted) => {
  vi.stubEnv('GRADUS_THREADS', wanted);
  expect(() => g.device('wasm')).toThrow(
    new RangeError(`GRADUS_THREADS: expected a number of threads of at least 1, got '${wanted}'`),
  );
  vi.stubEnv('GRADUS_THREADS', '');
  expect(g.device('wasm').threads).toBe(1);
  vi.unstubAllEnvs();
});
