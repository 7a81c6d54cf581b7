import { describe, expect, test } from 'vitest';
import type { Shape, Tensor, TensorLike } from '../src/index.ts';
import * as g from '../src/index.ts';
import { testRandom } from './support/random.ts';
import { referenceDevice } from './support/reference.ts';

/*
 * Whatever the sizes, indexes and arguments, an operation gives the right values or an error that names it: nothing ends the process,
 * hangs, or fails somewhere inside.
 */

const sizes = [0, 1, 2, 7, 13, 2 ** 31, 2 ** 40, 2 ** 53, -1, 1.5, NaN, Infinity];
let random = testRandom(0);
const size = (): number => (random.nextFloat() < 0.6 ? 1 + random.integer(3) : random.pick(sizes));
/** None that is merely slow. */
function shapeOf(rank: number): Shape {
  const shape = Array.from({ length: rank }, size);
  const elements = g.sizeOf(shape);
  return elements > 1e4 && elements < 2 ** 31 ? shape.map(() => 1) : shape;
}

/** A tensor of any shape, if there is one: ranks from 0 to 9. */
function tensor(rank = random.integer(random.nextFloat() < 0.1 ? 10 : 5)): Tensor {
  const shape = shapeOf(rank);
  return g.mul(g.cos(g.full(shape, 1 + random.nextFloat())), random.nextFloat());
}

const integer = (): number => random.pick([-1, 0, 1, 2, 3, 7, 2 ** 31, NaN, 0.5]);
const index = (rank = random.integer(3)): Tensor =>
  g.cast(g.add(g.full(shapeOf(rank), 0), random.integer(4) - 0.5), 'int32');
const axis = (): number => random.pick([-3, -1, -1, 0, 0, 1, 2, 5, NaN]);

const operations: Readonly<Record<string, () => TensorLike>> = {
  full: () => g.full(shapeOf(random.integer(5)), 1),
  constant: () => g.constant([size()], [1, 2, 3].slice(0, random.integer(4))),
  range: () => g.range(size()),
  add: () => g.add(tensor(), tensor()),
  where: () => g.where(g.less(tensor(2), 0.2), tensor(2), tensor(1)),
  sum: () => g.sum(tensor(), { axis: axis(), keepDims: random.nextFloat() < 0.5 }),
  'sum of axes': () => g.sum(tensor(), { axis: [axis(), axis()] }),
  mean: () => g.mean(tensor(), { axis: axis() }),
  variance: () => g.variance(tensor(), { axis: axis() }),
  max: () => g.max(tensor(), { axis: axis() }),
  min: () => g.min(tensor()),
  argmax: () => g.cast(g.argmax(tensor(), axis()), 'float32'),
  logSumExp: () => g.logSumExp(tensor(), { axis: axis() }),
  softmax: () => g.softmax(tensor(), axis()),
  logSoftmax: () => g.logSoftmax(tensor(), axis()),
  cumulativeSum: () => g.cumulativeSum(tensor(), { axis: axis() }),
  layerNorm: () => g.layerNorm(tensor(), { epsilon: 1 }),
  rmsNorm: () => g.rmsNorm(tensor(), { epsilon: 1 }),
  matmul: () => g.matmul(tensor(2 + random.integer(3)), tensor(2 + random.integer(3))),
  attention: () => {
    const x = tensor(2 + random.integer(2));
    return g.attention(x, x, x);
  },
  causalAttention: () => {
    const x = tensor(2 + random.integer(2));
    return g.causalAttention(x, x, x);
  },
  conv2d: () =>
    g.conv2d(g.full([size(), size(), size(), 1], 0.5), g.full([size(), size(), 1, size()], 0.5), {
      stride: size(),
      padding: random.pick(['same', 'valid'] as const),
    }),
  reshape: () => g.reshape(tensor(), shapeOf(random.integer(4))),
  transpose: () => g.add(g.transpose(tensor()), 1),
  'transpose by axes': () => g.add(g.transpose(tensor(3), [integer(), integer(), integer()]), 1),
  broadcastTo: () => g.add(g.broadcastTo(tensor(), shapeOf(4)), 1),
  slice: () =>
    g.add(g.slice(tensor(2), [random.integer(2), integer()], [random.pick([-1, 1]), random.pick([-1, integer()])]), 1),
  split: () => g.split(tensor(), integer(), axis())[0],
  pad: () =>
    g.pad(tensor(2), [
      [integer(), integer()],
      [integer(), 0],
    ]),
  concat: () => g.concat([tensor(2), tensor(2)], axis()),
  stack: () => {
    const x = tensor();
    return g.stack([x, random.nextFloat() < 0.9 ? x : tensor()], axis());
  },
  expandDims: () => g.add(g.expandDims(tensor(), axis()), 1),
  squeeze: () => g.add(g.squeeze(tensor(), axis()), 1),
  embedding: () => g.embedding(tensor(), index()),
  gather: () => g.gather(tensor(), index()),
  scatterAdd: () => g.scatterAdd(tensor(), index(), shapeOf(random.integer(3))),
  oneHot: () => g.oneHot(index(), size()),
  sliceAt: () => g.sliceAt(tensor(), index(random.integer(2)), { size: size(), axis: axis() }),
  updateAt: () => g.updateAt(tensor(2), tensor(2), index(0), { axis: axis() }),
  randomUniform: () => g.randomUniform(g.range(2), shapeOf(random.integer(4))),
  randomNormal: () => g.mul(g.randomNormal(g.range(2), shapeOf(random.integer(4))), 0),
  randomCategorical: () => g.mul(g.cast(g.randomCategorical(g.range(2), tensor()), 'float32'), 0),
  grad: () => {
    const x = tensor();
    return g.grad(g.sum(g.tanh(g.softmax(x))), [x])[0];
  },
};

