import { dynamicsFromTable, envFromDynamics } from '@gradus/core';
import {
  LinearTd,
  Tdc,
  bairdCounterexample,
  expectedTd,
  expectedTdUpdate,
  expectedTdcUpdate,
  linearStateValues,
  predictValues,
  stationaryStateDistribution,
  uniformPolicy,
  type ExpectedTd,
} from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { featuresOf } from '../support/feature-rows.ts';
import { randomPolicy } from '../support/random-tables.ts';
import { multiply } from '../support/small-matrices.ts';
import { tablePolicy } from '../support/table-policy.ts';

// Chapter 11 of Sutton and Barto (2018). S3.2: the deadly triad, and what helps.
const { table, features, behaviour, target, initialWeights, gamma } = bairdCounterexample();
const states = [0, 1, 2, 3, 4, 5, 6];
const uniform = stationaryStateDistribution(table, behaviour);
const offPolicy = expectedTd(table, target, features, gamma, uniform);

const norm = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));
const valuesOf = (weights: Float64Array): Float64Array => linearStateValues(features, weights, states);

/**
 * What n = 2^doublings sweeps of a linear update make of (w, u), by squaring its matrix: the update is applied to each unit vector. Rewards are
 * 0, so nothing is added.
 */
function afterSweeps(
  doublings: number,
  size: number,
  update: (state: Float64Array) => void,
  from: Float64Array,
): Float64Array {
  let power = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    const unit = new Float64Array(size);
    unit[j] = 1;
    update(unit);
    unit.forEach((value, i) => (power[i * size + j] = value));
  }
  for (let k = 0; k < doublings; k++) power = Float64Array.from(multiply(power, power, size));
  return multiply(power, from, 1);
}

const tdc = (alpha: number, beta: number) => (state: Float64Array) => {
  expectedTdcUpdate(offPolicy, state.subarray(0, 8), state.subarray(8), alpha, beta);
};

