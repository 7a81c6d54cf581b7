import { describe, expect, test } from 'vitest';
import type { Tensor, TensorData } from '../src/index.ts';
import * as g from '../src/index.ts';
import { testRandom } from './support/random.ts';

type Attend = (queries: Tensor, keys: Tensor, values: Tensor) => Tensor;

interface Sizes {
  readonly batch: readonly number[];
  readonly time: number;
  readonly positions: number;
  readonly size: number;
  readonly width: number;
}

const small: Sizes = { batch: [2, 3], time: 37, positions: 37, size: 5, width: 4 };

/** What is seen: no later positions, and of each text of a batch the keys from that one on. */
interface Mask {
  readonly causal: boolean;
  readonly padding?: readonly number[];
}

/** Attention written out: the softmax of masked scores times the values. A query that sees nothing gets zeros. */
function written({ causal, padding }: Mask): Attend {
  return (queries, keys, values) => {
    const [time, size] = queries.shape.slice(-2);
    const positions = keys.shape.at(-2)!;
    const scores = g.div(g.matmul(queries, g.transpose(keys)), Math.sqrt(size));
    const own = g.add(g.reshape(g.range(time), [time, 1]), positions - time);
    let isSeen = g.lessEqual(g.range(positions), causal ? own : positions);
    if (padding !== undefined) {
      const first = g.reshape(g.constant([padding.length], padding, 'int32'), [-1, 1, 1, 1]);
      isSeen = g.logicalAnd(isSeen, g.greaterEqual(g.range(positions), first));
    }
    const all = g.broadcastTo(isSeen, scores.shape);
    return g.matmul(g.where(all, g.softmax(g.where(all, scores, -1e30)), 0), values);
  };
}

function fused({ causal, padding }: Mask): Attend {
  if (padding === undefined) return (q, k, v) => g.attention(q, k, v, { causal });
  return (q, k, v) => {
    const first = g.reshape(g.constant([padding.length], padding, 'int32'), [-1, 1, 1]);
    return g.attention(q, k, v, { causal, isVisible: g.greaterEqual(g.range(k.shape.at(-2)!), first) });
  };
}

