import { expect, test } from 'vitest';
import { CheckpointError, EnvError } from '../../src/errors.ts';
import { Random } from '../../src/random/random.ts';
import { ReplayBuffer } from '../../src/buffers/replay-buffer.ts';
import { Box, Discrete } from '../../src/spaces/spaces.ts';
import type { StateDict } from '../../src/checkpoints/state.ts';

const spaces = { numEnvs: 2, observationSpace: new Box(-1e9, 1e9, [2]), actionSpace: new Discrete(100) };

/** With γ = ½. */
function createBuffer(capacity: number, nSteps?: number): ReplayBuffer {
  return new ReplayBuffer(spaces, { capacity, gamma: 0.5, nSteps });
}

/** Adds step t: copy i sees [t, i], acts t, is rewarded t + i / 2 and comes to [t + 1, i]. */
function add(buffer: ReplayBuffer, t: number, ends: { terminated?: boolean; truncated?: boolean } = {}): void {
  buffer.beginStep(Float32Array.of(t, 0, t, 1), Int32Array.of(t, t));
  buffer.endStep({
    rewards: Float64Array.of(t, t + 0.5),
    observations: Float32Array.of(t + 1, 0, t + 1, 1),
    finalObservations: Float32Array.of(-9, -9, -5, -6),
    // Only copy 1 ends.
    terminated: Uint8Array.of(0, ends.terminated ? 1 : 0),
    truncated: Uint8Array.of(0, ends.truncated ? 1 : 0),
  });
}

function createBatch(count: number, observationSize = 2) {
  return {
    observations: new Float32Array(count * observationSize),
    actions: new Int32Array(count),
    rewards: new Float32Array(count),
    nextObservations: new Float32Array(count * observationSize),
    discounts: new Float32Array(count),
  };
}

/** All rows of a batch as text, `observation action reward next discount`. */
function describeRows(batch: ReturnType<typeof createBatch>): string[] {
  return Array.from(batch.actions, (action, k) => {
    const pair = (array: Float32Array): string => array.subarray(2 * k, 2 * k + 2).join();
    return `${pair(batch.observations)} ${action} ${batch.rewards[k]} ${pair(batch.nextObservations)} ${batch.discounts[k]}`;
  });
}

function sample(buffer: ReplayBuffer, count: number, seed: number): string[] {
  const batch = createBatch(count);
  buffer.sample(count, new Random(seed), batch);
  return describeRows(batch);
}

test('keeps the newest transitions and draws them uniformly', () => {
  const buffer = createBuffer(9);
  expect(buffer.capacity).toBe(8);
  for (let t = 0; t < 7; t++) {
    add(buffer, t);
    expect(buffer.size).toBe(Math.min(2 * (t + 1), 8));
  }
  const counts = new Map<string, number>();
  const draws = 8000;
  for (const row of sample(buffer, draws, 1)) counts.set(row, (counts.get(row) ?? 0) + 1);
  const expected = [3, 4, 5, 6].flatMap((t) => [
    `${t},0 ${t} ${t} ${t + 1},0 0.5`,
    `${t},1 ${t} ${t + 0.5} ${t + 1},1 0.5`,
  ]);
  expect([...counts.keys()].sort()).toEqual(expected.sort());
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - draws / 8) ** 2 / (draws / 8), 0);
  // 7 degrees of freedom: exceeded once in 10,000 times.
  expect(chiSquare).toBeLessThan(30);
});

test('stores the final observation where an episode ended, and bootstraps from it where it was truncated', () => {
  const terminated = createBuffer(2);
  add(terminated, 1, { terminated: true });
  expect(new Set(sample(terminated, 50, 2))).toEqual(new Set(['1,0 1 1 2,0 0.5', '1,1 1 1.5 -5,-6 0']));
  const truncated = createBuffer(2);
  add(truncated, 1, { truncated: true });
  expect(new Set(sample(truncated, 50, 2))).toEqual(new Set(['1,0 1 1 2,0 0.5', '1,1 1 1.5 -5,-6 0.5']));
});

test('three steps by hand', () => {
  const buffer = createBuffer(8, 3);
  add(buffer, 0);
  add(buffer, 1, { terminated: true });
  add(buffer, 2);
  add(buffer, 3);
  const batch = createBatch(8);
  buffer.gather(Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7), batch);
  expect(describeRows(batch)).toEqual([
    // 0 + 1 / 2 + 2 / 4, then γ³.
    '0,0 0 1 3,0 0.125',
    // 0.5 + 1.5 / 2, then nothing: the task ended.
    '0,1 0 1.25 -5,-6 0',
    '1,0 1 2.75 4,0 0.125',
    '1,1 1 1.5 -5,-6 0',
    // Two steps: the next one is not yet known.
    '2,0 2 3.5 4,0 0.25',
    '2,1 2 4.25 4,1 0.25',
    '3,0 3 3 4,0 0.5',
    '3,1 3 3.5 4,1 0.5',
  ]);
});

