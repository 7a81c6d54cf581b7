import { Random } from '@gradus/core';
import { describe, expect, test } from 'vitest';
import { fold, unfold } from '../src/fold.ts';
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

type Create = (initial: ArrayLike<number>, bounds: Pick<SearchOptions, 'lower' | 'upper'>) => Search;

/** Every method, and how near it comes to a maximum at a bound. */
const methods: [string, Create, number][] = [
  ['CmaEs', (x, bounds) => new CmaEs(x, bounds), 1e-8],
  ['CrossEntropyMethod', (x, bounds) => new CrossEntropyMethod(x, bounds), 1e-6],
  [
    'full CrossEntropyMethod',
    (x, bounds) =>
      new CrossEntropyMethod(x, { covariance: 'full', extraNoise: 0.05, extraNoiseDecay: 0.001, ...bounds }),
    1e-6,
  ],
  [
    'EvolutionStrategies',
    (x, bounds) => new EvolutionStrategies(x, { deviation: 0.05, learningRate: 0.02, ...bounds }),
    0.02,
  ],
  ['RandomSearch', (x, bounds) => new RandomSearch(x, bounds), 0.02],
  ['FiniteDifferences', (x, bounds) => new FiniteDifferences(x, { learningRate: 0.05, ...bounds }), 1e-6],
  [
    'one-sided FiniteDifferences',
    (x, bounds) => new FiniteDifferences(x, { learningRate: 0.05, difference: 1e-6, twoSided: false, ...bounds }),
    1e-4,
  ],
  ['GeneticAlgorithm', (x, bounds) => new GeneticAlgorithm(x, { mutationDeviation: 0.02, ...bounds }), 0.02],
  ['PatternSearch', (x, bounds) => new PatternSearch(x, bounds), 1e-5],
];

/** Largest at (2, −0.3). */
const slope = (x: Float64Array) => -((x[0] - 2) ** 2) - (x[1] + 0.3) ** 2;

describe.each(methods)('%s', (_, create, tolerance) => {
  const find = (
    utility: (x: Float64Array) => number,
    initial: number[],
    lower: SearchOptions['lower'],
    upper: SearchOptions['upper'],
  ) => {
    const search = create(initial, { lower, upper });
    const low = (i: number) => (typeof lower === 'number' ? lower : (lower?.[i] ?? -Infinity));
    const high = (i: number) => (typeof upper === 'number' ? upper : (upper?.[i] ?? Infinity));
    const isInside = (x: Float64Array) => x.every((value, i) => value >= low(i) && value <= high(i));
    let outside = 0;
    const { parameters } = maximize(
      search,
      (x) => {
        if (!isInside(x)) outside++;
        return utility(x);
      },
      { iterations: search.populationSize === 1 ? 2000 : 400 },
    );
    expect(outside).toBe(0);
    expect(search.mean === undefined || isInside(search.mean)).toBe(true);
    return parameters;
  };
  const expectNear = (x: Float64Array, expected: number[]) =>
    x.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(tolerance));

  test('finds a maximum on a bound, and asks for nothing outside', () => {
    expectNear(find(slope, [0.1, 0.1], -1, 1), [1, -0.3]);
  });

  test('finds a maximum in a corner', () => {
    expectNear(
      find((x) => slope(x) + x[1] * 5, [0, 0], [-1, -2], [0.5, 0.25]),
      [0.5, 0.25],
    );
    expectNear(
      find((x) => -x[0] - x[1], [0, 0], [-1, -2], [0.5, 0.25]),
      [-1, -2],
    );
  });

  test('finds one inside, with one-sided bounds, from a corner, and where a parameter is fixed', () => {
    const bowl = (x: Float64Array) => -((x[0] - 0.3) ** 2) - (x[1] + 0.2) ** 2;
    expectNear(find(bowl, [0.5, 0.5], null, 0.5), [0.3, -0.2]);
    expectNear(find(bowl, [0.5, -0.5], [-Infinity, -0.5], [0.5, Infinity]), [0.3, -0.2]);
    expectNear(find(bowl, [0.1, 0.1], [-1, 0.1], [1, 0.1]), [0.3, 0.1]);
  });

  test('refuses bounds that are none, and rows and beginnings outside', () => {
    const expected: [number[], SearchOptions['lower'], SearchOptions['upper'], string][] = [
      [[0, 0], 1, -1, 'expected lower to be at most upper, got 1 and -1 for parameter 0'],
      [[0, 0], [-1], 1, 'expected lower to have 2 numbers, one for each parameter, got 1'],
      [[0, 2], -1, [1, 1], 'expected initial parameters in [-1, 1], got 2 at index 1'],
      [[0, 0], NaN, 1, 'expected lower to be a number, or a number for each parameter or null, got NaN'],
      [[0, 0], -1, ['1', 1] as unknown as number[], 'expected upper to be a number, or a number for each parameter'],
      [[0, 0], Infinity, null, 'expected lower to be at most upper, got Infinity and Infinity for parameter 0'],
    ];
    for (const [initial, lower, upper, message] of expected) {
      expect(() => create(initial, { lower, upper })).toThrow(RangeError);
      expect(() => create(initial, { lower, upper })).toThrow(message);
    }
    const search = create([0, 0], { lower: -1, upper: 1 });
    search.ask()[1] = 1.5;
    expect(() => search.tell(new Float64Array(search.populationSize))).toThrow(
      'expected parameters within the bounds, got 1.5 at index 1 of candidate 0',
    );
  });
});

