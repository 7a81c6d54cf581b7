import { describe, expect, test } from 'vitest';
import { CheckpointError, EnvError } from '../../src/errors.ts';
import { PrioritizedReplayBuffer } from '../../src/buffers/prioritized-replay-buffer.ts';
import { Random } from '../../src/random/random.ts';
import { ReplayBuffer } from '../../src/buffers/replay-buffer.ts';
import { Box, Discrete } from '../../src/spaces/spaces.ts';

const env = { numEnvs: 2, observationSpace: new Box(-1e9, 1e9, [1]), actionSpace: new Discrete(1000) };

function createBuffer(capacity: number, priorityExponent: number, nSteps = 1): PrioritizedReplayBuffer {
  return new PrioritizedReplayBuffer(env, { capacity, gamma: 0.5, nSteps, priorityExponent });
}

/** Adds steps from ≤ t < to; action 2t + i of copy i names the transition. Copy 1 is truncated in each fourth step. */
function add(buffer: ReplayBuffer | PrioritizedReplayBuffer, from: number, to: number): void {
  for (let t = from; t < to; t++) {
    buffer.beginStep(Float32Array.of(t, -t), Int32Array.of(2 * t, 2 * t + 1));
    buffer.endStep({
      rewards: Float64Array.of(t, 2 * t),
      observations: Float32Array.of(t + 1, -t - 1),
      finalObservations: Float32Array.of(0, 100),
      terminated: new Uint8Array(2),
      truncated: Uint8Array.of(0, Number(t % 4 === 3)),
    });
  }
}

function createBatch(count: number) {
  return {
    observations: new Float32Array(count),
    actions: new Int32Array(count),
    rewards: new Float64Array(count),
    nextObservations: new Float32Array(count),
    discounts: new Float64Array(count),
    weights: new Float64Array(count),
  };
}

function sample(buffer: PrioritizedReplayBuffer, count: number, random: Random, beta = 0) {
  const batch = createBatch(count);
  buffer.sample(count, random, batch, { importanceExponent: beta });
  return batch;
}

/** Gives the transition that action a names the TD error `errorOf(a)`, by as many batches as it takes to draw all. */
function setErrors(buffer: PrioritizedReplayBuffer, errorOf: (action: number) => number): void {
  const random = new Random(99);
  const left = new Set<number>();
  for (const action of sample(buffer, 1000, random).actions) left.add(action);
  expect(left.size).toBe(buffer.size);
  while (left.size > 0) {
    const { actions } = sample(buffer, 64, random);
    buffer.updatePriorities(Float64Array.from(actions, errorOf));
    for (const action of actions) left.delete(action);
  }
}

/**
 * How far the number of successes among independent trials can be from its mean μ, but for once in 10⁹ times: t with
 * 2 exp(−t² / (2 (μ + t / 3))) = 10⁻⁹ (Bernstein's inequality; the variance is at most μ).
 */
function bound(mean: number): number {
  const L = Math.log(2e9);
  return L / 3 + Math.sqrt((L / 3) ** 2 + 2 * L * mean);
}

describe.each([0.6, 1])('α = %d', (alpha) => {
  // Strata are independent, of one batch and of several.
  test.each([
    [40_000, 1],
    [4, 10_000],
  ])('draws of %i, %i times: each transition in proportion to (|δ| + 10⁻⁶)^α', (count, batches) => {
    const buffer = createBuffer(16, alpha);
    add(buffer, 0, 11);
    const errorOf = (action: number): number => (action % 7 === 0 ? 0 : (-1) ** action * action);
    setErrors(buffer, errorOf);
    const priorityOf = (action: number): number => (Math.abs(errorOf(action)) + 1e-6) ** alpha;
    const drawn = new Map<number, number>();
    const random = new Random(1);
    for (let k = 0; k < batches; k++) {
      for (const action of sample(buffer, count, random).actions) drawn.set(action, (drawn.get(action) ?? 0) + 1);
    }
    // The newest sixteen of 22 transitions.
    const actions = Array.from({ length: 16 }, (_, k) => 6 + k);
    const total = actions.reduce((sum, action) => sum + priorityOf(action), 0);
    for (const action of actions) {
      const mean = (count * batches * priorityOf(action)) / total;
      expect(Math.abs((drawn.get(action) ?? 0) - mean)).toBeLessThan(bound(mean));
    }
    expect([...drawn.keys()].every((action) => actions.includes(action))).toBe(true);
  });
});

