import { describe, expect, test } from 'vitest';
import {
  Box,
  CheckpointError,
  Dict,
  Discrete,
  EnvError,
  HindsightReplayBuffer,
  Random,
  type GoalRules,
  type HindsightOptions,
} from '../../src/index.ts';

const any = new Box(-1e9, 1e9, [1]);
/** Numbers of an observation: achieved and desired goal, and the copy. */
const observationSpace = new Dict({ achievedGoal: any, desiredGoal: any, observation: any });
const WIDTH = 3;

/** A goal is worth 0 where it is reached, else −1. */
const goalRules: GoalRules = {
  computeRewards(achieved, desired, rewards) {
    for (let i = 0; i < rewards.length; i++) rewards[i] = achieved[i] === desired[i] ? 0 : -1;
  },
};
/** Besides, it ends the episode. */
const endingGoals: GoalRules = {
  ...goalRules,
  computeTerminated(achieved, desired, terminated) {
    for (let i = 0; i < terminated.length; i++) terminated[i] = achieved[i] === desired[i] ? 1 : 0;
  },
};

/** A step of one copy: it comes from the goal `from` to the next number. */
interface Step {
  readonly from: number;
  readonly desired: number;
  readonly end?: 'terminated' | 'truncated' | undefined;
}

/** The k-th step of an episode whose goals are numbers that no other has, and where it wants what is never reached. */
function stepOf(episode: number, k: number, length: number, end: Step['end'] = 'truncated'): Step {
  return { from: 100 * episode + k, desired: -episode, end: k === length - 1 ? end : undefined };
}

function createBuffer(capacity: number, options: HindsightOptions = {}, numEnvs = 1, by = goalRules) {
  const env = { numEnvs, observationSpace, actionSpace: new Discrete(2), goalRules: by };
  return new HindsightReplayBuffer(env, { capacity, gamma: 0.5, ...options });
}

/** Stores a step of each copy. */
function store(buffer: HindsightReplayBuffer, steps: readonly Step[]): void {
  const seen = (shift: number) =>
    Float32Array.from(steps.flatMap(({ from, desired }, i) => [from + shift, desired, i]));
  buffer.beginStep(seen(0), new Int32Array(steps.length));
  buffer.endStep({
    rewards: Float64Array.from(steps, ({ from, desired }) => (from + 1 === desired ? 0 : -1)),
    // Where an episode ended nobody shall look at them.
    observations: seen(1).map((value, k) => (steps[Math.floor(k / WIDTH)].end ? NOBODY : value)),
    finalObservations: seen(1),
    terminated: Uint8Array.from(steps, ({ end }) => (end === 'terminated' ? 1 : 0)),
    truncated: Uint8Array.from(steps, ({ end }) => (end === 'truncated' ? 1 : 0)),
  });
}

const NOBODY = -77;

interface Drawn {
  readonly from: number;
  readonly copy: number;
  readonly to: number;
  readonly goal: number;
  readonly reward: number;
  readonly discount: number;
}

function draw(buffer: HindsightReplayBuffer, count: number, random: Random): Drawn[] {
  const batch = {
    observations: new Float32Array(count * WIDTH),
    actions: new Int32Array(count),
    rewards: new Float32Array(count),
    nextObservations: new Float32Array(count * WIDTH),
    discounts: new Float32Array(count),
  };
  buffer.sample(count, random, batch);
  // Both observations have the same goal, and are of the same copy.
  const without = (rows: Float32Array): Float32Array => rows.filter((_, k) => k % WIDTH !== 0);
  expect(without(batch.nextObservations)).toEqual(without(batch.observations));
  return Array.from(batch.rewards, (reward, k) => {
    const [from, goal, copy] = batch.observations.subarray(WIDTH * k, WIDTH * (k + 1));
    const to = batch.nextObservations[WIDTH * k];
    return { from, copy, to, goal, reward, discount: batch.discounts[k] };
  });
}

/** (χ² − its mean) / its deviation: at most some 4 where `probabilities` are those of what was drawn. */
function excess(drawn: readonly string[], probabilities: ReadonlyMap<string, number>): number {
  const counts = new Map<string, number>();
  for (const each of drawn) counts.set(each, (counts.get(each) ?? 0) + 1);
  expect([...counts.keys()].filter((each) => !probabilities.has(each))).toEqual([]);
  let chiSquare = 0;
  for (const [each, probability] of probabilities) {
    const expected = probability * drawn.length;
    expect(expected).toBeGreaterThan(5);
    chiSquare += ((counts.get(each) ?? 0) - expected) ** 2 / expected;
  }
  return (chiSquare - (probabilities.size - 1)) / Math.sqrt(2 * (probabilities.size - 1));
}

