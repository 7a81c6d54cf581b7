import {
  add,
  constant,
  evaluate,
  grad,
  mul,
  square,
  sum,
  variable,
  type Tensor,
  type TensorData,
} from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { stateDependentGaussian } from '../../src/policies/state-dependent-gaussian.ts';

const N = 20_000;
const mean = [0.5, -2];
const features = [0.8, -0.3, 0.1];
/** [features × actions] */
const logStd = [-1, 0.2, 0, -0.5, 0.7, -2];
const action = [0.1, -1];
const matrix = (rows: number, row: readonly number[]): Tensor =>
  constant([rows, row.length], Array.from({ length: rows }, () => row).flat());
const key = (draw: number): Tensor => constant([2], [3, draw], 'int32');
const spread = (): Tensor => constant([3, 2], logStd);

/** Σ_k φ_k² σ_kj² + 10⁻⁶ of action j. */
const variances = [0, 1].map((j) =>
  features.reduce((total, phi, k) => total + phi ** 2 * Math.exp(2 * logStd[2 * k + j]), 1e-6),
);

test('log density, entropy and best action are those of N(mean, Σ φ² σ²)', () => {
  const result = evaluate(() => {
    const policy = stateDependentGaussian(matrix(1, mean), matrix(1, features), spread());
    return { log: policy.logProbability(matrix(1, action)), entropy: policy.entropy(), mode: policy.mode() };
  });
  const log = variances.reduce(
    (total, v, j) => total - 0.5 * ((action[j] - mean[j]) ** 2 / v + Math.log(2 * Math.PI * v)),
    0,
  );
  expect(result.log[0]).toBeCloseTo(log, 4);
  const entropy = variances.reduce((total, v) => total + 0.5 * Math.log(2 * Math.PI * Math.E * v), 0);
  expect(result.entropy[0]).toBeCloseTo(entropy, 5);
  expect([...result.mode]).toEqual(mean);
});

test('features of zero leave a finite density', () => {
  const result = evaluate(() => {
    const policy = stateDependentGaussian(matrix(1, mean), matrix(1, [0, 0, 0]), spread());
    return { log: policy.logProbability(matrix(1, mean)), drawn: policy.sample(key(0)) };
  });
  expect(result.log[0]).toBeCloseTo(-Math.log(2 * Math.PI * 1e-6), 3);
  expect([...result.drawn]).toEqual(mean);
});

/** Mean and variance of column j of the draws. */
function moments(draws: TensorData, j: number): [number, number] {
  const values = Array.from({ length: N }, (_, i) => draws[2 * i + j]);
  const center = values.reduce((a, b) => a + b) / N;
  return [center, values.reduce((total, x) => total + (x - center) ** 2, 0) / N];
}

describe('draws', () => {
  test('have its moments, and each row noise of its own', () => {
    const draws = evaluate(() => stateDependentGaussian(matrix(N, mean), matrix(N, features), spread()).sample(key(1)));
    for (const j of [0, 1]) {
      const [center, variance] = moments(draws, j);
      expect(Math.abs(center - mean[j])).toBeLessThan(4 * Math.sqrt(variances[j] / N));
      expect(Math.abs(variance / variances[j] - 1)).toBeLessThan(4 * Math.sqrt(2 / N));
    }
    const covariance = Array.from({ length: N }, (_, i) => (draws[2 * i] - mean[0]) * (draws[2 * i + 1] - mean[1]));
    const bound = 4 * Math.sqrt((variances[0] * variances[1]) / N);
    expect(Math.abs(covariance.reduce((a, b) => a + b) / N)).toBeLessThan(bound);
  });

  test('with one key are φ W with one W: linear in the features; another key has another W', () => {
    /** The noise of two rows. */
    const noise = (phi: readonly number[], draw: number): number[] => {
      const centers = [...mean, ...mean];
      const rows = evaluate(() =>
        stateDependentGaussian(constant([2, 2], centers), matrix(2, phi), spread()).sample(key(draw)),
      );
      return Array.from(rows, (x, i) => x - centers[i]);
    };
    const unit = [0, 1, 2].map((k) =>
      noise(
        [0, 1, 2].map((i) => (i === k ? 1 : 0)),
        5,
      ),
    );
    const combined = noise(features, 5);
    combined.forEach((x, i) => {
      expect(x).toBeCloseTo(
        features.reduce((total, phi, k) => total + phi * unit[k][i], 0),
        5,
      );
    });
    expect(combined.slice(0, 2)).not.toEqual(combined.slice(2));
    expect(noise(features, 5)).toEqual(combined);
    expect(noise(features, 6)).not.toEqual(combined);
  });
});

test('no gradient flows into the features; that of the deviations is right', () => {
  const result = evaluate(() => {
    const [phi, deviations] = [variable([1, 3], features), variable([3, 2], logStd)];
    const policy = stateDependentGaussian(matrix(1, mean), phi, deviations);
    const log = sum(policy.logProbability(matrix(1, action)));
    // Reaches φ by another way, so that it has a gradient at all.
    const [inFeatures, inDeviations] = grad(add(log, mul(0.5, sum(square(phi)))), [phi, deviations]);
    return { inFeatures, inDeviations };
  });
  features.forEach((phi, k) => {
    expect(result.inFeatures[k]).toBeCloseTo(phi, 6);
    for (const j of [0, 1]) {
      // ∂ log π / ∂v = ½ ((a − μ)² / v² − 1 / v),  ∂v / ∂ log σ = 2 φ² σ²
      const v = variances[j];
      const slope =
        0.5 * ((action[j] - mean[j]) ** 2 / v ** 2 - 1 / v) * 2 * phi ** 2 * Math.exp(2 * logStd[2 * k + j]);
      expect(result.inDeviations[2 * k + j]).toBeCloseTo(slope, 4);
    }
  });
});
