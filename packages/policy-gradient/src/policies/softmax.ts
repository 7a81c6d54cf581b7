import type { RandomSource } from '@gradus/core';

/** Turns preferences hᵢ into probabilities e^{hᵢ} / Σ e^{hⱼ}, in place, and returns log Σ e^{hⱼ}. */
export function softmax(preferences: Float64Array): number {
  let largest = -Infinity;
  for (const preference of preferences) largest = Math.max(largest, preference);
  let sum = 0;
  for (let i = 0; i < preferences.length; i++) {
    // Less the largest, so that nothing overflows.
    preferences[i] = Math.exp(preferences[i] - largest);
    sum += preferences[i];
  }
  for (let i = 0; i < preferences.length; i++) preferences[i] /= sum;
  return largest + Math.log(sum);
}

/**
 * Draws an index with the given probabilities, from one uniform number. Where rounding leaves some of that number after all of them it is the
 * last one that is possible.
 */
export function drawIndex(probabilities: ArrayLike<number>, random: RandomSource): number {
  let rest = random.nextFloat();
  let drawn = 0;
  for (let i = 0; i < probabilities.length && rest >= 0; i++) {
    if (probabilities[i] === 0) continue;
    drawn = i;
    rest -= probabilities[i];
  }
  return drawn;
}
