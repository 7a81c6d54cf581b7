import { CheckpointError, Random, decodeCheckpoint, encodeCheckpoint } from '@gradus/core';
import { describe, expect, test } from 'vitest';
import {
  CmaEs,
  CrossEntropyMethod,
  EvolutionStrategies,
  FiniteDifferences,
  GeneticAlgorithm,
  PatternSearch,
  RandomSearch,
  type Search,
} from '../src/index.ts';
import { rosenbrock, shiftedBowl, type Utility } from './support/functions.ts';
import { evaluateAll, iterate } from './support/run.ts';

type Create = (initial: ArrayLike<number>, seed: number) => Search;

const methods: [string, Create][] = [
  ['GeneticAlgorithm', (initial, seed) => new GeneticAlgorithm(initial, { populationSize: 20, seed })],
  ['PatternSearch', (initial) => new PatternSearch(initial)],
  [
    'CrossEntropyMethod',
    (initial, seed) => new CrossEntropyMethod(initial, { extraNoise: 0.1, extraNoiseDecay: 0.01, seed }),
  ],
  [
    'CrossEntropyMethod',
    (initial, seed) =>
      new CrossEntropyMethod(initial, { covariance: 'full', extraNoise: 0.1, extraNoiseDecay: 0.01, seed }),
  ],
  ['FiniteDifferences', (initial) => new FiniteDifferences(initial, { learningRate: 0.001 })],
  [
    'FiniteDifferences',
    (initial) => new FiniteDifferences(initial, { learningRate: 0.01, normalize: true, twoSided: false }),
  ],
  ['RandomSearch', (initial, seed) => new RandomSearch(initial, { topDirections: 4, seed })],
  ['EvolutionStrategies', (initial, seed) => new EvolutionStrategies(initial, { directions: 10, seed })],
  [
    'EvolutionStrategies',
    (initial, seed) => new EvolutionStrategies(initial, { directions: 10, ascent: 'momentum', weightDecay: 0.1, seed }),
  ],
  ['CmaEs', (initial, seed) => new CmaEs(initial, { seed })],
  ['CmaEs', (initial, seed) => new CmaEs(initial, { populationSize: 2, seed })],
];
const initial = [-1, 1.5, 0.5, 2];

describe.each(methods)('%s', (name, create) => {
  test('the same seed gives the same bits, another seed others', () => {
    const [one, same, other] = [create(initial, 3), create(initial, 3), create(initial, 4)];
    for (const search of [one, same, other]) iterate(search, rosenbrock, 40);
    expect(same.getState()).toEqual(one.getState());
    const isRandom = name !== 'PatternSearch' && name !== 'FiniteDifferences';
    if (isRandom) expect(other.best).not.toEqual(one.best);
  });

  test('a state restores the search to the bit, also between asking and telling', () => {
    const whole = create(initial, 5);
    iterate(whole, rosenbrock, 50);
    const expected = whole.getState();
    const next = whole.ask().slice();
    for (const asked of [false, true]) {
      const first = create(initial, 5);
      iterate(first, rosenbrock, 23);
      if (asked) first.ask();
      const bytes = encodeCheckpoint({ algorithm: name, state: first.getState(), files: {} });
      const second = create([9, 9, 9, 9], 6);
      iterate(second, rosenbrock, 2);
      second.setState(decodeCheckpoint(bytes).state);
      iterate(first, rosenbrock, 3);
      expect(second.iteration).toBe(23);
      iterate(second, rosenbrock, 27);
      expect(second.getState()).toEqual(expected);
      expect(second.ask()).toEqual(next);
    }
  });

  test('asking again gives the same candidates in the same buffer; the first are near the initial parameters', () => {
    const search = create(initial, 1);
    const candidates = search.ask();
    const copy = candidates.slice();
    expect(candidates.length).toBe(search.populationSize * search.dimension);
    expect(search.ask()).toBe(candidates);
    expect(candidates).toEqual(copy);
    candidates.forEach((value, at) => expect(Math.abs(value - initial[at % 4])).toBeLessThan(6));
    iterate(search, rosenbrock, 1);
    expect(search.ask()).toBe(candidates);
  });

  test('keeps the best candidate, whatever is asked later', () => {
    const search = create(initial, 2);
    expect(search.best).toEqual({ parameters: Float64Array.from(initial), utility: -Infinity });
    let best = -Infinity;
    for (let k = 0; k < 30; k++) {
      const utilities = evaluateAll(search, rosenbrock);
      search.tell(utilities);
      best = Math.max(best, ...utilities);
      search.ask();
      expect(search.best.utility).toBe(best);
      expect(rosenbrock(search.best.parameters)).toBe(best);
    }
  });

  test('refuses what it cannot learn from, and stays as it was', () => {
    const search = create(initial, 2);
    expect(() => search.tell([])).toThrow(`${name}: expected ask before tell, got utilities of nothing`);
    const utilities = evaluateAll(search, rosenbrock);
    const state = search.getState();
    const count = search.populationSize;
    expect(() => search.tell(utilities.concat(0))).toThrow(`${name}: expected ${count} utilities, got ${count + 1}`);
    for (const wrong of [Infinity, '1', undefined, null, 1n]) {
      const got = wrong === Infinity ? 'Infinity' : typeof wrong;
      const told = utilities.with(count - 1, wrong as number);
      expect(() => search.tell(told)).toThrow(RangeError);
      expect(() => search.tell(told)).toThrow(
        `${name}: expected utilities that are numbers less than Infinity, got ${got} for candidate ${count - 1}`,
      );
    }
    for (const wrong of [undefined, null, 3]) {
      expect(() => search.tell(wrong as unknown as number[])).toThrow(`${name}: expected ${count} utilities, got `);
    }
    const candidates = search.ask();
    const last = candidates[candidates.length - 1];
    candidates[candidates.length - 1] = NaN;
    expect(() => search.tell(utilities)).toThrow(
      `${name}: expected finite parameters, got NaN at index 3 of candidate ${count - 1}`,
    );
    candidates[candidates.length - 1] = last;
    expect(search.getState()).toEqual(state);
    search.tell(utilities);
    expect(() => search.tell(utilities)).toThrow('expected ask before tell');
  });

  test('refuses initial parameters that are none', () => {
    expect(() => create([], 1)).toThrow(`${name}: expected at least one initial parameter, got none`);
    expect(() => create([1, NaN], 1)).toThrow(`${name}: expected finite initial parameters, got NaN at index 1`);
    for (const [wrong, got] of [
      [undefined, 'as an array of numbers, got undefined'],
      [null, 'as an array of numbers, got null'],
      [7, 'as an array of numbers, got number'],
      [{ length: 1e9 }, 'as an array of numbers, got object'],
      [['5'], 'got string at index 0'],
      [[1n], 'got bigint at index 0'],
    ] as const) {
      expect(() => create(wrong as unknown as number[], 1)).toThrow(RangeError);
      expect(() => create(wrong as unknown as number[], 1)).toThrow(got);
    }
  });

  test('refuses the state of another method or dimension', () => {
    const state = create(initial, 1).getState();
    expect(() => create([1, 2], 1).setState(state)).toThrow(CheckpointError);
    expect(() => create(initial, 1).setState({ ...state, name: 'Dqn' })).toThrow(
      `state 'name': expected "${name}", got "Dqn"`,
    );
    expect(() => create(initial, 1).setState({})).toThrow(CheckpointError);
  });
});

