import { describe, expect, test } from 'vitest';
import type { Tensor } from '../src/index.ts';
import * as g from '../src/index.ts';
import { compiled } from './support/compiled.ts';
import { testRandom } from './support/random.ts';

const size = 4096;
const bytes = size * 4;

describe('fusion', () => {
  test.each<[string, number, (x: Tensor, v: Tensor) => Record<string, Tensor>]>([
    ['a chain of maps', 1, (x, v) => ({ y: g.tanh(g.add(g.mul(x, v), g.exp(g.neg(x)))) })],
    ['a chain with two results', 1, (x) => ({ y: g.exp(x), z: g.add(g.exp(x), 1) })],
    ['a reduction of a chain', 1, (x, v) => ({ y: g.sum(g.square(g.sub(x, v)), { axis: 1 }) })],
    ['a product with bias and activation', 1, (x, v) => ({ y: g.tanh(g.add(g.matmul(x, g.transpose(x)), v)) })],
    ['a view alone costs one copy', 1, (x) => ({ y: g.transpose(x) })],
    ['views inside a chain cost nothing', 1, (x) => ({ y: g.exp(g.add(g.transpose(x), 1)) })],
    ['a reduction reads a view in place', 1, (x) => ({ y: g.max(g.transpose(x), { axis: 0 }) })],
    ['a product reads transposed operands in place', 1, (x) => ({ y: g.matmul(g.transpose(x), x) })],
    ['a chain that two reductions read is computed once', 3, (x) => ({ y: g.sum(g.exp(x)), z: g.max(g.exp(x)) })],
  ])('%s: %d', (_, instructions, build) => {
    expect(compiled({ x: [64, 64], v: [64] }, ({ x, v }) => build(x, v)).instructions).toBe(instructions);
  });

  test('the gradient of what was split is written part by part into one tensor, each read as it lies', () => {
    const gradient = compiled({ x: [64, 3, 8] }, ({ x }) => {
      const [a, b, c] = g.split(x, 3, 1).map((part) => g.transpose(g.squeeze(part, 1)));
      const product = g.matmul(g.matmul(a, g.transpose(b)), c);
      return { gradient: g.grad(g.sum(g.square(product)), [x])[0] };
    });
    // Two products, four of the backward pass, and three copies.
    expect(gradient.instructions).toBe(9);
  });

  test('what a sum alone reads is computed inside it, from what is kept anyway', () => {
    const scaled = compiled({ x: [64, 64] }, ({ x }) => {
      const distances = g.sub(x, 1);
      const squares = g.sum(g.square(distances), { axis: -1, keepDims: true });
      return { y: g.mul(distances, squares) };
    });
    expect(scaled.instructions).toBe(3);
    // The input, the distances, which become the result, one sum for each row, and the number 1.
    expect(scaled.arenaBytes).toBe(2 * 64 * 64 * 4 + 64 * 4 + 64);
  });

  test('attention is one instruction, which reads heads where they lie and keeps no scores', () => {
    const [time, heads, width] = [64, 4, 8];
    const attention = compiled({ x: [2, time, 3 * heads * width] }, ({ x }) => {
      const parts = g.split(g.reshape(x, [2, time, 3, heads, width]), 3, 2);
      const [q, k, v] = parts.map((part) => g.transpose(g.squeeze(part, 2), [0, 2, 1, 3]));
      const joined = g.transpose(g.causalAttention(q, k, v), [0, 2, 1, 3]);
      return { y: g.reshape(joined, [2, time, heads * width]) };
    });
    expect(attention.instructions).toBe(1);
    // The input, and the result.
    expect(attention.arenaBytes).toBe(2 * time * 4 * heads * width * 4);
  });

  test('an update of parameters is one instruction, in place', () => {
    const w = g.variable([size]);
    const update = compiled({ gradient: [size] }, ({ gradient }) => {
      g.assign(w, g.sub(w, g.mul(gradient, 0.1)));
      return {};
    });
    expect(update.instructions).toBe(1);
    // The input; no copy of the variable.
    expect(update.arenaBytes).toBeLessThan(bytes + 1024);
  });

  test('one row of a cache is written without touching the rest', () => {
    const cache = g.variable([512, 8]);
    const append = compiled({ row: [1, 8], index: { shape: [], dtype: 'int32' } }, ({ row, index }) => {
      g.assign(cache, g.updateAt(cache, row, index));
      return {};
    });
    expect(append.instructions).toBe(1);
    expect(append.arenaBytes).toBeLessThan(1024);
  });
});

test('memory is reused: a long sequence of products needs that of two or three', () => {
  const { arenaBytes } = compiled({ x: [64, 64] }, ({ x }) => {
    let y = x;
    for (let i = 0; i < 20; i++) y = g.tanh(g.matmul(y, g.add(x, i)));
    return { y };
  });
  // The input, the sum, and a product into another; 64 × 64 elements each.
  expect(arenaBytes).toBeLessThanOrEqual(5 * bytes);
});