/** Which of the steps that are stored may lend the k-th one its goal, all of one episode that is over. */
const lenders: Readonly<Record<string, (steps: readonly Step[], k: number) => readonly Step[]>> = {
  future: (steps, k) => steps.slice(k),
  final: (steps) => steps.slice(-1),
  episode: (steps) => steps,
};

describe.each(['future', 'final', 'episode'] as const)('%s', (strategy) => {
  test('draws transitions and goals as the definition says, of two copies, when rows are few, wrap around, and an episode goes on', () => {
    const capacity = 40;
    const sampledGoals = 3;
    const buffer = createBuffer(capacity, { strategy, sampledGoals }, 2);
    const lengths = [
      [5, 1, 4, 7, 3, 9, 6],
      [8, 2, 11, 5, 30],
    ];
    const all = lengths.map((each, copy) =>
      each.flatMap((length, e) => [...new Array(length).keys()].map((k) => stepOf(10 * copy + e + 1, k, length))),
    );
    const random = new Random(1);
    let stored = 0;
    for (const until of [9, 20, 33]) {
      for (; stored < until; stored++) {
        store(
          buffer,
          all.map((steps) => steps[stored]),
        );
      }
      // What is left of each episode that is over.
      const kept = all.flatMap((steps) => {
        const newest = steps.slice(Math.max(0, stored - capacity / 2), stored);
        const episodes = [...new Set(newest.map(({ desired }) => desired))];
        return episodes
          .map((episode) => newest.filter(({ desired }) => desired === episode))
          .filter((episode) => episode.at(-1)?.end !== undefined);
      });
      const total = kept.reduce((sum, episode) => sum + episode.length, 0);
      const probabilities = new Map<string, number>();
      for (const episode of kept) {
        episode.forEach(({ from, desired }, k) => {
          probabilities.set(`${from} ${desired}`, 1 / (sampledGoals + 1) / total);
          const others = lenders[strategy](episode, k);
          for (const other of others) {
            probabilities.set(`${from} ${other.from + 1}`, sampledGoals / (sampledGoals + 1) / total / others.length);
          }
        });
      }
      const drawn = Array.from({ length: 20 }, () => draw(buffer, 1000, random)).flat();
      const isRight = ({ from, to, copy, goal, reward, discount }: Drawn): boolean =>
        to === from + 1 && copy === (from >= 1100 ? 1 : 0) && reward === (goal === to ? 0 : -1) && discount === 0.5;
      expect(drawn.filter((each) => !isRight(each))).toEqual([]);
      const seen = drawn.map(({ from, goal }) => `${from} ${goal}`);
      expect(excess(seen, probabilities)).toBeLessThan(4);
    }
  });
});

test('of each minibatch exactly k of k + 1 have another goal, or one more so that it is right on average', () => {
  const bufferOf = (sampledGoals: number): HindsightReplayBuffer => {
    const buffer = createBuffer(10, { sampledGoals });
    for (let k = 0; k < 10; k++) store(buffer, [stepOf(1, k, 10)]);
    return buffer;
  };
  const random = new Random(1);
  const countOthers = (buffer: HindsightReplayBuffer, count: number): number =>
    draw(buffer, count, random).filter(({ goal }) => goal > 0).length;
  const [four, none] = [bufferOf(4), bufferOf(0)];
  for (let i = 0; i < 20; i++) {
    expect(countOthers(four, 50)).toBe(40);
    expect(countOthers(none, 50)).toBe(0);
  }
  const counts = Array.from({ length: 1000 }, () => countOthers(four, 32));
  expect(new Set(counts)).toEqual(new Set([25, 26]));
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  // Four standard errors.
  expect(Math.abs(mean - 25.6)).toBeLessThan(4 * Math.sqrt((0.6 * 0.4) / counts.length));
});

