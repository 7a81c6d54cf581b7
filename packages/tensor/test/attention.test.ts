import { describe, expect, test } from 'vitest';
import type { Tensor, TensorData } from '../src/index.ts';
import * as g from '../src/index.ts';
import { testRandom } from './support/random.ts';

const [batch, heads, time, size, width] = [2, 3, 37, 5, 4];

describe.each(['wasm', 'native'] as const)('causal attention on %s', (name) => {
  const on = { device: g.device(name) };
  const parts = {
    queries: [batch, heads, time, size],
    keys: [batch, heads, time, size],
    values: [batch, heads, time, width],
  };

  /** The result, and the gradients of its sum weighted by position and column. */
  function run(data: readonly Float32Array[], attention = g.causalAttention): Record<string, TensorData> {
    const compiled = g.program(
      parts,
      ({ queries, keys, values }) => {
        const result = attention(queries, keys, values);
        const weight = g.cos(g.reshape(g.range(time * width), [time, width]));
        const [toQueries, toKeys, toValues] = g.grad(g.sum(g.mul(result, weight)), [queries, keys, values]);
        return { result, toQueries, toKeys, toValues };
      },
      on,
    );
    Object.values(compiled.inputs).forEach((input, i) => {
      input.set(data[i]);
    });
    return Object.fromEntries(Object.entries(compiled.run()).map(([key, values]) => [key, values.slice()]));
  }

  const random = testRandom(3);
  const data = Object.values(parts).map((shape) => random.floats(g.sizeOf(shape), -2, 2));

  test('is the softmax of masked scores times the values, and so are its gradients', () => {
    const masked = (queries: g.TensorLike, keys: g.TensorLike, values: g.TensorLike): Tensor => {
      const scores = g.div(g.matmul(queries, g.transpose(g.asTensor(keys))), Math.sqrt(size));
      const isSeen = g.lessEqual(g.range(time), g.reshape(g.range(time), [time, 1]));
      return g.matmul(g.softmax(g.where(isSeen, scores, -Infinity)), values);
    };
    const [actual, expected] = [run(data), run(data, masked)];
    for (const [key, values] of Object.entries(expected)) {
      values.forEach((value, i) => {
        expect(Math.abs(value - actual[key][i]), key).toBeLessThan(2e-5);
      });
    }
  });

  test('a position sees itself and what came before, and nothing else, be it infinite or not a number', () => {
    const clean = run(data);
    const last = time - 3;
    const spoilt = data.map((values, part) => {
      const columns = values.length / (batch * heads * time);
      return values.map((value, i) => {
        const position = Math.floor(i / columns) % time;
        return position > last ? [NaN, Infinity, -Infinity][(i + part) % 3] : value;
      });
    });
    const { result } = run(spoilt);
    clean.result.forEach((value, i) => {
      const position = Math.floor(i / width) % time;
      expect(result[i]).toBe(position > last ? NaN : value);
    });
  });

  test('of a single position is its value', () => {
    const values = [0.5, -2, 3];
    const result = g.evaluate(
      () => g.causalAttention(g.constant([1, 2], [9, -9]), g.constant([1, 2], [5, 7]), g.constant([1, 3], values)),
      on,
    );
    expect([...result]).toEqual(values);
  });
});
