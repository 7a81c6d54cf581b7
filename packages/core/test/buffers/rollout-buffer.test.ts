import { describe, expect, test } from 'vitest';
import { EnvError } from '../../src/errors.ts';
import { Random } from '../../src/random/random.ts';
import { generalizedAdvantageEstimation } from '../../src/buffers/returns.ts';
import { RolloutBuffer } from '../../src/buffers/rollout-buffer.ts';
import { Box, Discrete, MultiDiscrete } from '../../src/spaces/spaces.ts';

const spaces = { numEnvs: 2, observationSpace: new Box(-1e3, 1e3, [3]), actionSpace: new MultiDiscrete([9, 9]) };
const flags = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Three steps of two environments; row k is [k, k, k] and so on. The second copy is truncated at step 1, the first terminates there. */
function filled(): RolloutBuffer {
  const buffer = new RolloutBuffer(spaces, 3);
  for (let t = 0; t < 3; t++) {
    const [a, b] = [2 * t, 2 * t + 1];
    buffer.beginStep(Float32Array.of(a, a, a, b, b, b), Int32Array.of(a, a + 1, b, b + 1), [-a, -b], [10 * a, 10 * b]);
    buffer.endStep({
      rewards: Float64Array.of(a, b),
      terminated: flags(t === 1 ? 1 : 0, 0),
      truncated: flags(0, t === 1 ? 1 : 0),
    });
    if (t === 1) buffer.bootstrap([NaN, 77]);
  }
  return buffer;
}

test('finish puts the right values behind each step', () => {
  const buffer = filled();
  buffer.finish([100, 200], 0.9, 0.8);
  expect(buffer.nextValues).toEqual(Float32Array.of(20, 30, 0, 77, 100, 200));
  const expected = generalizedAdvantageEstimation(
    {
      numEnvs: 2,
      rewards: [0, 1, 2, 3, 4, 5],
      values: [0, 10, 20, 30, 40, 50],
      nextValues: [20, 30, 0, 77, 100, 200],
      terminated: [0, 0, 1, 0, 0, 0],
      truncated: [0, 0, 0, 1, 0, 0],
    },
    { gamma: 0.9, lambda: 0.8 },
  );
  expect(buffer.advantages).toEqual(expected);
  expect(buffer.returns[5]).toBe(5 + Math.fround(0.9 * 200));
});

