import { solveLinearSystem } from '@gradus/core';

/** How far the mean of samples lies from where it should. */
export interface MeanTest {
  /** ‖mean − expected‖ in standard errors of the mean, √(tr S / n), S being the covariance matrix. */
  readonly distance: number;
  /** The largest |meanᵢ − expectedᵢ| in standard errors of its own, over all coordinates. */
  readonly largest: number;
  /** The probability of a larger n (mean − expected)ᵀ S⁻¹ (mean − expected) if the mean is right: that of χ² with p degrees of freedom. */
  readonly pValue: number;
}

/**
 * Compares the mean of `samples`, rows [n × length], with `expected`, [length]. The p-value uses the coordinates `free`, an even number of
 * them, on which the others depend linearly. It finds errors in any direction, also where the samples hardly vary.
 *
 * However many components there are, P(distance > 3) is at most the 0.0027 of a single one: of the sums Σ λᵢ Zᵢ² with Σ λᵢ = 1 it is a single Z²
 * that has the heaviest tail (Székely and Bakirov, 2003).
 */
export function testMean(samples: Float64Array, expected: ArrayLike<number>, free: readonly number[]): MeanTest {
  const { length } = expected;
  const n = samples.length / length;
  const mean = new Float64Array(length);
  for (let row = 0; row < samples.length; row += length) {
    for (let i = 0; i < length; i++) mean[i] += samples[row + i] / n;
  }
  // S is symmetric: its upper half, and the lower half from that.
  const covariance = new Float64Array(length * length);
  for (let row = 0; row < samples.length; row += length) {
    for (let i = 0; i < length; i++) {
      const deviation = (samples[row + i] - mean[i]) / (n - 1);
      for (let j = i; j < length; j++) covariance[i * length + j] += deviation * (samples[row + j] - mean[j]);
    }
  }
  for (let i = 0; i < length; i++) {
    for (let j = 0; j < i; j++) covariance[i * length + j] = covariance[j * length + i];
  }
  const differences = mean.map((value, i) => value - expected[i]);
  const trace = differences.reduce((sum, _, i) => sum + covariance[i * length + i], 0);
  const squared = differences.reduce((sum, difference) => sum + difference ** 2, 0);

  const matrix = Float64Array.from(free.flatMap((i) => free.map((j) => covariance[i * length + j])));
  const solution = Float64Array.from(free, (i) => differences[i]);
  if (!solveLinearSystem(matrix, solution)) throw new Error('the free coordinates depend on each other');
  const statistic = n * free.reduce((sum, i, k) => sum + differences[i] * solution[k], 0);
  const own = differences.map((difference, i) => Math.abs(difference) / Math.sqrt(covariance[i * length + i] / n));
  return {
    distance: Math.sqrt((n * squared) / trace),
    largest: Math.max(...own),
    pValue: chiSquaredTail(statistic, free.length),
  };
}

/** P(χ² > x) for an even number of degrees of freedom: e^{−x/2} Σ_{j < p/2} (x/2)ʲ / j!. */
function chiSquaredTail(x: number, freedom: number): number {
  let [term, sum] = [1, 0];
  for (let j = 0; j < freedom / 2; j++) {
    sum += term;
    term *= x / 2 / (j + 1);
  }
  return Math.exp(-x / 2) * sum;
}