test('one draw from each equal part of the sum', () => {
  const buffer = createBuffer(64, 1);
  add(buffer, 0, 32);
  for (let seed = 0; seed < 10; seed++) {
    // All have the first priority, so each part is one transition.
    expect([...sample(buffer, 64, new Random(seed)).actions]).toEqual(Array.from({ length: 64 }, (_, k) => k));
  }
});

test('α = 0 draws uniformly whatever the errors, with weights of 1', () => {
  const buffer = createBuffer(64, 0);
  add(buffer, 0, 32);
  setErrors(buffer, (action) => action ** 3);
  const { actions, weights } = sample(buffer, 64, new Random(2), 0.7);
  expect([...actions]).toEqual(Array.from({ length: 64 }, (_, k) => k));
  expect([...weights]).toEqual(new Array(64).fill(1));
});

test('weights by hand: (N · P)^−β over the largest of the batch', () => {
  const buffer = createBuffer(4, 0.5);
  add(buffer, 0, 2);
  // p^α is 1, 2, 4, 8, so P is 1, 2, 4 and 8 fifteenths: of thirty draws each is one at least.
  setErrors(buffer, (action) => 4 ** action - 1e-6);
  const exact = sample(buffer, 30, new Random(3), 1);
  const root = sample(buffer, 30, new Random(3), 0.5);
  const none = sample(buffer, 30, new Random(3), 0);
  expect(new Set(exact.actions).size).toBe(4);
  exact.actions.forEach((action, k) => {
    // N · P is 4/15, 8/15, 16/15, 32/15; the largest weight that of 4/15.
    expect(exact.weights[k]).toBeCloseTo([1, 1 / 2, 1 / 4, 1 / 8][action], 9);
    expect(root.weights[k]).toBeCloseTo([1, Math.SQRT1_2, 1 / 2, Math.SQRT1_2 / 2][action], 9);
    expect(none.weights[k]).toBe(1);
  });
  // Two draws, one from each half of the sum: the second always the last transition.
  const random = new Random(4);
  for (let k = 0; k < 20; k++) {
    const { actions, weights } = sample(buffer, 2, random, 1);
    expect(actions[1]).toBe(3);
    expect(weights[0]).toBe(1);
    expect(weights[1]).toBeCloseTo(2 ** actions[0] / 8, 9);
  }
});

test('new transitions, also those that replace old ones, get the largest priority so far: 1 at first', () => {
  const buffer = createBuffer(6, 1);
  add(buffer, 0, 2);
  expect(buffer.getState().priorities).toEqual(Float64Array.of(1, 1, 1, 1));
  setErrors(buffer, (action) => [0.5, 3, 0.25, 2][action]);
  add(buffer, 2, 4);
  const [largest, small] = [3 + 1e-6, 0.125 + 1e-6];
  expect(buffer.getState().priorities).toEqual(
    Float64Array.of(largest, largest, 0.25 + 1e-6, 2 + 1e-6, largest, largest),
  );
  // Though none that is left has it.
  setErrors(buffer, () => 0.125);
  add(buffer, 4, 5);
  expect(buffer.getState().priorities).toEqual(Float64Array.of(small, small, largest, largest, small, small));
});

test('of a transition drawn twice the later error counts', () => {
  const buffer = createBuffer(2, 1);
  add(buffer, 0, 1);
  const { actions } = sample(buffer, 4, new Random(0));
  expect([...actions]).toEqual([0, 0, 1, 1]);
  buffer.updatePriorities([5, -2, 1, 7]);
  expect(buffer.getState().priorities).toEqual(Float64Array.of(2 + 1e-6, 7 + 1e-6));
});

