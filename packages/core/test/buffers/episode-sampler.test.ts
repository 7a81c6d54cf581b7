import { expect, test } from 'vitest';
import { Box, Discrete, Random, ReplayBuffer } from '../../src/index.ts';

const spaces = { numEnvs: 2, observationSpace: new Box(-1e9, 1e9, [1]), actionSpace: new Discrete(2) };

function createBuffer(capacity: number, options: { goodShare?: number; window?: number } = {}): ReplayBuffer {
  return new ReplayBuffer(spaces, { capacity, gamma: 1, sampling: { kind: 'episodes', ...options } });
}

/** A step of both copies: each has a number, by which it is known when it is drawn, a reward, and whether an episode ends. */
type Step = readonly [number: number, reward: number, ends: boolean];

function store(buffer: ReplayBuffer, steps: readonly (readonly [Step, Step])[]): void {
  for (const pair of steps) {
    buffer.beginStep(
      Float32Array.from(pair, ([number]) => number),
      Int32Array.of(0, 0),
    );
    buffer.endStep({
      rewards: Float64Array.from(pair, ([, reward]) => reward),
      observations: new Float32Array(2),
      finalObservations: new Float32Array(2),
      terminated: new Uint8Array(2),
      truncated: Uint8Array.from(pair, ([, , ends]) => Number(ends)),
    });
  }
}

/** How often each number is drawn, as a part of all draws. */
function shares(buffer: ReplayBuffer, random = new Random(1), count = 20_000): Map<number, number> {
  const batch = {
    observations: new Float32Array(count),
    actions: new Int32Array(count),
    rewards: new Float32Array(count),
    nextObservations: new Float32Array(count),
    discounts: new Float32Array(count),
  };
  buffer.sample(count, random, batch);
  const found = new Map<number, number>();
  for (const number of batch.observations) found.set(number, (found.get(number) ?? 0) + 1 / count);
  return found;
}

/** The first copy's episode of three steps has a reward, the second one's two episodes have none; the last step is of new ones. */
const first: (readonly [Step, Step])[] = [
  [
    [0, 0, false],
    [1, 0, true],
  ],
  [
    [2, 0, false],
    [3, 0, false],
  ],
  [
    [4, 1, true],
    [5, 0, true],
  ],
  [
    [6, 0, false],
    [7, 0, false],
  ],
];

function expectShares(buffer: ReplayBuffer, good: readonly number[], all: readonly number[], goodShare: number): void {
  const found = shares(buffer);
  for (const number of all) {
    const fromGood = good.includes(number) ? goodShare / good.length : 0;
    const expected = fromGood + (good.length > 0 ? 1 - goodShare : 1) / all.length;
    // Five standard deviations.
    expect(Math.abs((found.get(number) ?? 0) - expected)).toBeLessThan(
      5 * Math.sqrt((expected * (1 - expected)) / 20_000),
    );
  }
  expect([...found.keys()].sort((a, b) => a - b)).toEqual(all);
}

test('transitions of an episode above the mean are drawn with their share, once it has ended, until they are gone', () => {
  const buffer = createBuffer(8, { goodShare: 0.4 });
  store(buffer, first.slice(0, 2));
  expectShares(buffer, [], [0, 1, 2, 3], 0.4);
  store(buffer, first.slice(2));
  expectShares(buffer, [0, 2, 4], [0, 1, 2, 3, 4, 5, 6, 7], 0.4);
  // Takes the rows of the first two steps.
  store(buffer, [
    [
      [8, 0, false],
      [9, 0, false],
    ],
    [
      [10, 0, true],
      [11, 2, true],
    ],
  ]);
  // The second copy's episode of 7, 9 and 11 had 2: more than the mean of 0, 1, 0, 0, 2.
  expectShares(buffer, [4, 7, 9, 11], [4, 5, 6, 7, 8, 9, 10, 11], 0.4);
});

test('where all episodes are equally good none is preferred', () => {
  const buffer = createBuffer(12);
  const step = (number: number): readonly [Step, Step] => [
    [number, 1, true],
    [number + 1, 1, true],
  ];
  store(buffer, [0, 2, 4, 6].map(step));
  expectShares(buffer, [], [0, 1, 2, 3, 4, 5, 6, 7], 0.5);
});

test('of an episode longer than the buffer the end is good', () => {
  const buffer = createBuffer(4);
  const quiet = (number: number): readonly [Step, Step] => [
    [number, 0, false],
    [number + 1, 0, number === 2],
  ];
  store(buffer, [0, 2, 4, 6].map(quiet));
  store(buffer, [
    [
      [8, 5, true],
      [9, 0, true],
    ],
  ]);
  expectShares(buffer, [6, 8], [6, 7, 8, 9], 0.5);
});

test('the mean is of the last episodes alone', () => {
  const buffer = createBuffer(40, { window: 2 });
  const episode = (number: number, reward: number): readonly [Step, Step] => [
    [number, reward, true],
    [number + 1, reward, true],
  ];
  store(buffer, [episode(0, 9), episode(2, 1), episode(4, 1), episode(6, 2)]);
  // 9 was all there was; 1 is below 9, and then as good as the others; the first 2 is above the mean of 1 and 2, the second one is not.
  expectShares(buffer, [6], [0, 1, 2, 3, 4, 5, 6, 7], 0.5);
});

test('a buffer that was saved and restored draws the same, to the bit, now and later', () => {
  const random = new Random(3);
  const steps = (count: number, from: number): (readonly [Step, Step])[] =>
    Array.from({ length: count }, (_, i) => {
      const step = (copy: number): Step => [
        from + 2 * i + copy,
        random.integer(5) === 0 ? 1 : 0,
        random.integer(6) === 0,
      ];
      return [step(0), step(1)] as const;
    });
  const [whole, resumed] = [createBuffer(32), createBuffer(32)];
  store(whole, steps(45, 0));
  store(resumed, steps(30, 1000));
  resumed.setState(whole.getState());
  expect(shares(resumed, new Random(4))).toEqual(shares(whole, new Random(4)));
  const later = steps(11, 200);
  for (const buffer of [whole, resumed]) store(buffer, later);
  expect(shares(resumed, new Random(5))).toEqual(shares(whole, new Random(5)));
  expect(resumed.getState()).toEqual(whole.getState());
});
