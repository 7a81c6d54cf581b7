import { expect, test } from 'vitest';
import { Random } from '../../src/random/random.ts';
import { ReplayBuffer } from '../../src/buffers/replay-buffer.ts';
import { Box, Discrete } from '../../src/spaces/spaces.ts';
import type { StateDict, StateValue } from '../../src/checkpoints/state.ts';
import { bytesText, machineMemory, withMemory } from '../../src/buffers/memory.ts';

const actionSpace = new Discrete(5);

/** What a transition is, kept in the simplest way. */
interface Transition {
  readonly observation: Float32Array;
  readonly action: number;
  readonly reward: number;
  readonly next: Float32Array;
  readonly terminated: boolean;
  readonly ends: boolean;
}

/** Rows t · numEnvs + i, modulo the capacity, as `ReplayBuffer` has them. */
class SimpleBuffer {
  readonly rows: Transition[] = [];
  private readonly numEnvs: number;
  private readonly capacity: number;
  private readonly gamma: number;
  private readonly nSteps: number;
  private position = 0;

  constructor(numEnvs: number, capacity: number, gamma: number, nSteps: number) {
    this.numEnvs = numEnvs;
    this.capacity = capacity;
    this.gamma = gamma;
    this.nSteps = nSteps;
  }

  add(transitions: readonly Transition[]): void {
    transitions.forEach((transition, i) => (this.rows[this.position + i] = transition));
    this.position = (this.position + this.numEnvs) % this.capacity;
  }

  sample(count: number, random: Random): unknown[] {
    const indices = Array.from({ length: count }, () => random.integer(this.rows.length));
    return indices.map((index) => {
      const first = this.rows[index];
      let [last, reward, discount] = [first, first.reward, this.gamma];
      let row = index;
      for (let m = 1; m < this.nSteps && !last.ends; m++) {
        row = (row + this.numEnvs) % this.capacity;
        if (row >= this.position && row < this.position + this.numEnvs) break;
        last = this.rows[row];
        reward += discount * last.reward;
        discount *= this.gamma;
      }
      return [
        first.observation,
        first.action,
        Math.fround(reward),
        last.next,
        last.terminated ? 0 : Math.fround(discount),
      ];
    });
  }
}

/** The last `frames` pictures along an axis; pictures are of whole numbers, few different ones. */
function stackOf(frames: readonly number[][], isLast: boolean): Float32Array {
  const size = frames[0].length;
  return Float32Array.from({ length: frames.length * size }, (_, at) =>
    isLast ? frames[at % frames.length][Math.floor(at / frames.length)] : frames[Math.floor(at / size)][at % size],
  );
}

interface Case {
  readonly name: string;
  readonly space: Box;
  readonly frames: number;
  readonly isLast: boolean;
  readonly numEnvs: number;
  readonly nSteps: number;
}

const cases: readonly Case[] = [
  { name: 'one frame', space: new Box(0, 255, [6]), frames: 1, isLast: false, numEnvs: 1, nSteps: 1 },
  { name: 'bytes', space: new Box(0, 255, [6], { dtype: 'uint8' }), frames: 1, isLast: false, numEnvs: 3, nSteps: 3 },
  {
    name: 'stacked first',
    space: new Box(0, 255, [4, 2, 3], { frameAxis: 0 }),
    frames: 4,
    isLast: false,
    numEnvs: 2,
    nSteps: 1,
  },
  {
    name: 'stacked last',
    space: new Box(0, 255, [2, 3, 4], { dtype: 'uint8', frameAxis: 2 }),
    frames: 4,
    isLast: true,
    numEnvs: 3,
    nSteps: 5,
  },
  {
    // What is said to be a stack and is none costs memory, and nothing else.
    name: 'not stacked as said',
    space: new Box(0, 255, [4, 6], { frameAxis: 1 }),
    frames: 4,
    isLast: false,
    numEnvs: 2,
    nSteps: 2,
  },
];

test.each(cases)('batches of $name are those of a buffer that keeps all of them twice', (each) => {
  const { space, frames, isLast, numEnvs, nSteps } = each;
  const env = { numEnvs, observationSpace: space, actionSpace };
  const [capacity, gamma] = [40 * numEnvs, 0.9];
  const simple = new SimpleBuffer(numEnvs, capacity, gamma, nSteps);
  let buffer = new ReplayBuffer(env, { capacity, gamma, nSteps });
  const random = new Random(3);
  const picture = (): number[] => Array.from({ length: 6 }, () => random.integer(2));
  const start = (): number[][] => new Array<number[]>(frames).fill(picture());
  let stacks = Array.from({ length: numEnvs }, start);
  for (let t = 0; t < 300; t++) {
    // Now and then somebody resets the environments in between.
    if (random.integer(30) === 0) stacks = stacks.map(start);
    const before = stacks.map((stack) => stackOf(stack, isLast));
    const terminated = Uint8Array.from(stacks, () => Number(random.integer(12) === 0));
    const truncated = Uint8Array.from(stacks, () => Number(random.integer(12) === 0));
    const actions = Int32Array.from(stacks, () => random.integer(5));
    const rewards = Float64Array.from(stacks, () => random.integer(9));
    const after = stacks.map((stack) => [...stack.slice(1), picture()]);
    const ended = stacks.map((_, i) => terminated[i] === 1 || truncated[i] === 1);
    stacks = after.map((stack, i) => (ended[i] ? start() : stack));
    buffer.beginStep(Float32Array.from(before.flatMap((values) => [...values])), actions);
    buffer.endStep({
      rewards,
      observations: Float32Array.from(stacks.flatMap((stack) => [...stackOf(stack, isLast)])),
      finalObservations: Float32Array.from(after.flatMap((stack) => [...stackOf(stack, isLast)])),
      terminated,
      truncated,
    });
    simple.add(
      before.map((observation, i) => ({
        observation,
        action: actions[i],
        reward: rewards[i],
        next: stackOf(after[i], isLast),
        terminated: terminated[i] === 1,
        ends: ended[i],
      })),
    );
    if (t % 37 === 0) {
      const restored = new ReplayBuffer(env, { capacity, gamma, nSteps });
      restored.setState(buffer.getState());
      expect(restored.getState()).toStrictEqual(buffer.getState());
      buffer = restored;
    }
    const count = 8;
    const batch = {
      observations: new Float32Array(count * space.size),
      actions: new Int32Array(count),
      rewards: new Float32Array(count),
      nextObservations: new Float32Array(count * space.size),
      discounts: new Float32Array(count),
    };
    buffer.sample(count, new Random(t), batch);
    const rowOf = (array: Float32Array, k: number) => array.slice(k * space.size, (k + 1) * space.size);
    expect(
      Array.from(batch.actions, (action, k) => [
        rowOf(batch.observations, k),
        action,
        batch.rewards[k],
        rowOf(batch.nextObservations, k),
        batch.discounts[k],
      ]),
    ).toEqual(simple.sample(count, new Random(t)));
  }
});