test('bounds that are far away change nothing but rounding', () => {
  for (const [, create] of methods) {
    const [free, bounded] = [null, 1e6].map((b) => create([1, 2], { lower: b === null ? b : -b, upper: b }));
    for (const search of [free, bounded]) maximize(search, slope, { iterations: 30 });
    bounded.best.parameters.forEach((value, i) => expect(value).toBeCloseTo(free.best.parameters[i], 9));
  }
});

test('a search with bounds is restored to the bit, between asking and telling too', () => {
  for (const [, create] of methods) {
    const make = () => create([0.1, 0.1], { lower: -1, upper: [1, 0.2] });
    const [whole, first, second] = [make(), make(), make()];
    maximize(whole, slope, { iterations: 20 });
    maximize(first, slope, { iterations: 12 });
    first.ask();
    second.setState(first.getState());
    maximize(second, slope, { iterations: 8 });
    expect(second.getState()).toEqual(whole.getState());
  }
});

describe('the map into the box', () => {
  const boxes = [
    [-1, 1],
    [0, 1e-6],
    [-300, 500],
    [2, Infinity],
    [-Infinity, -3],
    [-Infinity, Infinity],
  ];

  test.each(boxes)('[%d, %d]: its inverse is one, and it stays inside', (low, high) => {
    const bounds = { lower: Float64Array.of(low), upper: Float64Array.of(high) };
    const width = Math.min(high - low, 10);
    const start = low === -Infinity ? (high === Infinity ? -5 : high - width) : low;
    for (let k = 0; k <= 100; k++) {
      const x = Math.min(start + (k / 100) * width, high);
      const point = Float64Array.of(x);
      unfold(bounds, point);
      fold(bounds, point);
      expect(Math.abs(point[0] - x)).toBeLessThan(1e-9 * width);
    }
    const random = new Random(1);
    const points = Float64Array.from({ length: 1000 }, () => start + width * 30 * random.normal());
    fold(bounds, points);
    expect(points.every((x) => x >= low && x <= high)).toBe(true);
  });

  test('its slope is 1 inside, at most 1 elsewhere, and continuous', () => {
    const bounds = { lower: Float64Array.of(-1), upper: Float64Array.of(3) };
    // (1 + |bound|) / 20: curved in [−1.1, −0.9] and [2.8, 3.2].
    const at = (z: number) => {
      const points = Float64Array.of(z);
      fold(bounds, points);
      return points[0];
    };
    for (const z of [-0.9, 0, 2.8]) expect(at(z)).toBeCloseTo(z, 15);
    expect([at(-1.1), at(3.2)]).toEqual([-1, 3]);
    expect(at(-1)).toBeCloseTo(-1 + 0.1 ** 2 / 0.4, 14);
    expect(at(-1.3)).toBeCloseTo(at(-0.9), 14);
    // The period is twice 4.3.
    for (const z of [-2, 0.5, 3]) expect(at(z + 8.6)).toBeCloseTo(at(z), 12);
    const step = 1e-4;
    let largest = 0;
    for (let z = -3; z < 5; z += step) {
      largest = Math.max(largest, Math.abs(at(z + 2 * step) - 2 * at(z + step) + at(z)));
    }
    expect(largest).toBeLessThan(2e-7);
  });
});
