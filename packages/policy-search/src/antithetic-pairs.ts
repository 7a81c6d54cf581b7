import type { Random } from '@gradus/core';

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
  for (let i = 0; i < noise.length; i++) {
    noise[i] = random.normal();
    const j = i % dimension;
    const plus = 2 * i - j;
    candidates[plus] = mean[j] + deviation * noise[i];
    candidates[plus + dimension] = mean[j] - deviation * noise[i];
  }
}