describe.each(['wasm', 'native', 'native, 3 threads'])('attention on %s', (name) => {
  const device = name === 'wasm' ? g.device('wasm') : g.device('native', { threads: name === 'native' ? 1 : 3 });

  /** The result, and the gradients of its sum weighted by position and column. */
  function run(sizes: Sizes, data: readonly Float32Array[], attention: Attend): Record<string, TensorData> {
    const { batch, time, positions, size, width } = sizes;
    const compiled = g.program(
      { queries: [...batch, time, size], keys: [...batch, positions, size], values: [...batch, positions, width] },
      ({ queries, keys, values }) => {
        const result = attention(queries, keys, values);
        const weight = g.cos(g.reshape(g.range(time * width), [time, width]));
        const [toQueries, toKeys, toValues] = g.grad(g.sum(g.mul(result, weight)), [queries, keys, values]);
        return { result, toQueries, toKeys, toValues };
      },
      { device },
    );
    Object.values(compiled.inputs).forEach((input, i) => {
      input.set(data[i]);
    });
    const outputs = Object.entries(compiled.run()).map(([key, values]) => [key, values.slice()] as const);
    compiled.dispose();
    return Object.fromEntries(outputs);
  }

  function randomData({ batch, time, positions, size, width }: Sizes): Float32Array[] {
    const random = testRandom(3);
    return [time * size, positions * size, positions * width].map((each) =>
      random.floats(g.sizeOf(batch) * each, -2, 2),
    );
  }

  const masks: readonly Mask[] = [
    { causal: false },
    { causal: true },
    // The first text is whole, of the second the first queries see nothing.
    { causal: true, padding: [0, 33] },
    { causal: false, padding: [1, 36] },
  ];

  test.each(masks)('is the softmax of seen scores times the values, and so are its gradients: %j', (mask) => {
    const data = randomData(small);
    const [actual, expected] = [run(small, data, fused(mask)), run(small, data, written(mask))];
    for (const [key, values] of Object.entries(expected)) {
      values.forEach((value, i) => {
        expect(Math.abs(value - actual[key][i]), key).toBeLessThan(2e-5);
      });
    }
  });

  test.each([
    // More keys than one chunk has, and of them a chunk that nobody sees.
    [
      { batch: [2, 1], time: 5, positions: 1300, size: 7, width: 33 },
      { causal: false, padding: [0, 600] },
    ],
    [{ batch: [1], time: 700, positions: 700, size: 4, width: 3 }, { causal: true }],
    [{ batch: [], time: 1, positions: 64, size: 300, width: 40 }, { causal: false }],
    [{ batch: [1], time: 64, positions: 1, size: 1, width: 1 }, { causal: false }],
    // Fewer queries than keys are of the last positions.
    [
      { batch: [2, 3], time: 12, positions: 30, size: 12, width: 12 },
      { causal: true, padding: [0, 7] },
    ],
    [{ batch: [2], time: 37, positions: 640, size: 5, width: 4 }, { causal: true }],
    [{ batch: [], time: 1, positions: 9, size: 4, width: 4 }, { causal: true }],
    [{ batch: [2, 2, 1], time: 96, positions: 96, size: 32, width: 64 }, { causal: true }],
  ] as [Sizes, Mask][])('of other sizes: %j, %j', (sizes, mask) => {
    const data = randomData(sizes);
    const [actual, expected] = [run(sizes, data, fused(mask)), run(sizes, data, written(mask))];
    for (const [key, values] of Object.entries(expected)) {
      const largest = Math.max(1, ...Array.from(values, Math.abs));
      values.forEach((value, i) => {
        expect(Math.abs(value - actual[key][i]), key).toBeLessThan(3e-5 * largest);
      });
    }
  });

  test('a position sees itself and what came before, and nothing else, be it infinite or not a number', () => {
    const { batch, time, width } = small;
    const data = randomData(small);
    const clean = run(small, data, g.causalAttention);
    const last = time - 3;
    const spoilt = data.map((values, part) => {
      const columns = values.length / (g.sizeOf(batch) * time);
      return values.map((value, i) => {
        const position = Math.floor(i / columns) % time;
        return position > last ? [NaN, Infinity, -Infinity][(i + part) % 3] : value;
      });
    });
    const { result } = run(small, spoilt, g.causalAttention);
    clean.result.forEach((value, i) => {
      const position = Math.floor(i / width) % time;
      expect(result[i]).toBe(position > last ? NaN : value);
    });
  });

  test('what a query does not see does not reach its gradient', () => {
    const { batch, time, size } = small;
    const data = randomData(small);
    const clean = run(small, data, g.causalAttention);
    const spoilt = data.map((values, part) => {
      const columns = values.length / (g.sizeOf(batch) * time);
      return values.map((value, i) => (Math.floor(i / columns) % time > 20 ? [NaN, Infinity][(i + part) % 2] : value));
    });
    const actual = run(small, spoilt, g.causalAttention);
    clean.toQueries.forEach((value, i) => {
      if (Math.floor(i / size) % time <= 20) expect(actual.toQueries[i]).toBe(value);
    });
  });

  test('keys that may not be seen count for nothing, be they infinite or not a number', () => {
    const data = randomData(small);
    const mask = { causal: false, padding: [4, 4] };
    const clean = run(small, data, fused(mask));
    const spoilt = data.map((values, part) => {
      if (part === 0) return values;
      const columns = values.length / (g.sizeOf(small.batch) * small.positions);
      return values.map((value, i) => (Math.floor(i / columns) % small.positions < 4 ? NaN : value));
    });
    const actual = run(small, spoilt, fused(mask));
    for (const key of ['result', 'toQueries', 'toKeys', 'toValues']) expect(actual[key]).toEqual(clean[key]);
  });

  test('of the largest numbers is finite, as their mean is', () => {
    const sizes = { batch: [2], time: 3, positions: 600, size: 2, width: 3 };
    const data = randomData(sizes);
    // Of the first head one column, whose values all are the same, and so is their mean.
    const huge = data.map((values, part) =>
      part < 2 ? values : values.map((value, i) => (i < 1800 && i % 3 === 1 ? 3e38 : value)),
    );
    const [{ result: clean }, { result }] = [data, huge].map((each) => run(sizes, each, fused({ causal: false })));
    result.forEach((value, i) => {
      if (i < 9 && i % 3 === 1) expect(Math.abs(value / 3e38 - 1)).toBeLessThan(1e-5);
      else expect(value).toBe(clean[i]);
    });
    // What is infinite stays so, and only where it is.
    huge[2][1] = Infinity;
    const { result: infinite } = run(sizes, huge, fused({ causal: false }));
    for (const i of [1, 4, 7]) expect(infinite[i]).toBe(Infinity);
    for (const i of [0, 2, 3, 5, 6, 8]) expect(infinite[i]).toBe(clean[i]);
  });

  test.each([{ causal: false }, { causal: true }])('scores of -Infinity count for nothing, %j', (mask) => {
    // Without them the same keys are hidden, or not there: 600 is more than a chunk has.
    const sizes = { batch: [1], time: 600, positions: 600, size: 1, width: 2 };
    const [, keys, values] = randomData(sizes);
    const queries = new Float32Array(600).fill(1);
    const data = [queries, keys.map((key, j) => (j < 598 ? -Infinity : key)), values];
    const last = (of: Record<string, TensorData>): number[] => [...of.result.subarray(2 * 599)];
    const seen = run(sizes, data, fused({ ...mask, padding: [598] }));
    const [{ result }, expected] = [run(sizes, data, fused(mask)), run(sizes, data, written({ causal: false }))];
    expect(last({ result })).toEqual(last(seen));
    result.forEach((value, i) => {
      const position = Math.floor(i / 2);
      // Of scores that are all −Infinity a softmax is not a number; only the last position sees what all see without a mask.
      if (mask.causal && position < 598) expect(value).toBeNaN();
      else if (mask.causal && position === 598) expect(value).toBe(data[2][i]);
      else expect(value).toBeCloseTo(expected.result[i], 5);
    });
    const none = run(sizes, [queries, new Float32Array(600).fill(-Infinity), values], fused(mask));
    expect(none.result.every(Number.isNaN)).toBe(true);
  });

  test('of a single position is its value', () => {
    const values = [0.5, -2, 3];
    const result = g.evaluate(
      () => g.causalAttention(g.constant([1, 2], [9, -9]), g.constant([1, 2], [5, 7]), g.constant([1, 3], values)),
      { device },
    );
    expect([...result]).toEqual(values);
  });
});

test('arguments of attention that do not fit are named', () => {
  const x = (...shape: number[]): Tensor => g.full(shape, 1);
  const trace = (apply: () => Tensor) => () => g.evaluate(apply);
  expect(trace(() => g.attention(x(2, 3), x(4, 3), x(5, 2)))).toThrow(
    'attention: queries, keys and values [2, 3], [4, 3], [5, 2] do not fit: […, time, d], […, positions, d], […, positions, width]',
  );
  expect(trace(() => g.attention(x(5, 3), x(4, 3), x(4, 2), { causal: true }))).toThrow(
    'queries, keys and values [5, 3], [4, 3], [4, 2] do not fit: […, time, d], […, positions, d], […, positions, width], time ≤ positions',
  );
  expect(trace(() => g.attention(x(2, 3), x(4, 3), x(4, 2), { isVisible: x(2) }))).toThrow(
    'visible keys [2] do not fit',
  );
});
