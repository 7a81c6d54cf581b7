import { describe, expect, test } from 'vitest';
import type { Module, Tensor } from '../src/index.ts';
import * as g from '../src/index.ts';
import { testRandom } from './support/random.ts';

const random = testRandom(5);

/** Applies a module to one input. */
function applied(net: Module, shape: readonly number[], values: ArrayLike<number>): number[] {
  return [...g.evaluate(() => net(g.constant(shape, values)))];
}

describe('linear', () => {
  test('is activation(x W + b)', () => {
    const layer = g.linear({ input: 2, output: 3, activation: 'relu', random });
    layer.parameters.weight.write([1, 2, 3, 4, 5, 6]);
    layer.parameters.bias.write([0, -100, 1]);
    expect(applied(layer, [1, 2], [1, 1])).toEqual([5, 0, 10]);
    expect(applied(layer, [1, 1, 2], [1, 1])).toEqual([5, 0, 10]);
  });

  test('has a bias of zeros, one drawn by the fan-in of its weights, or none', () => {
    const of = (bias?: 'fanIn' | false): Module =>
      g.linear({ input: 4, output: 200, random, ...(bias !== undefined && { bias }) });
    expect([...of().parameters.bias.read()].every((x) => x === 0)).toBe(true);
    const drawn = [...of('fanIn').parameters.bias.read()].map(Math.abs);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(0.5);
    expect(Math.max(...drawn)).toBeGreaterThan(0.45);
    expect(Object.keys(of(false).parameters)).toEqual(['weight']);
  });
});

test('mlp: shapes, names, and activations inside and at the end', () => {
  const net = g.mlp({ input: 3, hidden: [4, 5], output: 2, activation: 'tanh', outputActivation: 'sigmoid', random });
  const shapes = Object.entries(net.parameters).map(([name, { shape }]) => `${name} ${shape.join('×')}`);
  expect(shapes).toEqual(['0.weight 3×4', '0.bias 4', '1.weight 4×5', '1.bias 5', '2.weight 5×2', '2.bias 2']);
  const { y, expected } = g.evaluate(() => {
    const x = g.constant([6, 3], random.floats(18));
    const dense = (input: Tensor, i: number): Tensor =>
      g.add(g.matmul(input, net.parameters[`${i}.weight`]), net.parameters[`${i}.bias`]);
    return { y: net(x), expected: g.sigmoid(dense(g.tanh(dense(g.tanh(dense(x, 0)), 1)), 2)) };
  });
  expect(y).toEqual(expected);
});

test('mlp: the last layer may be initialized differently', () => {
  const net = g.mlp({
    input: 8,
    hidden: [8],
    output: 8,
    activation: 'relu',
    weight: g.orthogonal(Math.SQRT2),
    outputWeight: g.orthogonal(0.01),
    random,
  });
  const norm = (name: string): number => Math.hypot(...net.parameters[name].read());
  expect(norm('0.weight')).toBeCloseTo(Math.SQRT2 * Math.sqrt(8), 4);
  expect(norm('1.weight')).toBeCloseTo(0.01 * Math.sqrt(8), 5);
});

