import { Random } from '@gradus/core';
import { describe, expect, test } from 'vitest';
import {
  CmaEs,
  CrossEntropyMethod,
  EvolutionStrategies,
  FiniteDifferences,
  GeneticAlgorithm,
  PatternSearch,
  RandomSearch,
  maximize,
  type Search,
  type SearchOptions,
} from '../src/index.ts';
import { sphere } from './support/functions.ts';
import { evaluateAll, iterate } from './support/run.ts';

type Create = (initial: ArrayLike<number>, options?: Partial<SearchOptions>) => Search;

/** Every method, with widths and rates for parameters of about 1. */
const methods: [string, Create][] = [
  ['CmaEs', (x, options) => new CmaEs(x, options)],
  ['CrossEntropyMethod', (x, options) => new CrossEntropyMethod(x, { extraNoise: 0.01, ...options })],
  ['full CrossEntropyMethod', (x, options) => new CrossEntropyMethod(x, { covariance: 'full', ...options })],
  [
    'EvolutionStrategies',
    (x, options) => new EvolutionStrategies(x, { deviation: 0.1, learningRate: 0.05, ...options }),
  ],
  [
    'EvolutionStrategies without ranks',
    (x, options) => new EvolutionStrategies(x, { deviation: 0.1, ascent: 'sgd', shaping: 'none', ...options }),
  ],
  ['RandomSearch', (x, options) => new RandomSearch(x, options)],
  ['FiniteDifferences', (x, options) => new FiniteDifferences(x, { learningRate: 0.1, ...options })],
  ['one-sided FiniteDifferences', (x, options) => new FiniteDifferences(x, { twoSided: false, ...options })],
  ['GeneticAlgorithm', (x, options) => new GeneticAlgorithm(x, options)],
];
const all: [string, Create][] = [
  ...methods,
  ['PatternSearch', (x, { lower = null, upper = null } = {}) => new PatternSearch(x, { lower, upper })],
];

describe('a flat utility', () => {
  test.each(methods)('ends %s after `patience` iterations', (_, create) => {
    for (const value of [0.1, -Infinity, NaN, -1e308]) {
      const search = create([1, 2], { patience: 7 });
      expect(maximize(search, () => value, { iterations: 100 })).toMatchObject({ iterations: 7, ended: 'flat' });
      expect([search.finished, search.termination]).toEqual([true, 'flat']);
      const patient = create([1, 2], { patience: null });
      expect(maximize(patient, () => value, { iterations: 50 })).toMatchObject({ iterations: 50, ended: 'limit' });
      expect(patient.best.utility).toBe(Number.isNaN(value) ? -Infinity : value);
    }
  });

  test('ends PatternSearch when its steps are small', () => {
    for (const value of [0.1, NaN]) {
      const search = new PatternSearch([1, 2]);
      // ½ · 2⁻¹⁹ < 10⁻⁶: 19 explorations of 4 candidates, after the first.
      expect(maximize(search, () => value, { iterations: 500 })).toMatchObject({ iterations: 77, ended: 'converged' });
    }
  });

  test('counts iterations in a row, through a saved state', () => {
    const search = new RandomSearch([1, 2], { patience: 5 });
    iterate(search, () => 1, 4);
    iterate(search, sphere, 1);
    iterate(search, () => 1, 4);
    expect(search.finished).toBe(false);
    const restored = new RandomSearch([1, 2], { patience: 5 });
    restored.setState(search.getState());
    iterate(restored, () => 1, 1);
    expect(restored.termination).toBe('flat');
    const finished = new RandomSearch([1, 2], { patience: 5 });
    finished.setState(restored.getState());
    expect(finished.termination).toBe('flat');
  });
});