/** Methods, with explorations wide enough for the noise, and their iterations. */
const noisy: [string, Create, number][] = [
  ['GeneticAlgorithm', (x, seed) => new GeneticAlgorithm(x, { seed }), 100],
  ['CrossEntropyMethod', (x, seed) => new CrossEntropyMethod(x, { initialDeviation: 2, extraNoise: 0.02, seed }), 60],
  ['FiniteDifferences', (x) => new FiniteDifferences(x, { difference: 0.5, learningRate: 0.02 }), 200],
  ['RandomSearch', (x, seed) => new RandomSearch(x, { deviation: 0.3, seed }), 500],
  ['EvolutionStrategies', (x, seed) => new EvolutionStrategies(x, { deviation: 0.3, learningRate: 0.05, seed }), 200],
  ['CmaEs', (x, seed) => new CmaEs(x, { populationSize: 50, seed }), 60],
];

test.each(noisy)('%s comes near the maximum of a noisy quadratic function', (_, create, iterations) => {
  for (let seed = 0; seed < 5; seed++) {
    const noise = new Random(100 + seed);
    const search = create([0, 0, 0, 0], seed);
    const utility: Utility = (x) => shiftedBowl(x) + 0.3 * noise.normal();
    iterate(search, utility, iterations);
    // From −34 at first; the noise hides differences of about 0.3.
    expect(shiftedBowl(search.mean ?? search.best.parameters)).toBeGreaterThan(-0.5);
  }
});

test('unknown and wrong options are refused by name', () => {
  expect(() => new CmaEs([0], { sigma: 1 } as object)).toThrow("CmaEs: unknown option 'sigma'");
  expect(() => new GeneticAlgorithm([0], { mutationRate: 2 })).toThrow(
    'GeneticAlgorithm: expected mutationRate to be a number in [0, 1], got 2',
  );
  expect(() => new PatternSearch([0], { shrinkFactor: 1 })).toThrow(
    'PatternSearch: expected shrinkFactor to be a number between 0 and 1, got 1',
  );
  expect(() => new CrossEntropyMethod([0], { extraNoise: -1 })).toThrow('CrossEntropyMethod: expected extraNoise');
  expect(() => new FiniteDifferences([0], { difference: 0 })).toThrow('FiniteDifferences: expected difference');
  expect(() => new RandomSearch([0], { topDirections: 9 })).toThrow(
    'RandomSearch: expected topDirections to be at most 8, got 9',
  );
  expect(() => new EvolutionStrategies([0], { ascent: 'rmsprop' } as object)).toThrow(
    "EvolutionStrategies: expected ascent to be one of 'sgd', 'momentum', 'adam', got \"rmsprop\"",
  );
});