test('gradients are used up as backpropagation reaches them, not kept for the end of the program', () => {
  const layers = 12;
  const random = testRandom(1);
  const network = g.mlp({
    input: 64,
    hidden: Array<number>(layers - 1).fill(64),
    output: 64,
    activation: 'tanh',
    random,
  });
  const optimizer = g.adam(network.parameters);
  const update = compiled({ x: [64, 64] }, ({ x }) => {
    optimizer.minimize(g.mean(g.square(network(x))));
    return {};
  });
  // The input and an activation for each layer must be kept for the backward pass; a few gradients of that size come and go.
  expect(update.arenaBytes).toBeLessThan((layers + 1 + 4) * bytes);
});

/** Hazards that the compiler once had or could have, each with its result worked out by hand. */
describe.each(['wasm', 'native'] as const)('%s: reading and writing the same memory', (name) => {
  const on = { device: g.device(name) };
  const data = (shape: number[], seed: number): Tensor => g.constant(shape, testRandom(seed).floats(g.sizeOf(shape)));

  test('a chain that reads a transposed view of itself', () => {
    const result = g.evaluate(() => {
      const e = g.exp(g.constant([2, 2], [0, 0, 1, 2]));
      return g.add(e, g.transpose(e));
    }, on);
    const [one, e, square] = [1, Math.E, Math.E ** 2];
    [2 * one, one + e, one + e, 2 * square].forEach((value, i) => {
      expect(result[i]).toBeCloseTo(value, 5);
    });
  });

  test('a chain that reads one element of itself', () => {
    const result = g.evaluate(() => {
      const doubled = g.mul(g.constant([3], [1, 2, 3]), 2);
      return g.sub(doubled, g.slice(doubled, [2], [1]));
    }, on);
    expect(result).toEqual(Float32Array.of(-4, -2, 0));
  });

  test('a product of one element that a chain follows', () => {
    const apply = g.program({ x: [1, 6] }, ({ x }) => ({ y: g.mul(g.matmul(x, g.transpose(x)), 0.5) }), on);
    for (const value of [1, 2, 3]) {
      apply.inputs.x.fill(value);
      expect(apply.run().y[0]).toBeCloseTo(3 * value ** 2, 5);
    }
  });

  test('rows of length one, repeated, through views of any stride', () => {
    const { product, expected } = g.evaluate(() => {
      const y = data([5, 3, 2], 1);
      const left = g.transpose(g.slice(y, [0, 0, 1], [5, 3, 1]), [1, 2, 0]);
      const right = data([5, 4], 2);
      const terms = g.mul(g.reshape(left, [3, 5, 1]), g.reshape(right, [1, 5, 4]));
      return { product: g.matmul(left, right), expected: g.sum(terms, { axis: 1 }) };
    }, on);
    product.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
  });

  test('variables that trade places, and ones set to their own transpose', () => {
    const a = g.variable([2, 2], [1, 2, 3, 4]);
    const b = g.variable([2, 2], [5, 6, 7, 8]);
    const c = g.variable([2, 2], [1, 2, 3, 4]);
    const trade = g.program(
      {},
      () => {
        const [first, second] = [g.asTensor(a), g.asTensor(b)];
        g.assign(a, second);
        g.assign(b, first);
        g.assign(c, g.transpose(c));
        return { old: c, sum: g.sum(g.mul(a, 1)) };
      },
      on,
    );
    trade.run();
    expect([a, b, c].map((each) => [...each.read()])).toEqual([
      [5, 6, 7, 8],
      [1, 2, 3, 4],
      [1, 3, 2, 4],
    ]);
    const { old, sum } = trade.run();
    // `c` was read after it was assigned.
    expect([...old, ...sum]).toEqual([1, 2, 3, 4, 10]);
  });

  test('an old value that is an output while its variable is overwritten', () => {
    const count = g.variable([3], [1, 2, 3]);
    const step = g.program(
      {},
      () => {
        const before = g.asTensor(count);
        g.assign(count, g.add(g.mul(before, 2), 1));
        return { before, view: g.reshape(before, [3, 1]), after: count, again: g.mul(before, 10) };
      },
      on,
    );
    step.run();
    const { before, view, after, again } = step.run();
    expect([before, view, after, again].map((each) => [...each])).toEqual([
      [3, 5, 7],
      [3, 5, 7],
      [7, 11, 15],
      [30, 50, 70],
    ]);
    expect([...count.read()]).toEqual([7, 11, 15]);
  });

  test('one value for two variables and two outputs', () => {
    const [a, b] = [g.variable([2]), g.variable([2])];
    const result = g.evaluate(() => {
      const value = g.exp(g.constant([2], [0, 0]));
      g.assign(a, value);
      g.assign(b, value);
      return { x: value, y: value };
    }, on);
    for (const each of [a.read(), b.read(), result.x, result.y]) expect([...each]).toEqual([1, 1]);
  });

  test('inputs keep their values from run to run', () => {
    const keep = g.program({ x: [4], y: [4] }, ({ x, y }) => ({ z: g.mul(g.add(x, y), x), x, y }), on);
    keep.inputs.x.set([1, 2, 3, 4]);
    keep.inputs.y.set([1, 1, 1, 1]);
    keep.run();
    expect([...keep.run().z]).toEqual([2, 6, 12, 20]);
    expect([...keep.inputs.x, ...keep.inputs.y]).toEqual([1, 2, 3, 4, 1, 1, 1, 1]);
  });
});
