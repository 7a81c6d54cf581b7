import { describe, expect, test } from 'vitest';
import { Box, Discrete, PrioritizedReplayBuffer, Random, ReplayBuffer, type ReplaySampling } from '../../src/index.ts';

const spaces = { numEnvs: 1, observationSpace: new Box(-1e9, 1e9, [1]), actionSpace: new Discrete(2) };

function createBuffer(capacity: number, sampling: ReplaySampling): ReplayBuffer {
  return new ReplayBuffer(spaces, { capacity, gamma: 0.9, sampling });
}

/** Stores transitions that are numbered from `first` on by their observation. */
function store(buffer: ReplayBuffer, rewards: readonly number[], first = 0): void {
  rewards.forEach((reward, i) => {
    buffer.beginStep(Float32Array.of(first + i), Int32Array.of(0));
    buffer.endStep({
      rewards: Float64Array.of(reward),
      observations: Float32Array.of(first + i + 1),
      finalObservations: Float32Array.of(0),
      terminated: Uint8Array.of(0),
      truncated: Uint8Array.of(0),
    });
  });
}

/** The numbers of the transitions drawn. */
function draw(buffer: ReplayBuffer, count: number, random: Random, newest?: number): Float32Array {
  const floats = (): Float32Array => new Float32Array(count);
  const batch = {
    observations: floats(),
    actions: new Int32Array(count),
    rewards: floats(),
    nextObservations: floats(),
    discounts: floats(),
  };
  buffer.sample(count, random, batch, { newest });
  return batch.observations;
}

/** (χ² − its mean) / its deviation: at most some 4 where `probabilities` are those of the numbers drawn. */
function excess(drawn: Float32Array, probabilities: ReadonlyMap<number, number>): number {
  const counts = new Map<number, number>();
  for (const number of drawn) counts.set(number, (counts.get(number) ?? 0) + 1);
  for (const number of counts.keys()) expect(probabilities.get(number) ?? 0).toBeGreaterThan(0);
  let chiSquare = 0;
  let cells = 0;
  for (const [number, probability] of probabilities) {
    if (probability === 0) continue;
    const expected = probability * drawn.length;
    expect(expected).toBeGreaterThan(5);
    chiSquare += ((counts.get(number) ?? 0) - expected) ** 2 / expected;
    cells++;
  }
  return (chiSquare - (cells - 1)) / Math.sqrt(2 * (cells - 1));
}

function normals(count: number, seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => Math.fround(random.normal()));
}