/** Bytes of all arrays in a state. */
function bytesOf(value: StateValue): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value as StateDict).reduce<number>((sum, each) => sum + bytesOf(each), 0);
}

test('of stacked pictures each is kept once, and those where episodes begin and end', () => {
  const side = 12;
  const env = {
    numEnvs: 1,
    observationSpace: new Box(0, 255, [side, side, 4], { dtype: 'uint8', frameAxis: 2 }),
    actionSpace,
  };
  const [steps, episode] = [1300, 100];
  const buffer = new ReplayBuffer(env, { capacity: steps, gamma: 0.99 });
  let time = 0;
  const picture = (): number[] => {
    const t = time++;
    return Array.from({ length: side * side }, (_, at) => (at * t) % 256);
  };
  let stack = new Array<number[]>(4).fill(picture());
  for (let t = 1; t <= 2 * steps; t++) {
    buffer.beginStep(stackOf(stack, true), Int32Array.of(0));
    const ends = t % episode === 0;
    const next = [...stack.slice(1), picture()];
    stack = ends ? new Array<number[]>(4).fill(picture()) : next;
    buffer.endStep({
      rewards: Float64Array.of(0),
      observations: stackOf(stack, true),
      finalObservations: stackOf(next, true),
      terminated: Uint8Array.of(Number(ends)),
      truncated: Uint8Array.of(0),
    });
  }
  const { numbers, history, ...rest } = buffer.getState();
  // A final one and the four that a reset shows, for each episode.
  expect(bytesOf(history)).toBeLessThan(side * side * (steps + (steps / episode) * 5 + 5));
  expect(bytesOf(numbers) + bytesOf(rest)).toBe(15 * steps);
});

test('a million transitions of BipedalWalker take at most 130 MB', () => {
  const env = { numEnvs: 1, observationSpace: new Box(-10, 10, [24]), actionSpace: new Box(-1, 1, [4]) };
  const [steps, episode] = [20_000, 500];
  const buffer = new ReplayBuffer(env, { capacity: steps, gamma: 0.99 });
  const observation = new Float32Array(24);
  for (let t = 1; t <= steps; t++) {
    buffer.beginStep(observation, new Float32Array(4));
    observation.fill(t);
    buffer.endStep({
      rewards: Float64Array.of(0),
      observations: observation,
      finalObservations: observation.map((x) => x + 0.5),
      terminated: Uint8Array.of(Number(t % episode === 0)),
      truncated: Uint8Array.of(0),
    });
  }
  expect(bytesOf(buffer.getState()) * (1e6 / steps)).toBeLessThan(130e6);
});

test('more than the machine has is refused at once, with the memory that it would take', () => {
  const env = {
    numEnvs: 1,
    observationSpace: new Box(0, 255, [84, 84, 4], { dtype: 'uint8' }),
    actionSpace: new Discrete(4),
  };
  expect(() => new ReplayBuffer(env, { capacity: 1e12, gamma: 0.99 })).toThrow(
    /^ReplayBuffer: 1,000,000,000,000 transitions take 25,683\.2 TiB, but this machine has [\d.,]+ GiB of memory$/,
  );
  const stacked = { ...env, observationSpace: new Box(0, 255, [84, 84, 4], { dtype: 'uint8', frameAxis: 2 }) };
  expect(() => new ReplayBuffer(stacked, { capacity: 1e12, gamma: 0.99 })).toThrow('transitions take 6,431 TiB');
});

test('memory in words, and what cannot be had', () => {
  expect([0, 1, 1023, 1024, 1536, 3 * 2 ** 30, 56.4 * 2 ** 30].map(bytesText)).toEqual([
    '0 bytes',
    '1 bytes',
    '1,023 bytes',
    '1 KiB',
    '1.5 KiB',
    '3 GiB',
    '56.4 GiB',
  ]);
  expect(machineMemory()).toBeGreaterThan(2 ** 20);
  expect(withMemory('numbers', 8, () => 7)).toBe(7);
  expect(() => withMemory('numbers', 1, () => new Float64Array(2 ** 60))).toThrow(
    /^numbers take 1 bytes, which cannot be had: /,
  );
  expect(() =>
    withMemory('numbers', 1, () => {
      throw new RangeError('something else');
    }),
  ).toThrow(new RangeError('something else'));
});