describe('what can no longer change is finished', () => {
  test('one elite candidate has no deviation', () => {
    for (const covariance of ['diagonal', 'full'] as const) {
      const search = new CrossEntropyMethod([1, 2], { eliteSize: 1, covariance });
      expect(maximize(search, sphere, { iterations: 100 })).toMatchObject({ iterations: 1, ended: 'converged' });
    }
    const noisy = new CrossEntropyMethod([1, 2], { eliteSize: 1, extraNoise: 0.5, extraNoiseDecay: 0.1 });
    // The noise is 0.5, 0.4, …, 0.1, 0.
    expect(maximize(noisy, sphere, { iterations: 100 })).toMatchObject({ iterations: 6, ended: 'converged' });
  });

  test('a distribution that has shrunk', () => {
    const search = new CrossEntropyMethod([1, 2, 3]);
    expect(maximize(search, sphere, { iterations: 1000 }).ended).toBe('converged');
    expect(maximize(search, sphere, { iterations: 1000 }).iterations).toBe(0);
  });

  test('a gradient of 0 where utilities differ, and steps too small to move θ', () => {
    const atMaximum = new FiniteDifferences([0, 0], { patience: 3 });
    expect(maximize(atMaximum, sphere, { iterations: 99 })).toMatchObject({ iterations: 3, ended: 'converged' });
    const slow = new FiniteDifferences([1, 1], { learningRate: 1e-20 });
    expect(maximize(slow, sphere, { iterations: 99 })).toMatchObject({ iterations: 20, ended: 'converged' });
  });

  test('a population of one kind where nothing mutates', () => {
    const search = new GeneticAlgorithm([1, 2], { populationSize: 10, mutationRate: 0, tournamentSize: 10, seed: 1 });
    const noise = new Random(3);
    const { ended, iterations } = maximize(search, (x) => sphere(x) + noise.normal(), { iterations: 1000 });
    expect(ended).toBe('converged');
    expect(iterations).toBeLessThan(200);
  });

  test('steps of a pattern below the last digit of θ', () => {
    const search = new PatternSearch([1e6, -1e6], { minimumStep: 1e-100 });
    expect(maximize(search, (x) => -Math.abs(x[0] - 1e6), { evaluations: 2000 }).ended).toBe('converged');
    expect(search.stepSize).toBeGreaterThan(1e-12);
  });

  test('a gradient ascent that leaves the numbers', () => {
    const search = new FiniteDifferences([1], { learningRate: 1e200 });
    expect(maximize(search, (x) => 1e200 * x[0], { iterations: 100 }).ended).toBe('diverged');
    expect(Number.isFinite(search.mean[0])).toBe(true);
  });
});

describe('candidates that are infeasible', () => {
  // Nothing beyond x₀ + x₁ = 1 is allowed; the maximum lies on that line, at (½, ½).
  const disc = (x: Float64Array) => -((x[0] - 1) ** 2) - (x[1] - 1) ** 2;
  test.each(all)('are avoided by %s, be they NaN or −∞', (_, create) => {
    const ends = [NaN, -Infinity].map((infeasible) => {
      const search = create([-0.4, 0.1]);
      maximize(search, (x) => (x[0] + x[1] > 1 ? infeasible : disc(x)), { iterations: 300 });
      expect(search.best.parameters[0] + search.best.parameters[1]).toBeLessThanOrEqual(1);
      expect(search.best.utility).toBeGreaterThan(-0.75);
      return search.getState();
    });
    expect(ends[0]).toEqual(ends[1]);
  });

  test.each(methods)('all of them leave the mean of %s where it is', (_, create) => {
    const search = create([1, 2]);
    iterate(search, () => NaN, 3);
    if (search.mean) expect([...search.mean]).toEqual([1, 2]);
    expect(search.best).toEqual({ parameters: Float64Array.of(1, 2), utility: -Infinity });
    iterate(search, sphere, 30);
    expect(search.best.utility).toBeGreaterThan(-5);
  });

  test('count as the worst of the others where differences are learned from', () => {
    const told = new RandomSearch([1, -1], { seed: 1, evaluateMean: false });
    const leveled = new RandomSearch([1, -1], { seed: 1, evaluateMean: false });
    const utilities = evaluateAll(told, sphere);
    const worst = utilities.reduce((least, value, k) => (k === 4 ? least : Math.min(least, value)), Infinity);
    told.tell(utilities.with(4, NaN));
    leveled.ask();
    leveled.tell(utilities.with(4, worst));
    expect(told.mean).toEqual(leveled.mean);
  });

  test('huge penalties destroy nothing', () => {
    for (const [, create] of all) {
      const search = create([-0.4, 0.1]);
      maximize(search, (x) => (x[0] + x[1] > 1 ? -Number.MAX_VALUE : disc(x)), { iterations: 100 });
      expect(search.ask().every(Number.isFinite)).toBe(true);
    }
  });
});

test('the mean is evaluated: a target that only it reaches is met', () => {
  // At the mean 0, and nowhere near it.
  const peak = (x: Float64Array) => (x.every((value) => Math.abs(value - 1) < 1e-7) ? 1 : sphere(x) / 100);
  const around: [Search, number][] = [
    [new FiniteDifferences([1, 1]), 5],
    [new FiniteDifferences([1, 1], { twoSided: false }), 3],
    [new EvolutionStrategies([1, 1], { directions: 3 }), 7],
    [new RandomSearch([1, 1]), 17],
    [new CmaEs([1, 1]), 7],
    [new CrossEntropyMethod([1, 1]), 101],
  ];
  for (const [search, evaluations] of around) {
    const found = maximize(search, peak, { evaluations: 10_000, target: 1 });
    expect(found).toMatchObject({ utility: 1, evaluations, ended: 'target', parameters: Float64Array.of(1, 1) });
  }
});