/** The numbers and rewards that a buffer of `capacity` still has of `rewards`. */
function kept(rewards: readonly number[], capacity: number): [number: number, reward: number][] {
  return rewards.map((reward, i): [number, number] => [i, reward]).slice(-capacity);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Each way of drawing, and its probabilities by the definition, of what a buffer of `capacity` has of `rewards`. */
const samplings: readonly [ReplaySampling, (rewards: readonly number[], capacity: number) => Map<number, number>][] = [
  [
    { kind: 'uniform' },
    (rewards, capacity) => {
      const all = kept(rewards, capacity);
      return new Map(all.map(([number]) => [number, 1 / all.length]));
    },
  ],
  ...[-0.5, 0.5].flatMap((lambda) =>
    [0.5, 0.3].map((goodShare): (typeof samplings)[number] => [
      { kind: 'stratified', lambda, goodShare, window: 20 },
      (rewards, capacity) => {
        const all = kept(rewards, capacity);
        const recent = rewards.slice(-20);
        const variance = mean(recent.map((reward) => (reward - mean(recent)) ** 2));
        const threshold = mean(recent) + lambda * Math.sqrt(variance);
        const good = all.filter(([, reward]) => reward >= threshold).length;
        const share = (reward: number): number =>
          reward >= threshold ? goodShare / good : (1 - goodShare) / (all.length - good);
        return new Map(all.map(([number, reward]) => [number, share(reward)]));
      },
    ]),
  ),
  ...[1, 0.5].map((beta): (typeof samplings)[number] => [
    { kind: 'softmax', beta },
    (rewards, capacity) => {
      const all = kept(rewards, capacity);
      const center = mean(all.map(([, reward]) => reward));
      const masses = all.map(([, reward]) => Math.exp(Math.abs(reward - center) / beta));
      const total = masses.reduce((sum, mass) => sum + mass, 0);
      return new Map(all.map(([number], i) => [number, masses[i] / total]));
    },
  ]),
];

describe.each(samplings)('%o', (sampling, probabilities) => {
  test('draws as the definition says: at first, when full, and long after the oldest went', () => {
    const rewards = normals(230, 1);
    const capacity = 50;
    const buffer = createBuffer(capacity, sampling);
    let stored = 0;
    for (const until of [30, 50, 77, 230]) {
      store(buffer, rewards.slice(stored, until), stored);
      stored = until;
      const drawn = draw(buffer, 100_000, new Random(until));
      expect(excess(drawn, probabilities(rewards.slice(0, until), capacity))).toBeLessThan(4);
    }
  });

  test('a buffer that was saved and restored draws the same, to the bit, now and later', () => {
    const rewards = normals(120, 2);
    const [whole, resumed] = [createBuffer(64, sampling), createBuffer(64, sampling)];
    store(whole, rewards.slice(0, 100));
    store(resumed, normals(70, 3));
    resumed.setState(whole.getState());
    const randoms = [new Random(4), new Random(4)];
    expect(draw(resumed, 500, randoms[1])).toEqual(draw(whole, 500, randoms[0]));
    for (const buffer of [whole, resumed]) store(buffer, rewards.slice(100), 100);
    expect(draw(resumed, 500, randoms[1])).toEqual(draw(whole, 500, randoms[0]));
  });

  test('rewards that are all equal are drawn alike', () => {
    const buffer = createBuffer(20, sampling);
    store(buffer, Array<number>(25).fill(-3.3));
    const drawn = draw(buffer, 20_000, new Random(5));
    expect(excess(drawn, new Map(Array.from({ length: 20 }, (_, i) => [5 + i, 1 / 20])))).toBeLessThan(4);
  });
});

test('a buffer that shrinks draws only the newest transitions', () => {
  const buffer = createBuffer(40, { kind: 'uniform' });
  store(buffer, normals(90, 6));
  const drawn = draw(buffer, 20_000, new Random(7), 15);
  expect(excess(drawn, new Map(Array.from({ length: 15 }, (_, i) => [75 + i, 1 / 15])))).toBeLessThan(4);
  expect(new Set(draw(buffer, 5000, new Random(7), 1000)).size).toBe(40);
});

test('the newest transitions, the oldest of them first', () => {
  const buffer = createBuffer(8, { kind: 'uniform' });
  const latest = (count: number): number[] => {
    const batch = {
      observations: new Float32Array(count),
      actions: new Int32Array(count),
      rewards: new Float32Array(count),
      nextObservations: new Float32Array(count),
      discounts: new Float32Array(count),
    };
    buffer.latest(count, batch);
    return [...batch.observations];
  };
  store(buffer, normals(5, 6));
  expect(latest(3)).toEqual([2, 3, 4]);
  expect(() => latest(6)).toThrow(new RangeError('ReplayBuffer: expected at least 6 transitions, got 5'));
  store(buffer, normals(6, 7), 5);
  expect(latest(8)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  expect(latest(5)).toEqual([6, 7, 8, 9, 10]);
});

test('softmax over rewards thousands of β apart overflows nothing', () => {
  const buffer = createBuffer(10, { kind: 'softmax', beta: 0.01 });
  store(buffer, [0, 1, 2, 3, 100, -50]);
  // The mean is 9.3: the farthest is the fifth.
  expect(new Set(draw(buffer, 1000, new Random(8)))).toEqual(new Set([4]));
});

test('what is no sampling is refused by name', () => {
  const create = (sampling: unknown) => () => createBuffer(4, sampling as ReplaySampling);
  expect(create({ kind: 'soft' })).toThrow(
    "sampling: expected kind to be 'uniform', 'stratified', 'softmax', 'episodes', got \"soft\"",
  );
  expect(create({ kind: 'softmax', beta: 0 })).toThrow("sampling 'softmax'");
  expect(create({ kind: 'stratified' })).toThrow('expected lambda to be a finite number, got undefined');
  expect(create({ kind: 'stratified', lambda: 0, goodshare: 1 })).toThrow('goodshare');
  expect(create('uniform')).toThrow('ReplayBuffer: expected sampling to be an object');
  const buffer = createBuffer(4, { kind: 'softmax' });
  store(buffer, [1, 2]);
  expect(() => draw(buffer, 1, new Random(1), 1)).toThrow("newest: expected it with uniform sampling, got 'softmax'");
  expect(() => {
    createBuffer(4, { kind: 'uniform' }).setState(buffer.getState());
  }).toThrow('replay buffer: expected sampling \'uniform\', got "softmax"');
  const options = { capacity: 4, gamma: 1, priorityExponent: 1, sampling: { kind: 'uniform' } };
  expect(() => new PrioritizedReplayBuffer(spaces, options)).toThrow('PrioritizedReplayBuffer: expected no sampling');
});