test('the data are those of the book', () => {
  expect(states.map((state) => featuresOf(features, [state]))).toEqual([
    [2, 0, 0, 0, 0, 0, 0, 1],
    [0, 2, 0, 0, 0, 0, 0, 1],
    [0, 0, 2, 0, 0, 0, 0, 1],
    [0, 0, 0, 2, 0, 0, 0, 1],
    [0, 0, 0, 0, 2, 0, 0, 1],
    [0, 0, 0, 0, 0, 2, 0, 1],
    [0, 0, 0, 0, 0, 0, 1, 2],
  ]);
  expect([...valuesOf(initialWeights)]).toEqual([3, 3, 3, 3, 3, 3, 12]);
  uniform.forEach((probability) => expect(probability).toBeCloseTo(1 / 7, 12));
  expect([gamma, behaviour[0], behaviour[1], target[0], target[1]]).toEqual([0.99, 6 / 7, 1 / 7, 0, 1]);
  expect(table.outcomes(3, 0).map(({ nextState }) => nextState)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(table.outcomes(3, 1)).toEqual([{ probability: 1, nextState: 6, reward: 0, terminated: false }]);
});

test('a sweep of expected updates is the mean over the states of the update of equation 11.9, by hand', () => {
  const weights = initialWeights.slice();
  expectedTdUpdate(offPolicy, weights, 0.7);
  // δ = 0.99 · 12 − 3 = 8.88 in the first six states, 0.99 · 12 − 12 = −0.12 in the seventh; α / 7 = 0.1.
  const first = 1 + 0.1 * 8.88 * 2;
  const expected = [first, first, first, first, first, first, 10 - 0.1 * 0.12, 1 + 0.1 * (6 * 8.88 - 2 * 0.12)];
  weights.forEach((weight, i) => expect(weight).toBeCloseTo(expected[i], 12));
});

describe('semi-gradient off-policy TD diverges', () => {
  // The expected update is linear: it diverges for every α > 0 if −A has an eigenvalue with a positive real part.
  test.each([0.01, 0.001, 1e-5])('expected updates, α = %d: without end, at a constant rate', (alpha) => {
    const sweep = (weights: Float64Array): void => expectedTdUpdate(offPolicy, weights, alpha);
    const logNorm = (doublings: number): number => Math.log(norm(afterSweeps(doublings, 8, sweep, initialWeights)));
    // Growth like exp(μ α n) after n sweeps: μ from n to 2n, and again from 2n to 4n.
    const doublings = Math.ceil(Math.log2(100 / alpha));
    const [first, second, third] = [0, 1, 2].map((more) => logNorm(doublings + more));
    const rates = [second - first, (third - second) / 2].map((growth) => growth / (alpha * 2 ** doublings));
    expect(rates[0]).toBeGreaterThan(0.1);
    expect(rates[1]).toBeCloseTo(rates[0], 4);
  });

  test('expected updates with the α of Figure 11.2: w₈ is beyond 100 after 1000 sweeps', () => {
    const weights = initialWeights.slice();
    for (let k = 0; k < 1000; k++) expectedTdUpdate(offPolicy, weights, 0.01);
    expect(weights[7]).toBeGreaterThan(100);
  });

  test.each([1, 2, 3, 4, 5])(
    'samples, seed %d: w is beyond 100 within 1000 steps (Figure 11.2), and then beyond 10⁶',
    (seed) => {
      const predictor = new LinearTd(features, { alpha: 0.01, gamma });
      predictor.weights.set(initialWeights);
      let [hundred, million] = [Infinity, Infinity];
      const onStep = (step: number): void => {
        const size = norm(predictor.weights);
        if (size > 100) hundred = Math.min(hundred, step);
        if (size > 1e6) million = Math.min(million, step);
      };
      predictValues(predictor, makeEnv(), tablePolicy(table, behaviour, seed), { steps: 10_000, seed, ratio, onStep });
      expect(hundred).toBeLessThan(1000);
      expect(million).toBeLessThan(10_000);
    },
  );
});

const makeEnv = () => envFromDynamics(dynamicsFromTable(table));
const ratio = (state: unknown, action: unknown): number => {
  const pair = 2 * Number(state) + Number(action);
  return target[pair] / behaviour[pair];
};

describe('TDC converges', () => {
  // α = 0.005, β = 0.05: Figure 11.5.
  const start = new Float64Array(16);
  start.set(initialWeights);

  test('expected updates: all values go to 0, the correction too, and they stay there', () => {
    // In one direction of w and of u, on which no value depends, nothing moves; left out, lest rounding grow there.
    const idle = Float64Array.of(1, 1, 1, 1, 1, 1, 4, -2);
    expect(norm(valuesOf(idle))).toBe(0);
    const sweep = (state: Float64Array): void => {
      tdc(0.005, 0.05)(state);
      for (const part of [state.subarray(0, 8), state.subarray(8)]) {
        const share = multiply(idle, part, 1)[0] / norm(idle) ** 2;
        part.forEach((value, i) => (part[i] = value - share * idle[i]));
      }
    };
    const errors = [10, 15, 20, 25, 30, 40].map((doublings) => {
      const end = afterSweeps(doublings, 16, sweep, start);
      return Math.max(norm(valuesOf(end.subarray(0, 8))), norm(end.subarray(8)));
    });
    // Slowly: the book's figure ends after 2¹⁰ sweeps with √VE near 2.
    expect(errors[0]).toBeGreaterThan(1);
    errors.slice(1).forEach((error, i) => expect(error).toBeLessThanOrEqual(errors[i]));
    expect(errors[5]).toBeLessThan(1e-6);
  });

  test('expected updates: the projected Bellman error falls to nearly nothing in the thousand sweeps of Figure 11.5', () => {
    const state = start.slice();
    const before = norm(meanError(state));
    for (let k = 0; k < 1000; k++) tdc(0.005, 0.05)(state);
    expect(norm(meanError(state))).toBeLessThan(before / 50);
    const rootValueError = norm(valuesOf(state.subarray(0, 8))) / Math.sqrt(7);
    expect(rootValueError).toBeGreaterThan(1.5);
    expect(rootValueError).toBeLessThan(2.5);
  });

  test.each([1, 2, 3, 4, 5])(
    'samples, seed %d: bounded where semi-gradient TD overflows, and the values fall',
    (seed) => {
      const predictor = new Tdc(features, { alpha: 0.005, beta: 0.05, gamma });
      predictor.weights.set(initialWeights);
      const before = norm(valuesOf(predictor.weights));
      let largest = 0;
      const onStep = (): void => {
        largest = Math.max(largest, norm(predictor.weights));
      };
      predictValues(predictor, makeEnv(), tablePolicy(table, behaviour, seed), { steps: 100_000, seed, ratio, onStep });
      expect(largest).toBeLessThan(3 * norm(initialWeights));
      expect(norm(valuesOf(predictor.weights))).toBeLessThan(before / 2);
    },
  );
});

/** b − A w = E[δ x], which the projected Bellman error is a norm of. */
function meanError(state: Float64Array): Float64Array {
  return multiply(offPolicy.a, state.subarray(0, 8), 1);
}

describe('on-policy, semi-gradient TD does not diverge', () => {
  const policies: Record<string, Float64Array> = {
    'the policy that acts': behaviour,
    'the policy to be predicted': target,
    'the uniform policy': uniformPolicy(table),
    'a random policy': randomPolicy(1, table),
    'another random policy': randomPolicy(2, table),
  };

  test.each(Object.entries(policies))('%s', (_, policy) => {
    const distribution = stationaryStateDistribution(table, policy);
    const system: ExpectedTd = expectedTd(table, policy, features, gamma, distribution);
    // wᵀ A w ≥ 0 for all w: no direction grows (Sutton and Barto, 2018, §9.4).
    for (let k = 0; k < 200; k++) {
      const weights = Float64Array.from({ length: 8 }, (_, i) => Math.sin(1 + 7 * k + 13 * i * k + i));
      const product = multiply(system.a, weights, 1).reduce((sum, value, i) => sum + value * weights[i], 0);
      expect(product).toBeGreaterThan(-1e-12);
    }
    const sweep = (weights: Float64Array): void => expectedTdUpdate(system, weights, 0.01);
    const end = afterSweeps(25, 8, sweep, initialWeights);
    const weighted = valuesOf(end).map((value, state) => Math.sqrt(distribution[state]) * value);
    expect(norm(weighted)).toBeLessThan(1e-6);
    expect(norm(end)).toBeLessThan(2 * norm(initialWeights));
  });
});
