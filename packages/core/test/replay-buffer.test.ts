import { expect, test } from 'vitest';
import { CheckpointError } from '../src/errors.ts';
import { Random } from '../src/random.ts';
import { ReplayBuffer } from '../src/replay-buffer.ts';
import { Box, Discrete } from '../src/spaces.ts';

const spaces = { numEnvs: 2, observationSpace: new Box(-1e9, 1e9, [2]), actionSpace: new Discrete(100) };

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

function createBatch(count: number) {
  return {
    observations: new Float32Array(2 * count),
    actions: new Int32Array(count),
    rewards: new Float32Array(count),
    nextObservations: new Float32Array(2 * count),
    terminated: new Float32Array(count),
  };
}

/** All rows of a sample as text, `observation action reward next terminated`. */
function sample(buffer: ReplayBuffer, count: number, seed: number): string[] {
  const batch = createBatch(count);
  buffer.sample(count, new Random(seed), batch);
  return Array.from({ length: count }, (_, k) => {
    const pair = (array: Float32Array): string => array.subarray(2 * k, 2 * k + 2).join();
    return `${pair(batch.observations)} ${batch.actions[k]} ${batch.rewards[k]} ${pair(batch.nextObservations)} ${batch.terminated[k]}`;
  });
}

test('keeps the newest transitions and draws them uniformly', () => {
  const buffer = new ReplayBuffer(spaces, 9);
  expect(buffer.capacity).toBe(8);
  for (let t = 0; t < 7; t++) {
    add(buffer, t);
    expect(buffer.size).toBe(Math.min(2 * (t + 1), 8));
  }
  const counts = new Map<string, number>();
  const draws = 8000;
  for (const row of sample(buffer, draws, 1)) counts.set(row, (counts.get(row) ?? 0) + 1);
  const expected = [3, 4, 5, 6].flatMap((t) => [
    `${t},0 ${t} ${t} ${t + 1},0 0`,
    `${t},1 ${t} ${t + 0.5} ${t + 1},1 0`,
  ]);
  expect([...counts.keys()].sort()).toEqual(expected.sort());
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - draws / 8) ** 2 / (draws / 8), 0);
  // 7 degrees of freedom: exceeded once in 10,000 times.
  expect(chiSquare).toBeLessThan(30);
});

test('stores the final observation where an episode ended, and bootstraps from it where it was truncated', () => {
  const terminated = new ReplayBuffer(spaces, 2);
  add(terminated, 1, { terminated: true });
  expect(new Set(sample(terminated, 50, 2))).toEqual(new Set(['1,0 1 1 2,0 0', '1,1 1 1.5 -5,-6 1']));
  const truncated = new ReplayBuffer(spaces, 2);
  add(truncated, 1, { truncated: true });
  expect(new Set(sample(truncated, 50, 2))).toEqual(new Set(['1,0 1 1 2,0 0', '1,1 1 1.5 -5,-6 0']));
});

test.each([3, 7])('goes on exactly from a state saved after %i steps', (steps) => {
  const buffer = new ReplayBuffer(spaces, 8);
  for (let t = 0; t < steps; t++) add(buffer, t);
  const restored = new ReplayBuffer(spaces, 8);
  restored.setState(buffer.getState());
  for (const each of [buffer, restored]) for (let t = steps; t < steps + 3; t++) add(each, t);
  expect(restored.size).toBe(buffer.size);
  expect(sample(restored, 100, 4)).toEqual(sample(buffer, 100, 4));
});

test('misuse is named', () => {
  const buffer = new ReplayBuffer(spaces, 8);
  expect(() => buffer.sample(1, new Random(0), createBatch(1))).toThrow(
    'expected at least one transition to sample, got none',
  );
  expect(() => new ReplayBuffer(spaces, 1)).toThrow('capacity: expected an integer of at least 2 (numEnvs), got 1');
  expect(() => buffer.setState(new ReplayBuffer(spaces, 10).getState())).toThrow('expected a capacity of 8, got 10');
  const state = buffer.getState();
  expect(() => buffer.setState({ ...state, stored: 2 })).toThrow(CheckpointError);
});