test('what is drawn are the transitions of a ReplayBuffer', () => {
  const options = { capacity: 12, gamma: 0.5, nSteps: 3 };
  const [uniform, prioritized] = [new ReplayBuffer(env, options), createBuffer(12, 0.5, 3)];
  expect([prioritized.capacity, prioritized.size]).toEqual([12, 0]);
  for (const buffer of [uniform, prioritized]) add(buffer, 0, 9);
  expect(prioritized.size).toBe(12);
  const expected = createBatch(12);
  uniform.gather(
    Uint32Array.from({ length: 12 }, (_, row) => row),
    expected,
  );
  const batch = sample(prioritized, 100, new Random(5));
  batch.actions.forEach((action, k) => {
    const row = expected.actions.indexOf(action);
    for (const name of ['observations', 'rewards', 'nextObservations', 'discounts'] as const) {
      expect(batch[name][k]).toBe(expected[name][row]);
    }
  });
});

test.each([3, 20])('goes on exactly from a state saved after %i steps', (steps) => {
  const train = (buffer: PrioritizedReplayBuffer, from: number, to: number, random: Random) =>
    Array.from({ length: to - from }, (_, k) => {
      add(buffer, from + k, from + k + 1);
      const batch = sample(buffer, 5, random, 0.4);
      buffer.updatePriorities(batch.rewards);
      return batch;
    });
  const [buffer, restored] = [createBuffer(16, 0.6, 2), createBuffer(16, 0.6, 2)];
  train(buffer, 0, steps, new Random(6));
  const state = buffer.getState();
  // Whatever it held before is gone.
  train(restored, 100, 130, new Random(7));
  restored.setState(state);
  expect(restored.getState()).toStrictEqual(state);
  expect(train(restored, steps, steps + 20, new Random(8))).toEqual(train(buffer, steps, steps + 20, new Random(8)));
  expect(restored.getState()).toStrictEqual(buffer.getState());
});

test('misuse is named', () => {
  const buffer = createBuffer(8, 0.6);
  expect(() => sample(buffer, 2, new Random(0))).toThrow(
    'PrioritizedReplayBuffer: expected at least one transition to sample, got none',
  );
  expect(() => createBuffer(1, 0.6)).toThrow(
    'ReplayBuffer: expected capacity to be an integer of at least 2 (numEnvs), got 1',
  );
  expect(() => createBuffer(8, -1)).toThrow(
    'PrioritizedReplayBuffer: expected priorityExponent to be a number of at least 0, got -1',
  );
  add(buffer, 0, 3);
  for (const beta of [-0.1, 1.1, NaN]) {
    expect(() => sample(buffer, 2, new Random(0), beta)).toThrow(
      `sample: expected importanceExponent to be a number in [0, 1], got ${beta}`,
    );
  }
  expect(() => {
    buffer.sample(2, new Random(0), { ...createBatch(2), weights: new Float32Array(1) });
  }).toThrow('batch.weights has 1 elements, expected 2 × 1');
  sample(buffer, 2, new Random(0));
  expect(() => {
    buffer.updatePriorities([1]);
  }).toThrow('errors: expected 2, one for each row sampled last, got 1');
  for (const error of [NaN, Infinity]) {
    expect(() => {
      buffer.updatePriorities([1, error]);
    }).toThrow(new RangeError(`errors[1]: expected a finite number, got ${error}`));
  }
  expect(() => {
    buffer.endStep({
      rewards: Float64Array.of(NaN, 0),
      observations: new Float32Array(2),
      finalObservations: new Float32Array(2),
      terminated: new Uint8Array(2),
      truncated: new Uint8Array(2),
    });
  }).toThrow(EnvError);
  expect(() => createBuffer(8, 0.6).setState(createBuffer(10, 0.6).getState())).toThrow(CheckpointError);
});
