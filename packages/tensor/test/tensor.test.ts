import { describe, expect, test } from 'vitest';
import type { Tensor } from '../src/index.ts';
import * as g from '../src/index.ts';
import { graphOf } from './support/compiled.ts';

/** Traces operations on a matrix and a vector and hands them over. */
function traced(build: (x: Tensor, v: Tensor) => void): void {
  graphOf({ x: [3, 4], v: [4] }, ({ x, v }) => {
    build(x, v);
    return { x };
  });
}

test('equal operations are one node', () => {
  traced((x, v) => {
    expect(g.add(x, v)).toBe(g.add(x, v));
    expect(g.sum(g.exp(x), { axis: 0 })).toBe(g.sum(g.exp(x), { axis: -2 }));
    expect(g.scalar(0.1)).toBe(g.scalar(Math.fround(0.1)));
    expect(g.constant([2], [1, 2])).toBe(g.constant([2], [1, 2]));
    expect(g.slice(x, [1, 0], [1, 2])).toBe(g.slice(x, [1, 0], [1, 2]));
    expect(g.grad(g.sum(g.tanh(x)), [x])[0]).toBe(g.grad(g.sum(g.tanh(x)), [x])[0]);
  });
});

test('different operations are not', () => {
  traced((x, v) => {
    expect(g.sub(x, v)).not.toBe(g.sub(v, x));
    expect(g.slice(x, [1, 0], [1, 2])).not.toBe(g.slice(x, [0, 0], [1, 2]));
    expect(g.constant([2], [1, 0])).not.toBe(g.constant([2], [1, -0]));
    expect(g.constant([2], [1, 0])).not.toBe(g.constant([2, 1], [1, 0]));
    expect(g.scalar(0)).not.toBe(g.scalar(-0));
    const key = g.constant([2], [1, 2], 'int32');
    expect(g.randomUniform(key, [3])).not.toBe(g.randomUniform(key, [3]));
  });
});

test('what changes nothing makes no node', () => {
  traced((x) => {
    for (const same of [
      g.add(x, -0),
      g.add(-0, x),
      g.sub(x, 0),
      g.mul(x, 1),
      g.mul(1, x),
      g.div(x, 1),
      g.neg(g.neg(x)),
    ]) {
      expect(same).toBe(x);
    }
    const integers = g.cast(x, 'int32');
    expect(g.add(integers, 0)).toBe(integers);
    // −0 + 0 is 0, and −0 − −0 too.
    expect(g.add(x, 0)).not.toBe(x);
    expect(g.sub(x, -0)).not.toBe(x);
    expect(g.reshape(g.reshape(x, [12]), [3, 4])).toBe(x);
    expect(g.transpose(g.transpose(x))).toBe(x);
    expect(g.slice(x, [0, 0], [-1, -1])).toBe(x);
    expect(g.broadcastTo(x, [3, 4])).toBe(x);
    expect(g.cast(x, 'float32')).toBe(x);
    expect(g.concat([x])).toBe(x);
    expect(g.add(2, g.mul(3, 4))).toBe(g.scalar(14));
  });
});

test('only what outputs and assignments need is compiled', () => {
  const unused = g.variable([2]);
  const graph = graphOf({ x: [2] }, ({ x }) => {
    g.exp(g.add(x, unused));
    return { y: g.tanh(x) };
  });
  expect(graph.nodes.map(({ op }) => op)).toEqual(['input', 'tanh']);
  expect(graph.variables.size).toBe(0);
});

describe('dtypes of results', () => {
  const int = (): Tensor => g.constant([2], [3, -4], 'int32');
  const bool = (): Tensor => g.constant([2], [1, 0], 'bool');
  const float = (): Tensor => g.constant([2], [0.5, -2]);
  test.each<[string, () => Tensor, g.DType, number[]]>([
    ['int32 + number', () => g.add(int(), 2), 'int32', [5, -2]],
    ['int32 + fraction', () => g.add(int(), 0.5), 'float32', [3.5, -3.5]],
    ['int32 · bool', () => g.mul(int(), bool()), 'int32', [3, 0]],
    ['bool + bool', () => g.add(bool(), bool()), 'int32', [2, 0]],
    ['float32 · int32', () => g.mul(float(), int()), 'float32', [1.5, 8]],
    ['int32 / int32', () => g.div(int(), g.constant([2], [2, 8], 'int32')), 'float32', [1.5, -0.5]],
    ['int32 < float32', () => g.less(int(), float()), 'bool', [0, 1]],
    ['where of ints', () => g.where(bool(), int(), 7), 'int32', [3, 7]],
    ['mean of ints', () => g.mean(int(), { keepDims: true }), 'float32', [-0.5]],
    ['sum of bools', () => g.reshape(g.sum(bool()), [1]), 'int32', [1]],
    ['argmax', () => g.reshape(g.argmax(int()), [1]), 'int32', [0]],
    ['a number as condition', () => g.where(1, float(), int()), 'float32', [0.5, -2]],
    ['float32 to bool', () => g.cast(float(), 'bool'), 'bool', [1, 1]],
    ['float32 to int32', () => g.cast(float(), 'int32'), 'int32', [0, -2]],
    ['exp of a bool', () => g.exp(g.cast(g.sub(bool(), bool()), 'bool')), 'float32', [1, 1]],
  ])('%s', (_, build, dtype, values) => {
    const results = g.evaluate(() => {
      const result = build();
      expect(result.dtype).toBe(dtype);
      return { result };
    });
    expect(Array.from(results.result)).toEqual(values);
  });
});
