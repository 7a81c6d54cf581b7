import { Discrete } from '@gradus/core';
import { expect, test } from 'vitest';
import { Lstd, createFeatures, leastSquaresWeights, tdFixedPoint } from '../../src/index.ts';

const states = 4;
const uniform = new Float64Array(states).fill(1 / states);

/** Features of states 0 … 3. */
const table = (rows: readonly (readonly number[])[]) => createFeatures(new Discrete(states), { kind: 'table', rows });

const closeTo = (weights: Float64Array, expected: readonly number[]): void => {
  expect(weights.length).toBe(expected.length);
  weights.forEach((w, i) => expect(w / expected[i]).toBeCloseTo(1, 6));
};

/** A constant, and the number of the state in some unit. */
const units = [1, 1e-8, 1e-12, 1e9].map((unit) => ({
  unit,
  features: table(Array.from({ length: states }, (_, state) => [1, state * unit])),
}));

test.each(units)('least squares do not depend on the unit $unit of a feature', ({ unit, features }) => {
  const stateValues = Float64Array.from({ length: states }, (_, state) => 3 - 2 * state);
  closeTo(leastSquaresWeights(features, stateValues, uniform), [3, -2 / unit]);
});

test('nor do one-hot features of which one is as good as never on', () => {
  const features = table([
    [1, 0],
    [1, 0],
    [1, 0],
    [0, 1e-8],
  ]);
  closeTo(leastSquaresWeights(features, [2, 2, 2, 5], uniform), [2, 5e8]);
});

test.each(units)('nor does the TD fixed point, unit $unit', ({ unit, features }) => {
  // A = D G D and b = D h, with the unit on the diagonal of D.
  const a = Float64Array.of(2, 0.5 * unit, -unit, 3 * unit * unit);
  const b = Float64Array.of(2 * 1 + 0.5 * 4, (-1 + 3 * 4) * unit);
  closeTo(tdFixedPoint({ a, b, c: a }), [1, 4 / unit]);
  expect(features.count).toBe(2);
});

test.each(units)('nor does LSTD, unit $unit', ({ unit, features }) => {
  const lstd = new Lstd(features, 0.5);
  lstd.begin(Float32Array.of(0));
  // 0 → 1 → 2 → 3 → end, reward 1 each: v(s) of the end is 1.
  for (const observation of [1, 2, 3]) {
    lstd.update({
      reward: 1,
      observation: Float32Array.of(observation),
      terminated: false,
      truncated: false,
      ratio: 1,
    });
  }
  lstd.update({ reward: 1, observation: Float32Array.of(0), terminated: true, truncated: false, ratio: 1 });
  // Σ x (x − γ x′)ᵀ w = Σ x, by Cramer's rule in units of the feature: A = [2.5, 3; 4.5, 10], b = [4, 6].
  const determinant = 2.5 * 10 - 3 * 4.5;
  closeTo(lstd.solve(), [(4 * 10 - 3 * 6) / determinant, (2.5 * 6 - 4.5 * 4) / determinant / unit]);
});

test.each([1, 1e-8, 1e9])('features that depend on each other are refused in any unit: %d', (unit) => {
  const features = table(Array.from({ length: states }, (_, state) => [state + 0.1, (state + 0.1) * 0.3 * unit]));
  expect(() => leastSquaresWeights(features, [1, 2, 3, 4], uniform)).toThrow(
    new RangeError('features: expected linearly independent ones among the states that occur, got a singular system'),
  );
});