describe('ends', () => {
  /** By `from goal`, the discounts that were drawn. */
  const discountsOf = (by: GoalRules, steps: readonly Step[], strategy: HindsightOptions['strategy'] = 'episode') => {
    const buffer = createBuffer(100, { strategy }, 1, by);
    for (const step of steps) store(buffer, [step]);
    const drawn = draw(buffer, 2000, new Random(1));
    expect(drawn.map(({ reward }) => reward)).toEqual(drawn.map(({ goal, to }) => (goal === to ? 0 : -1)));
    return Object.fromEntries(drawn.map(({ from, goal, discount }) => [`${from} for ${goal}`, discount]));
  };

  test('what reaches the goal it is given ends there; what had reached its own does not, for another', () => {
    const reached = [0, 1].map((from): Step => ({ from, desired: 2, end: from === 1 ? 'terminated' : undefined }));
    expect(discountsOf(endingGoals, reached)).toEqual({
      '0 for 1': 0,
      '0 for 2': 0.5,
      '1 for 1': 0.5,
      '1 for 2': 0,
    });
  });

  test('what a time limit cut off goes on, unless it reaches the goal it is given', () => {
    const cutOff = [0, 1].map((from): Step => ({ from, desired: 9, end: from === 1 ? 'truncated' : undefined }));
    const { '0 for 9': first, '1 for 9': last, ...others } = discountsOf(endingGoals, cutOff);
    expect([first, last]).toEqual([0.5, 0.5]);
    expect(others).toEqual({ '0 for 1': 0, '0 for 2': 0.5, '1 for 1': 0.5, '1 for 2': 0 });
  });

  test.each<[string, GoalRules]>([
    ['that end episodes', endingGoals],
    ['that end nothing', goalRules],
  ])('what ended for another reason ends whatever the goal, with goals %s', (_, by) => {
    const failed = [0, 1].map((from): Step => ({ from, desired: 9, end: from === 1 ? 'terminated' : undefined }));
    const discounts = discountsOf(by, failed);
    expect(Object.entries(discounts).filter(([key]) => key.startsWith('1 for'))).toEqual(
      expect.arrayContaining([
        ['1 for 1', 0],
        ['1 for 2', 0],
        ['1 for 9', 0],
      ]),
    );
    expect(discounts['0 for 1']).toBe(by === goalRules ? 0.5 : 0);
    expect(discounts['0 for 2']).toBe(0.5);
  });
});

test('an episode that is longer than the buffer is drawn from as far as it is there', () => {
  const buffer = createBuffer(4);
  for (let k = 0; k < 9; k++) store(buffer, [stepOf(1, k, 9)]);
  const drawn = draw(buffer, 500, new Random(1));
  expect(new Set(drawn.map(({ from }) => from))).toEqual(new Set([105, 106, 107, 108]));
  expect(new Set(drawn.map(({ goal }) => goal))).toEqual(new Set([-1, 106, 107, 108, 109]));
});

test('a buffer that was saved within an episode and restored draws the same, to the bit, now and later', () => {
  const buffer = createBuffer(20, { strategy: 'episode' });
  const steps = [4, 6, 9, 5, 8].flatMap((length, e) =>
    [...new Array(length).keys()].map((k) => stepOf(e + 1, k, length)),
  );
  steps.slice(0, 22).forEach((step) => store(buffer, [step]));
  const restored = createBuffer(20, { strategy: 'episode' });
  restored.setState(structuredClone(buffer.getState()));
  expect(draw(restored, 64, new Random(3))).toEqual(draw(buffer, 64, new Random(3)));
  for (const each of [buffer, restored]) steps.slice(22).forEach((step) => store(each, [step]));
  expect(draw(restored, 64, new Random(4))).toEqual(draw(buffer, 64, new Random(4)));
  expect(() => {
    createBuffer(19).setState(buffer.getState());
  }).toThrow(CheckpointError);
});

test('what cannot be is refused in words', () => {
  const buffer = createBuffer(20);
  const first = [0, 1, 2].map((k) => stepOf(1, k, 9));
  first.forEach((step) => store(buffer, [step]));
  expect(() => draw(buffer, 4, new Random(1))).toThrow(
    new RangeError(
      'hindsight: expected an episode that is over, got none in 3 steps; let learningStarts be more than the steps of an episode',
    ),
  );
  expect(buffer.isReady).toBe(false);
  const small = createBuffer(3);
  first.forEach((step) => store(small, [step]));
  expect(() => draw(small, 4, new Random(1))).toThrow('let bufferSize be more than the steps of an episode');
  const spaces = { numEnvs: 1, observationSpace, actionSpace: new Discrete(2) };
  const options = { capacity: 20, gamma: 0.5 };
  expect(() => new HindsightReplayBuffer(spaces, options)).toThrow(
    new EnvError(
      'hindsight: expected an environment with goals (goalRules), got one without, whose observations are ' +
        'Dict(achievedGoal: Box(-1000000000, 1000000000, [1]), desiredGoal: Box(-1000000000, 1000000000, [1]), observation: Box(-1000000000, 1000000000, [1]))',
    ),
  );
  expect(() => new HindsightReplayBuffer({ ...spaces, observationSpace: any, goalRules }, options)).toThrow(
    'goalRules: expected observations in a Dict with achievedGoal and desiredGoal, both of one size, got Box(',
  );
  expect(() => createBuffer(20, { strategy: 'random' as 'future' })).toThrow(
    "HindsightReplayBuffer: expected strategy to be one of 'future', 'final', 'episode', got \"random\"",
  );
  expect(() => createBuffer(20, { sampledGoals: -1 })).toThrow('expected sampledGoals to be a number of at least 0');
});