test('convolution, flatten and sequential: a network on images', () => {
  const net = g.sequential([
    g.convolution({ input: 1, output: 2, kernel: 2, random }),
    g.flatten,
    g.linear({ input: 8, output: 1, random }),
  ]);
  expect(Object.keys(net.parameters)).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
  net.parameters['0.weight'].write([1, 0, 0, 0, 0, 0, 0, 1]);
  net.parameters['0.bias'].write([0, 10]);
  net.parameters['2.weight'].write(new Float32Array(8).fill(1));
  // Channel 0 is the upper left of each 2 × 2 window, channel 1 the lower right plus 10.
  expect(applied(net, [1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([1 + 2 + 4 + 5 + (5 + 6 + 8 + 9) + 40]);
  expect(net.layers?.map(({ kind }) => kind)).toEqual(['convolution', 'flatten', 'linear']);
});

test('layers are described only where a module is nothing but a stack of them', () => {
  const layer = g.linear({ input: 2, output: 2, random });
  expect(g.sequential([layer, layer]).layers).toHaveLength(2);
  expect(g.sequential([layer, g.relu]).layers).toBeUndefined();
  expect(g.sequential([layer, g.rmsNormalization(2)]).layers).toBeUndefined();
});

test('embeddingTable looks rows up', () => {
  const table = g.embeddingTable({ rows: 3, width: 2, random });
  table.parameters.weight.write([1, 2, 3, 4, 5, 6]);
  expect([...g.evaluate(() => table(g.constant([2, 1], [2, 0], 'int32')))]).toEqual([5, 6, 1, 2]);
});

test('layerNormalization and rmsNormalization begin as plain normalization', () => {
  const x = [1, 2, 3, 6];
  const near = (actual: number[], expected: number[]): void => {
    expected.forEach((value, i) => {
      expect(actual[i]).toBeCloseTo(value, 4);
    });
  };
  near(
    applied(g.layerNormalization(4), [4], x),
    x.map((value) => (value - 3) / Math.sqrt(3.5)),
  );
  near(
    applied(g.rmsNormalization(4), [4], x),
    x.map((value) => value / Math.sqrt(12.5)),
  );
});

test('what is equal has no spread, however large it is: layerNorm and variance are exactly 0', () => {
  for (const value of [0.1, 100.1, 1e6 + 0.1, -3e7, 1e30]) {
    for (const width of [3, 64, 120, 1000]) {
      const x = (): g.Tensor => g.constant([2, width], Array<number>(2 * width).fill(value));
      expect([...g.evaluate(() => g.layerNorm(x()))].every((y) => y === 0)).toBe(true);
      expect([...g.evaluate(() => g.variance(x(), { axis: 1 }))]).toEqual([0, 0]);
      expect([...g.evaluate(() => g.variance(x(), { axis: 0 }))].every((y) => y === 0)).toBe(true);
      expect([...g.evaluate(() => g.variance(x()))]).toEqual([0]);
    }
  }
});

test('layerNorm and variance of numbers far from 0 are those of the numbers moved to 0', () => {
  const near = [3, -2, 7, 0.5, 0, -1.5];
  const far = near.map((x) => x + 2 ** 20);
  const of = (values: number[]): number[] => [
    ...g.evaluate(() =>
      g.concat([g.layerNorm(g.constant([6], values)), g.variance(g.constant([1, 6], values), { axis: 1 })]),
    ),
  ];
  of(far).forEach((y, i) => {
    expect(y).toBeCloseTo(of(near)[i], 5);
  });
});

test('outputShape traces a module alone, inside of a program and outside', () => {
  const net = g.sequential([g.convolution({ input: 3, output: 8, kernel: 3, stride: 2, random }), g.flatten]);
  expect(g.outputShape(net, [5, 7, 9, 3])).toEqual([5, 3 * 4 * 8]);
  const { y } = g.evaluate(() => {
    expect(g.outputShape((x) => g.sum(x), [2])).toEqual([]);
    return { y: g.add(1, 2) };
  });
  expect(y[0]).toBe(3);
  expect(() => g.outputShape(net, [5, 7, 9, 2])).toThrow('conv2d');
});

test('copyParameters and joinParameters', () => {
  const [a, b] = [g.linear({ input: 2, output: 2, random }), g.linear({ input: 2, output: 2, random })];
  g.copyParameters(a.parameters, b.parameters);
  expect(b.parameters.weight.read()).toEqual(a.parameters.weight.read());
  expect(Object.keys(g.joinParameters({ actor: a.parameters, critic: b.parameters }))).toEqual([
    'actor.weight',
    'actor.bias',
    'critic.weight',
    'critic.bias',
  ]);
});
