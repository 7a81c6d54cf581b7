import { describe, expect, test } from 'vitest';
import type { RecurrentLayer } from '../src/index.ts';
import * as g from '../src/index.ts';
import { testRandom } from './support/random.ts';

const [BATCH, TIME, INPUT, HIDDEN] = [2, 4, 3, 2];

/** Numbers by name: parameters, x [batch, time, input] and state [batch, stateSize]. */
type Point = Readonly<Record<string, readonly number[]>>;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Gate `gate` of the product of a vector with a matrix [vector, gates × hidden], element j. */
function product(vector: readonly number[], matrix: readonly number[], gates: number, gate: number, j: number): number {
  return vector.reduce((sum, x, i) => sum + x * matrix[i * gates * HIDDEN + gate * HIDDEN + j], 0);
}

/** One step of PyTorch's `LSTMCell`, number by number: gates i, f, g, o; the state is h, then c. */
function lstmStep({ weight, hiddenWeight, bias }: Point, x: readonly number[], state: readonly number[]): number[] {
  const [h, c] = [state.slice(0, HIDDEN), state.slice(HIDDEN)];
  const gate = (k: number, j: number): number =>
    product(x, weight, 4, k, j) + product(h, hiddenWeight, 4, k, j) + bias[k * HIDDEN + j];
  const cell = c.map((old, j) => sigmoid(gate(1, j)) * old + sigmoid(gate(0, j)) * Math.tanh(gate(2, j)));
  return [...cell.map((value, j) => sigmoid(gate(3, j)) * Math.tanh(value)), ...cell];
}

/** One step of PyTorch's `GRUCell`: gates r, z, n. */
function gruStep(point: Point, x: readonly number[], h: readonly number[]): number[] {
  const { weight, hiddenWeight, bias, hiddenBias } = point;
  const ofInput = (k: number, j: number): number => product(x, weight, 3, k, j) + bias[k * HIDDEN + j];
  const ofHidden = (k: number, j: number): number => product(h, hiddenWeight, 3, k, j);
  return h.map((old, j) => {
    const [r, z] = [0, 1].map((k) => sigmoid(ofInput(k, j) + ofHidden(k, j)));
    const n = Math.tanh(ofInput(2, j) + r * (ofHidden(2, j) + hiddenBias[j]));
    return (1 - z) * n + z * old;
  });
}

const cells = [
  { name: 'lstm', make: g.lstm, step: lstmStep },
  { name: 'gru', make: g.gru, step: gruStep },
];

type Step = (typeof cells)[number]['step'];

/** h of every step, [batch, time, hidden], and the last state, [batch, stateSize]. */
function unroll(step: Step, point: Point, starts: readonly number[]): { outputs: number[]; state: number[] } {
  const size = point.state.length / BATCH;
  const rows = Array.from({ length: BATCH }, (_, row) => {
    let state = point.state.slice(row * size, (row + 1) * size);
    const outputs: number[] = [];
    for (let time = 0; time < TIME; time++) {
      const at = row * TIME + time;
      if (starts[at] === 1) state = state.map(() => 0);
      state = step(point, point.x.slice(at * INPUT, (at + 1) * INPUT), state);
      outputs.push(...state.slice(0, HIDDEN));
    }
    return { outputs, state };
  });
  return { outputs: rows.flatMap((row) => row.outputs), state: rows.flatMap((row) => row.state) };
}

/** A sum of outputs and state with weights that are all different. */
function weightedSum({ outputs, state }: { outputs: readonly number[]; state: readonly number[] }): number {
  return [...outputs, ...state].reduce((sum, value, i) => sum + value * Math.cos(i), 0);
}

function pointOf({ parameters, stateSize }: RecurrentLayer): Point {
  const random = testRandom(7);
  const named = Object.entries(parameters).map(([name, variable]) => [name, [...variable.read()]] as const);
  return {
    ...Object.fromEntries(named),
    x: [...random.floats(BATCH * TIME * INPUT)],
    state: [...random.floats(BATCH * stateSize)],
  };
}