interface Step {
  readonly reward: number;
  readonly next: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

test.each([1, 2, 5, 50])('%i steps are those of a list of all steps, however episodes end', (nSteps) => {
  const random = new Random(nSteps);
  const [numEnvs, capacity, gamma] = [3, 60, 0.9];
  const env = { numEnvs, observationSpace: new Box(0, 1e6, [1]), actionSpace: new Discrete(2) };
  const buffer = new ReplayBuffer(env, { capacity, gamma, nSteps });
  // Step t of copy i sees 1000 · i + t.
  const log: Step[][] = Array.from({ length: numEnvs }, () => []);
  const kinds = new Set<string>();
  for (let t = 0; t < 100; t++) {
    const identities = Float32Array.from(log, (_, i) => 1000 * i + t);
    buffer.beginStep(identities, new Int32Array(numEnvs));
    const outcome = {
      rewards: Float64Array.from(log, () => random.integer(100)),
      observations: identities.map((x) => x + 1),
      finalObservations: identities.map((x) => x + 0.5),
      terminated: Uint8Array.from(log, () => Number(random.integer(8) === 0)),
      truncated: Uint8Array.from(log, () => Number(random.integer(8) === 0)),
    };
    buffer.endStep(outcome);
    log.forEach((steps, i) => {
      const [terminated, truncated] = [outcome.terminated[i] === 1, outcome.truncated[i] === 1];
      const next = terminated || truncated ? outcome.finalObservations[i] : outcome.observations[i];
      steps.push({ reward: outcome.rewards[i], next, terminated, truncated });
    });

    const rows = Uint32Array.from({ length: buffer.size }, (_, row) => row);
    const batch = {
      observations: new Float32Array(rows.length),
      actions: new Int32Array(rows.length),
      rewards: new Float64Array(rows.length),
      nextObservations: new Float32Array(rows.length),
      discounts: new Float64Array(rows.length),
    };
    buffer.gather(rows, batch);
    const oldest = Math.max(0, t + 1 - capacity / numEnvs);
    const expected = log.flatMap((_, i) => Array.from({ length: t + 1 - oldest }, (_, k) => 1000 * i + oldest + k));
    expect([...batch.observations].sort((a, b) => a - b)).toEqual(expected);
    for (const row of rows) {
      const steps = log[Math.floor(batch.observations[row] / 1000)].slice(batch.observations[row] % 1000);
      const end = steps.findIndex(({ terminated, truncated }) => terminated || truncated);
      const m = Math.min(nSteps, steps.length, end === -1 ? Infinity : end + 1);
      const last = steps[m - 1];
      const target = steps.slice(0, m).reduce((sum, { reward }, k) => sum + gamma ** k * reward, 0);
      expect(batch.rewards[row]).toBeCloseTo(target, 9);
      expect(batch.nextObservations[row]).toBe(last.next);
      expect(batch.discounts[row]).toBeCloseTo(last.terminated ? 0 : gamma ** m, 12);
      kinds.add(last.terminated ? 'terminated' : last.truncated ? 'truncated' : m < nSteps ? 'newest' : 'whole');
    }
  }
  // There is room for twenty steps of a copy, so fifty are never whole.
  const all = ['terminated', 'truncated', ...(nSteps > 1 ? ['newest'] : []), ...(nSteps < 50 ? ['whole'] : [])];
  expect(kinds).toEqual(new Set(all));
});

test('masks are those of the next observation, and all ones where an episode ended', () => {
  const env = {
    numEnvs: 2,
    observationSpace: new Discrete(9),
    actionSpace: new Discrete(3),
    actionMasks: new Uint8Array(6),
  };
  const buffer = new ReplayBuffer(env, { capacity: 8, gamma: 1, nSteps: 2 });
  const step = (masks: number[], terminated: number, truncated: number): void => {
    buffer.beginStep(new Float32Array(2), new Int32Array(2));
    buffer.endStep({
      rewards: new Float64Array(2),
      observations: new Float32Array(2),
      finalObservations: new Float32Array(2),
      terminated: Uint8Array.of(terminated, 0),
      truncated: Uint8Array.of(0, truncated),
      actionMasks: Uint8Array.from(masks),
    });
  };
  step([1, 0, 0, 0, 1, 0], 0, 0);
  step([0, 0, 1, 0, 1, 1], 1, 0);
  step([1, 1, 0, 1, 0, 0], 0, 1);
  const batch = { ...createBatch(6, 1), nextActionMasks: new Float32Array(18) };
  buffer.gather(Uint32Array.of(0, 1, 2, 3, 4, 5), batch);
  expect(Array.from({ length: 6 }, (_, k) => batch.nextActionMasks.subarray(3 * k, 3 * k + 3).join(''))).toEqual([
    // Terminated in step 1; goes on through it.
    '111',
    '011',
    '111',
    // Truncated in step 2.
    '111',
    '110',
    '111',
  ]);
  expect(() => {
    buffer.endStep({
      rewards: new Float64Array(2),
      observations: new Float32Array(2),
      finalObservations: new Float32Array(2),
      terminated: new Uint8Array(2),
      truncated: new Uint8Array(2),
    });
  }).toThrow(new EnvError('actionMasks: expected those that the environment had, got none'));
});

test('whole numbers of a uint8 Box are kept as bytes, exactly, the final ones too', () => {
  const env = {
    numEnvs: 1,
    observationSpace: new Box(0, 255, [256], { dtype: 'uint8' }),
    actionSpace: new Discrete(2),
  };
  const buffer = new ReplayBuffer(env, { capacity: 2, gamma: 1 });
  const [all, reversed, ones] = [(i: number) => i, (i: number) => 255 - i, () => 1].map((value) =>
    Float32Array.from({ length: 256 }, (_, i) => value(i)),
  );
  buffer.beginStep(all, Int32Array.of(0));
  buffer.endStep({
    rewards: Float64Array.of(1),
    observations: ones,
    finalObservations: reversed,
    terminated: Uint8Array.of(1),
    truncated: Uint8Array.of(0),
  });
  const batch = createBatch(1, 256);
  buffer.sample(1, new Random(0), batch);
  expect(batch.observations).toEqual(all);
  expect(batch.nextObservations).toEqual(reversed);
  const { queues } = buffer.getState().history as { queues: readonly { blocks: StateDict }[] };
  expect(Object.values(queues[0].blocks)).toEqual([Uint8Array.from(all), Uint8Array.from(reversed)]);
});

test.each([
  [3, 1],
  [7, 1],
  [3, 4],
  [7, 4],
])('goes on exactly from a state saved after %i steps, %i-step', (steps, nSteps) => {
  const buffer = createBuffer(8, nSteps);
  for (let t = 0; t < steps; t++) add(buffer, t, { truncated: t % 2 === 1 });
  const restored = createBuffer(8, nSteps);
  restored.setState(buffer.getState());
  expect(restored.getState()).toStrictEqual(buffer.getState());
  for (const each of [buffer, restored]) for (let t = steps; t < steps + 3; t++) add(each, t, { terminated: true });
  expect(restored.size).toBe(buffer.size);
  expect(sample(restored, 100, 4)).toEqual(sample(buffer, 100, 4));
});

test('misuse is named', () => {
  const buffer = createBuffer(8);
  expect(() => buffer.sample(1, new Random(0), createBatch(1))).toThrow(
    'expected at least one transition to sample, got none',
  );
  expect(() => createBuffer(1)).toThrow(
    'ReplayBuffer: expected capacity to be an integer of at least 2 (numEnvs), got 1',
  );
  expect(() => createBuffer(8, 0)).toThrow('ReplayBuffer: expected nSteps to be a positive integer, got 0');
  expect(() => new ReplayBuffer(spaces, { capacity: 8, gamma: 2 })).toThrow(
    'ReplayBuffer: expected gamma to be a number in [0, 1], got 2',
  );
  expect(() => buffer.setState(createBuffer(10).getState())).toThrow('expected capacity 8, got 10');
  expect(() =>
    new ReplayBuffer({ ...spaces, numEnvs: 4 }, { capacity: 8, gamma: 0.5 }).setState(buffer.getState()),
  ).toThrow('expected numEnvs 4, got 2');
  const state = buffer.getState();
  expect(() => buffer.setState({ ...state, stored: 2 })).toThrow(CheckpointError);
});

test('arrays of another size are named', () => {
  const buffer = createBuffer(8);
  expect(() => {
    buffer.beginStep(new Float32Array(2), Int32Array.of(0, 0));
  }).toThrow(new RangeError('observations has 2 elements, expected 2 × 2'));
  expect(() => {
    buffer.beginStep(new Float32Array(4), Int32Array.of(0));
  }).toThrow(new RangeError('actions has 1 elements, expected 2 × 1'));
  add(buffer, 0);
  for (const name of ['observations', 'actions', 'rewards', 'nextObservations', 'discounts'] as const) {
    expect(() => {
      buffer.sample(3, new Random(0), { ...createBatch(3), [name]: new Float32Array(5) });
    }).toThrow(`batch.${name} has 5 elements, expected 3 × ${name.toLowerCase().endsWith('observations') ? 2 : 1}`);
  }
});

test.each([NaN, Infinity, -Infinity])('a reward of %d is refused, and the step with it', (reward) => {
  const buffer = createBuffer(8);
  add(buffer, 0);
  buffer.beginStep(new Float32Array(4), new Int32Array(2));
  expect(() => {
    buffer.endStep({
      rewards: Float64Array.of(0, reward),
      observations: new Float32Array(4),
      finalObservations: new Float32Array(4),
      terminated: new Uint8Array(2),
      truncated: new Uint8Array(2),
    });
  }).toThrow(new EnvError(`reward of environment 1 is ${reward}, expected a finite number`));
  expect(buffer.size).toBe(2);
});