test('minibatches of one shuffle hold every row once, each with its own numbers', () => {
  const buffer = filled();
  buffer.finish([0, 0], 0.9, 0.8);
  const batch = {
    observations: new Float32Array(6),
    actions: new Int32Array(4),
    logProbabilities: new Float32Array(2),
    values: new Float32Array(2),
    advantages: new Float32Array(2),
    returns: new Float32Array(2),
  };
  const orders = new Set<string>();
  const random = new Random(1);
  for (let epoch = 0; epoch < 20; epoch++) {
    buffer.shuffle(random);
    const rows: number[] = [];
    for (let start = 0; start < buffer.size; start += 2) {
      buffer.gather(start, start + 2, batch);
      for (let k = 0; k < 2; k++) {
        const row = batch.observations[3 * k];
        rows.push(row);
        expect(batch.observations.subarray(3 * k, 3 * k + 3)).toEqual(Float32Array.of(row, row, row));
        expect(batch.actions.subarray(2 * k, 2 * k + 2)).toEqual(Int32Array.of(row, row + 1));
        expect(batch.logProbabilities[k]).toBe(-row);
        expect(batch.values[k]).toBe(10 * row);
        expect(batch.advantages[k]).toBe(buffer.advantages[row]);
        expect(batch.returns[k]).toBe(buffer.returns[row]);
      }
    }
    expect([...rows].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    orders.add(rows.join());
  }
  expect(orders.size).toBeGreaterThan(15);
});

test('the order depends on the random stream alone, as resuming exactly needs', () => {
  const order = (buffer: RolloutBuffer): number[] => {
    const observations = new Float32Array(18);
    buffer.shuffle(new Random(7));
    buffer.gather(0, 6, { observations });
    return [...observations];
  };
  const used = filled();
  used.shuffle(new Random(1));
  expect(order(used)).toEqual(order(filled()));
});

test('gather copies only what is asked for', () => {
  const buffer = filled();
  const advantages = new Float32Array(2).fill(-1);
  const values = new Float32Array(2);
  buffer.finish([0, 0], 1, 1);
  buffer.shuffle(new Random(1));
  buffer.gather(4, 6, { values });
  buffer.gather(4, 6, { advantages });
  expect(advantages).toEqual(values.map((value) => buffer.advantages[value / 10]));
});

describe('misuse is named', () => {
  test('too many steps, too few steps, no steps', () => {
    const buffer = filled();
    expect(buffer.full).toBe(true);
    expect(() => buffer.beginStep(new Float32Array(6), new Int32Array(4), [0, 0], [0, 0])).toThrow('at most 3 steps');
    buffer.clear();
    expect(() => buffer.finish([0, 0], 1, 1)).toThrow('expected 3 steps, got 0');
    expect(() => new RolloutBuffer(spaces, 0)).toThrow('RolloutBuffer: expected steps to be a positive integer, got 0');
  });

  test('a truncation without its value', () => {
    const buffer = new RolloutBuffer(
      { numEnvs: 1, observationSpace: new Discrete(4), actionSpace: new Discrete(2) },
      1,
    );
    buffer.beginStep(Float32Array.of(3), Int32Array.of(1), [0], [0]);
    buffer.endStep({ rewards: Float64Array.of(1), terminated: flags(0), truncated: flags(1) });
    expect(() => buffer.finish([0], 1, 1)).toThrow(
      'step 0 was truncated, expected its value by bootstrap(), got none or one that is not finite',
    );
  });
});

test('a reward that is not finite is refused, and the step with it', () => {
  const buffer = new RolloutBuffer(spaces, 1);
  buffer.beginStep(new Float32Array(6), new Int32Array(4), [0, 0], [0, 0]);
  expect(() => {
    buffer.endStep({ rewards: Float64Array.of(0, NaN), terminated: flags(0, 0), truncated: flags(0, 0) });
  }).toThrow(new EnvError('reward of environment 1 is NaN, expected a finite number'));
  expect(buffer.full).toBe(false);
});

test('masks go with the rows that they belong to', () => {
  const masked = { ...spaces, actionSpace: new MultiDiscrete([2, 3]), actionMasks: new Uint8Array(10) };
  const buffer = new RolloutBuffer(masked, 3);
  /** Row k's mask: the bits of k + 1. */
  const maskOf = (k: number): number[] => [0, 1, 2, 3, 4].map((bit) => ((k + 1) >> bit) & 1);
  for (let t = 0; t < 3; t++) {
    const [a, b] = [2 * t, 2 * t + 1];
    const masks = flags(...maskOf(a), ...maskOf(b));
    buffer.beginStep(Float32Array.of(a, a, a, b, b, b), new Int32Array(4), [0, 0], [0, 0], masks);
    masks.fill(9);
    buffer.endStep({ rewards: new Float64Array(2), terminated: flags(0, 0), truncated: flags(0, 0) });
  }
  buffer.finish([0, 0], 1, 1);
  buffer.shuffle(new Random(2));
  const batch = { observations: new Float32Array(18), actionMasks: new Uint8Array(30) };
  buffer.gather(0, 6, batch);
  for (let k = 0; k < 6; k++) {
    expect([...batch.actionMasks.subarray(5 * k, 5 * k + 5)]).toEqual(maskOf(batch.observations[3 * k]));
  }
});

describe('sequences', () => {
  /** Four steps of three copies; the row of step t and copy i is 10 t + i. Copy 1 terminates at step 0, copy 2 is truncated at step 1. */
  function played(): RolloutBuffer {
    const one = { numEnvs: 3, observationSpace: new Box(-1e3, 1e3, [1]), actionSpace: new Discrete(100) };
    const buffer = new RolloutBuffer(one, 4, 2);
    for (let t = 0; t < 4; t++) {
      const rows = [0, 1, 2].map((i) => 10 * t + i);
      const memories = rows.flatMap((row) => [row, -row]);
      buffer.beginStep(Float32Array.from(rows), rows, rows, rows, [], memories);
      const [terminated, truncated] = [flags(0, t === 0 ? 1 : 0, 0), flags(0, 0, t === 1 ? 1 : 0)];
      buffer.endStep({ rewards: new Float64Array(3), terminated, truncated });
      buffer.bootstrap([0, 0, 0]);
    }
    buffer.finish([0, 0, 0], 0.9, 0.8);
    return buffer;
  }

  test('keep the steps of a copy together, with what was remembered before the first, and where episodes start', () => {
    const buffer = played();
    const random = new Random(3);
    const orders = new Set<string>();
    for (let epoch = 0; epoch < 10; epoch++) {
      buffer.shuffle(random, 2);
      const firsts: number[] = [];
      for (let start = 0; start < 12; start += 4) {
        const batch = {
          observations: new Float32Array(4),
          memories: new Float32Array(4),
          episodeStarts: new Float32Array(4),
        };
        buffer.gather(start, start + 4, batch);
        const [a, , b] = batch.observations;
        firsts.push(a, b);
        expect([...batch.observations]).toEqual([a, a + 10, b, b + 10]);
        expect([...batch.memories]).toEqual([a, -a, b, -b]);
        expect([...batch.episodeStarts]).toEqual(
          [...batch.observations].map((row) => (row === 11 || row === 22 ? 1 : 0)),
        );
      }
      expect(firsts.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 20, 21, 22]);
      orders.add(firsts.join());
    }
    expect(orders.size).toBeGreaterThan(5);
  });

  test('rows alone are shuffled as ever', () => {
    const [rows, sequences] = [played(), played()];
    rows.shuffle(new Random(5));
    sequences.shuffle(new Random(5), 1);
    const [a, b] = [rows, sequences].map((buffer) => {
      const observations = new Float32Array(12);
      buffer.gather(0, 12, { observations });
      return [...observations];
    });
    expect(a).toEqual(b);
    expect(a.toSorted((x, y) => x - y)).toEqual([0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32]);
  });

  test.each([3, 8, 0, -2, 0.5, NaN, Infinity])('of a length of %s, no divisor of the steps, are refused', (length) => {
    expect(() => played().shuffle(new Random(1), length)).toThrow(
      new RangeError(`sequenceLength: expected a divisor of 4 (steps), got ${length}`),
    );
  });
});
