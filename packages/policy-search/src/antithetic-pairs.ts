import { fillNormal, type Random } from '@gradus/core';

/**
 * Draws noise ε_k ~ N(0, I), a row of `noise` [directions × dimension] for each pair, and writes the candidates θ + σ ε_k and θ − σ ε_k into rows
 * 2k and 2k + 1 of `candidates` [2 directions × dimension].
 */
export function writeAntitheticPairs(
  mean: Float64Array,
  deviation: number,
  random: Random,
  noise: Float64Array,
  candidates: Float64Array,
): void {
  const dimension = mean.length;
  fillNormal(random, noise);
  for (let first = 0; first < noise.length; first += dimension) {
    for (let j = 0; j < dimension; j++) {
      const step = deviation * noise[first + j];
      candidates[2 * first + j] = mean[j] + step;
      candidates[2 * first + dimension + j] = mean[j] - step;
    }
  }
}