/** Errors of the engine are about an operation; those of the language and of its inside are not. */
function expectNamed(error: unknown, label: string): void {
  const { message } = error as Error;
  const native =
    /not a function|undefined|is not iterable|Cannot|Invalid|call stack|Maximum|unknown tensor|is used before|has no memory/;
  expect(message, label).not.toMatch(native);
  expect(message, label).toMatch(/: | would take /);
}

const trials = 60;

describe.each(['wasm', 'native'] as const)('%s: right values or an error that names the operation', (name) => {
  const reference = referenceDevice();

  test.each(Object.entries(operations))('%s', (label, build) => {
    let successes = 0;
    for (let seed = 0; seed < trials; seed++) {
      const run = (device: g.Device): g.TensorData => {
        random = testRandom(seed);
        return g.evaluate(() => ({ y: g.mul(build(), 1) }), { device }).y;
      };
      let actual: g.TensorData;
      try {
        actual = run(g.device(name));
      } catch (error) {
        expectNamed(error, `${label} ${seed}`);
        continue;
      }
      const expected = run(reference);
      const differences = Array.from(expected, (x, i) => Math.abs(x - actual[i]));
      expect(actual.length, `${label} ${seed}`).toBe(expected.length);
      expect(
        differences.filter((each) => !(each < 1e-5)),
        `${label} ${seed}`,
      ).toEqual([]);
      successes++;
    }
    expect(successes).toBeGreaterThan(0);
  });
});

describe.each(['wasm', 'native'] as const)('%s: what takes too much memory is refused at once', (name) => {
  const device = g.device(name);
  test.each<[string, () => unknown]>([
    ['one tensor', () => g.evaluate(() => g.full([2 ** 20, 2 ** 20], 0), { device })],
    ['a product', () => g.evaluate(() => g.matmul(g.full([2 ** 20, 1], 1), g.full([1, 2 ** 20], 1)), { device })],
    ['an input', () => g.program({ x: [2 ** 40] }, ({ x }) => ({ y: g.sum(x) }), { device })],
    ['a variable', () => g.variable([2 ** 20, 2 ** 20])],
    ['a network', () => g.mlp({ input: 2 ** 20, hidden: [2 ** 20], output: 1, activation: 'relu', random })],
    ['weights', () => g.orthogonal()([2 ** 20, 2 ** 20], random)],
  ])('%s', (_, build) => {
    expect(build).toThrow(/would take 4\.4 TB of memory/);
  });

  test('a program of many tensors', () => {
    // Each would fit.
    const shape = [2 ** 15, 2 ** 15];
    const many = (): Tensor[] => Array.from({ length: 20 }, (_, i) => g.cumulativeSum(g.full(shape, i)));
    const build = (): unknown => g.evaluate(() => Object.fromEntries(many().map((x, i) => [`y${i}`, x])), { device });
    expect(build).toThrow(/would take 90\.2 GB of memory/);
  });
});

test('programs may be deep', () => {
  const depth = 3000;
  const deep = (x: Tensor): Tensor => {
    let y = x;
    for (let i = 0; i < depth; i++) y = g.add(g.cumulativeSum(y), 1);
    return y;
  };
  expect(g.evaluate(() => deep(g.constant([1], [0])))).toEqual(Float32Array.of(depth));
});
