import { readFileSync } from 'node:fs';
import { NumpyRandom, Random } from '@gradus/core';
import { bipedalWalker } from '@gradus/envs/box2d';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { TERRAIN, createTerrain } from '../../src/box2d/walker-terrain.ts';
import { largestDifference } from '../support/largest-difference.ts';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

/** The start of the episode of seed 0, recorded with Gymnasium 1.4.0 and pybox2d 2.3.10, whose numbers are float32. */
const golden = JSON.parse(readFileSync(`${import.meta.dirname}/../fixtures/BipedalWalker-v3.json`, 'utf8')) as {
  readonly terrain_y: readonly number[];
  readonly hull_init_force_x: number;
  readonly obs0: readonly number[];
};

describe('as recorded with Gymnasium', () => {
  test('terrain and the first push are drawn from the same seed', () => {
    const random = new NumpyRandom(0);
    const { heights, obstacles } = createTerrain(random, false);
    expect(largestDifference(heights, golden.terrain_y)).toBeLessThan(1e-6);
    expect(obstacles).toEqual([]);
    expect(random.uniform(-5, 5)).toBe(golden.hull_init_force_x);
  });

  test('so is what the walker sees first', () => {
    const { observation } = bipedalWalker().reset({ seed: 0 });
    expect(largestDifference(observation, golden.obs0)).toBeLessThan(1e-6);
  });
});

test('a walker that hops on stretched legs turns over: angles beyond ±π, which Gymnasium 1.4.0 has as bounds, are observations of the space', () => {
  const env = bipedalWalker();
  env.reset({ seed: 0 });
  let observation: ArrayLike<number>;
  let step = 0;
  do {
    const torque = step++ % 30 < 15 ? 1 : -1;
    const result = env.step([torque, torque, torque, torque]);
    observation = result.observation as ArrayLike<number>;
    expect(env.observationSpace.contains(observation)).toBe(true);
    if (result.terminated) break;
  } while (step < 100);
  expect(observation[0]).toBeLessThan(-Math.PI);
});

describe('obstacles of the hardcore path', () => {
  /** The path up to the second obstacle, with these draws for the first one. */
  const pathOf = (kind: number, size: number, chance = 0.9) => {
    // Steps of grass before the next obstacle (twice: the first is not looked at), kind, size; then grass again.
    const integers = [0, kind, size];
    const random = new Random(1);
    random.integer = () => integers.shift() ?? 0;
    random.nextFloat = () => chance;
    const { heights, obstacles } = createTerrain(random, true);
    const start = TERRAIN.startPad * TERRAIN.step;
    const inSteps = (length: number): number => Math.round((length / TERRAIN.step) * 1e6) / 1e6;
    return {
      heights: heights.slice(19, 40).map((y) => inSteps(y - TERRAIN.height)),
      obstacles: obstacles.map((corners) =>
        corners.map(({ x, y }) => [inSteps(x - start), inSteps(y - TERRAIN.height)]),
      ),
    };
  };

  test('a stump is as high as wide, on even ground', () => {
    const { heights, obstacles } = pathOf(0, 1);
    expect(obstacles[0]).toEqual([[0, 0], [2, 0], [2, 2], [0, 2]]); // prettier-ignore
    expect(heights.slice(0, 3)).toEqual([0, 0, 0]);
  });

  test('a pit is four steps deep between two blocks', () => {
    const { heights, obstacles } = pathOf(2, 0);
    expect(obstacles.slice(0, 2)).toEqual([
      [[0, -4], [1, -4], [1, 0], [0, 0]], // prettier-ignore
      [[3, -4], [4, -4], [4, 0], [3, 0]], // prettier-ignore
    ]);
    expect(heights.slice(0, 6)).toEqual([0, 0, -4, -4, -4, 0]);
  });

  test.each([
    [0.9, 1],
    [0.1, -1],
  ])('stairs climb or fall by a step every four, over ground that does too', (chance, direction) => {
    const { heights, obstacles } = pathOf(1, 0, chance);
    expect(obstacles.slice(0, 3).map(([, , topRight]) => topRight)).toEqual([
      [4, 0],
      [8, direction],
      [12, 2 * direction],
    ]);
    // After the first of twelve, those of which 11 … 1 are left.
    const ground = Array.from({ length: 11 }, (_, i) => ((i + 1 - direction) / 4) * direction);
    expect(heights.slice(2, 13)).toEqual(ground);
  });
});

test('motors push the walker about, at a price', () => {
  const env = bipedalWalker();
  env.reset({ seed: 1 });
  const before = env.step([0, 0, 0, 0]).observation as Float32Array;
  const result = env.step([1, -0.5, 0, 2]);
  const observation = result.observation as Float32Array;
  expect(observation[5]).toBeGreaterThan(before[5]);
  expect(observation[7]).toBeLessThan(before[7]);
  const progress = 130 / 30 / 50 / ((0.3 * 20) / 50);
  const gained = progress * observation[2] - 5 * (Math.abs(observation[0]) - Math.abs(before[0]));
  // Where the hull is can only be told from its speed, to which the solver's correction of the joints is added.
  expect(result.reward - gained).toBeCloseTo(-0.00035 * 80 * (1 + 0.5 + 1), 1);
});

test('falling over costs 100 and ends the episode', () => {
  const env = bipedalWalker();
  env.reset({ seed: 3 });
  const random = new Random(3);
  let result;
  do result = env.step(env.actionSpace.sample(random));
  while (!result.terminated && !result.truncated);
  expect(result).toMatchObject({ terminated: true, reward: -100 });
  expect(() => env.step([0, 0, 0, 0])).toThrow('expected a call of reset first');
});

test('goes on to the same bits from a state, in a world that it has never seen', () => {
  const env = bipedalWalker({ hardcore: true });
  env.reset({ seed: 4 });
  const random = new Random(5);
  const play = (steps: number): unknown[] =>
    Array.from({ length: steps }, () => env.step([0.1, 0.2, -0.1, random.nextFloat()]).observation);
  play(20);
  const state = env.getState();
  const randomState = random.getState();
  const expected = play(30);
  const other = bipedalWalker({ hardcore: true });
  other.setState(state);
  random.setState(randomState);
  expect(Array.from({ length: 30 }, () => other.step([0.1, 0.2, -0.1, random.nextFloat()]).observation)).toEqual(
    expected,
  );
});
