import { Box, Discrete, MultiDiscrete, Random, envFromDynamics, dynamicsFromTable } from '@gradus/core';
import { LinearTd, createFeatures, linearStateValues, predictValues, type FeatureOptions } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { featuresOf } from '../support/feature-rows.ts';
import { randomTable } from '../support/random-tables.ts';

const space = new Box([-1, 0], [1, 10]);

test('polynomials, worked by hand', () => {
  const features = createFeatures(space, { kind: 'polynomial', order: 2 });
  // (0, 2.5) is (½, ¼) in the unit square; exponents (0,0), (0,1), (0,2), (1,0), …
  expect(featuresOf(features, [0, 2.5])).toEqual([1, 1 / 4, 1 / 16, 1 / 2, 1 / 8, 1 / 32, 1 / 4, 1 / 16, 1 / 64]);
});

test('cosines, worked by hand', () => {
  const plain = createFeatures(new Box(0, 3, [1]), { kind: 'fourier', order: 3, scaled: false });
  // u = 1/3: cos 0, cos 60°, cos 120°, cos 180°
  [1, 0.5, -0.5, -1].forEach((value, i) => expect(featuresOf(plain, [1])[i]).toBeCloseTo(value, 12));
  const square = createFeatures(space, { kind: 'fourier', order: 1, scaled: false });
  // u = (½, ¼): c = (0,0), (0,1), (1,0), (1,1)
  const expected = [1, Math.SQRT1_2, 0, Math.cos(Math.PI * 0.75)];
  expected.forEach((value, i) => expect(featuresOf(square, [0, 2.5])[i]).toBeCloseTo(value, 12));
});

test('cosines of many frequencies in three dimensions are those of the formula', () => {
  const order = 9;
  const features = createFeatures(new Box(0, 1, [3]), { kind: 'fourier', order });
  const random = new Random(2);
  const u = [0, 1, 2].map(() => Math.fround(random.nextFloat()));
  const row = featuresOf(features, u);
  expect(row.length).toBe(1000);
  row.forEach((value, i) => {
    const c = [Math.floor(i / 100), Math.floor(i / 10) % 10, i % 10];
    const angle = Math.PI * c.reduce((sum, frequency, j) => sum + frequency * u[j], 0);
    expect(value).toBeCloseTo(Math.cos(angle) / (Math.hypot(...c) || 1) ** 0.5, 12);
  });
});

test('scaled cosines learn what plain ones learn with a step size of α / ‖c‖ each', () => {
  const table = randomTable(5, 12, 2, 0.2);
  const env = envFromDynamics(dynamicsFromTable(table));
  const [order, alpha, gamma] = [3, 0.05, 0.9];
  const predictor = new LinearTd(createFeatures(env.observationSpace, { kind: 'fourier', order }), { alpha, gamma });
  const weights = new Array<number>(order + 1).fill(0);
  const x = (state: number): number[] => Array.from(weights, (_, c) => Math.cos((Math.PI * c * state) / 11));
  const value = (state: number): number => x(state).reduce((sum, cosine, c) => sum + cosine * weights[c], 0);
  let state = 0;
  const recorded = {
    begin(observation: Float32Array): void {
      [state] = observation;
      predictor.begin(observation);
    },
    update(step: Parameters<LinearTd['update']>[0]): void {
      predictor.update(step);
      const [next] = step.observation;
      const error = step.reward + (step.terminated ? 0 : gamma * value(next)) - value(state);
      x(state).forEach((cosine, c) => (weights[c] += (alpha / Math.max(c, 1)) * error * cosine));
      state = next;
    },
  };
  const random = new Random(1);
  predictValues(recorded, env, { act: () => random.integer(2) }, { episodes: 100, seed: 4 });
  weights.forEach((weight, c) => {
    expect(Math.abs(weight)).toBeGreaterThan(1e-3);
    expect(predictor.weights[c] / Math.sqrt(Math.max(c, 1))).toBeCloseTo(weight, 10);
  });
});

describe('finite spaces', () => {
  test('one-hot features of a MultiDiscrete space number it in mixed radix', () => {
    const features = createFeatures(new MultiDiscrete([2, 3]), { kind: 'one-hot' });
    expect(featuresOf(features, [1, 2])).toEqual([0, 0, 0, 0, 0, 1]);
    expect(featuresOf(features, [1, 0])).toEqual([0, 0, 0, 1, 0, 0]);
  });

  test('state aggregation makes groups of neighbours', () => {
    const features = createFeatures(new Discrete(7, 10), { kind: 'one-hot', groups: 3 });
    const groups = [10, 11, 12, 13, 14, 15, 16].map((state) => featuresOf(features, [state]).indexOf(1));
    expect(groups).toEqual([0, 0, 0, 1, 1, 2, 2]);
  });

  test('a table of features', () => {
    const rows = [
      [0, 2, 1],
      [0.5, 0, 0],
    ];
    const features = createFeatures(new Discrete(2, 1), { kind: 'table', rows });
    expect([1, 2].map((state) => featuresOf(features, [state]))).toEqual(rows);
    expect(features.isBinary).toBe(false);
  });

  test.each<FeatureOptions>([{ kind: 'one-hot' }, { kind: 'table', rows: [[1], [2], [3], [4], [5], [6]] }])(
    '%j: an observation outside of the space is named, also where its number would be that of another one',
    (options) => {
      const features = createFeatures(new MultiDiscrete([2, 3]), options);
      for (const wrong of [
        [0, 3],
        [2, 0],
        [-1, 3],
        [0.5, 0],
        [NaN, 0],
      ]) {
        expect(() => linearStateValues(features, new Float64Array(features.count), [1, 2, ...wrong], 2)).toThrow(
          new RangeError('observations: expected members of MultiDiscrete([2, 3]), not so in row 1'),
        );
      }
    },
  );
});

test.each<[FeatureOptions, string]>([
  [{ kind: 'polynomial', order: 0 }, 'polynomial basis: expected order to be a positive integer, got 0'],
  [{ kind: 'fourier', order: 4096 }, 'Fourier basis: expected at most 16777216 features, got 16785409'],
  [
    { kind: 'one-hot' },
    'one-hot features: expected Discrete or MultiDiscrete observations, as rows of a table, got Box([-1, 0], [1, 10], [2])',
  ],
  [
    { kind: 'table', rows: [[1]] },
    'feature table: expected Discrete or MultiDiscrete observations, as rows of a table, got Box([-1, 0], [1, 10], [2])',
  ],
])('%j of a Box', (options, message) => {
  expect(() => createFeatures(space, options)).toThrow(new RangeError(message));
});

test.each<[FeatureOptions, string]>([
  [{ kind: 'one-hot', groups: 3 }, 'one-hot features: expected groups to be an integer in [1, 2], got 3'],
  [{ kind: 'table', rows: [[1]] }, 'feature table: expected 2 rows, one for each state, got 1'],
  [
    { kind: 'table', rows: [[1], [NaN]] },
    'feature table: expected rows of equally many finite numbers, got [NaN] for state 1',
  ],
])('%j of two states', (options, message) => {
  expect(() => createFeatures(new Discrete(2), options)).toThrow(new RangeError(message));
});