/** What the layer makes of the point, and the gradient of {@link weightedSum} in the order of the point. */
function compute(layer: RecurrentLayer, point: Point, starts?: readonly number[]) {
  return g.evaluate(() => {
    const x = g.constant([BATCH, TIME, INPUT], point.x);
    const initial = g.constant([BATCH, layer.stateSize], point.state);
    const { outputs, state } = layer(x, initial, starts && g.constant([BATCH, TIME], starts));
    const all = g.concat([g.reshape(outputs, [-1]), g.reshape(state, [-1])]);
    const weights = Array.from({ length: all.shape[0] }, (_, i) => Math.cos(i));
    const targets = [...Object.values(layer.parameters), x, initial];
    const gradients = g.grad(g.sum(g.mul(all, g.constant(all.shape, weights))), targets);
    return { outputs, state, gradient: g.concat(gradients.map((each) => g.reshape(each, [-1]))) };
  });
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i] - value), `[${i}]: ${actual[i]} and ${value}`).toBeLessThan(tolerance);
  });
}

describe.each(cells)('$name', ({ make, step }) => {
  const layer = make({ input: INPUT, hidden: HIDDEN, random: testRandom(3) });
  const point = pointOf(layer);
  const none = new Array<number>(BATCH * TIME).fill(0);
  const starts = [0, 0, 1, 0, 1, 0, 0, 1];

  test.each([
    ['without starts', none],
    ['with sequences that start in between', starts],
  ])('outputs, state and gradients are those of double precision, one number at a time: %s', (_, flags) => {
    const { outputs, state, gradient } = compute(layer, point, flags === none ? undefined : flags);
    const expected = unroll(step, point, flags);
    expectClose(outputs, expected.outputs, 1e-6);
    expectClose(state, expected.state, 1e-6);
    const width = 1e-5;
    const differences = Object.entries(point).flatMap(([name, values]) =>
      values.map((value, i) => {
        const at = (x: number): number => weightedSum(unroll(step, { ...point, [name]: values.with(i, x) }, flags));
        return (at(value + width) - at(value - width)) / (2 * width);
      }),
    );
    expectClose(gradient, differences, 1e-5);
  });

  test('a start cuts a sequence in two: the rest is what it would be on its own', () => {
    const whole = compute(layer, point, [0, 0, 1, 0, 0, 0, 1, 0]);
    const rest = g.evaluate(() => {
      const x = g.slice(g.constant([BATCH, TIME, INPUT], point.x), [0, 2, 0], [BATCH, 2, INPUT]);
      return layer(x, g.full([BATCH, layer.stateSize], 0)).outputs;
    });
    const ends = [0, 1].flatMap((row) => [
      ...whole.outputs.slice((row * TIME + 2) * HIDDEN, (row + 1) * TIME * HIDDEN),
    ]);
    expect(ends).toEqual([...rest]);
  });

  test('step by step is the same as at once', () => {
    const { outputs, state } = compute(layer, point);
    const stepped = g.evaluate(() => {
      let memory = g.constant([BATCH, layer.stateSize], point.state);
      const parts = g.split(g.constant([BATCH, TIME, INPUT], point.x), TIME, 1).map((x) => {
        const one = layer(x, memory);
        memory = one.state;
        return one.outputs;
      });
      return { outputs: g.concat(parts, 1), state: memory };
    });
    expectClose(stepped.outputs, [...outputs], 1e-6);
    expectClose(stepped.state, [...state], 1e-6);
  });

  test('weights are uniform in ±1/√hidden at first', () => {
    const { parameters } = make({ input: 9, hidden: 16, random: testRandom(1) });
    for (const variable of Object.values(parameters)) {
      const sizes = [...variable.read()].map(Math.abs);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(0.25);
      expect(Math.max(...sizes)).toBeGreaterThan(0.2);
    }
  });

  test('shapes that do not fit are refused', () => {
    const apply = (x: number[], state: number[], flags?: number[]) => (): unknown =>
      g.evaluate(() => layer(g.full(x, 0), g.full(state, 0), flags && g.full(flags, 0)).outputs);
    const size = layer.stateSize;
    expect(apply([2, 4, 5], [2, size])).toThrow('expected x of shape [batch, time, 3], got [2, 4, 5]');
    expect(apply([2, 4, 3], [3, size])).toThrow(`expected state of shape [2, ${size}], got [3, ${size}]`);
    expect(apply([2, 4, 3], [2, size], [4, 2])).toThrow('expected starts of shape [2, 4], got [4, 2]');
  });
});
