import type { ReinforceOptions } from '../reinforce-options.ts';
import type { EpisodeBuffer } from './episode-buffer.ts';
import type { ValueBaseline } from './value-baseline.ts';

/**
 * G − b of each step in `buffer`, [size], normalized where that is asked for; G with the baseline `optimal`, whose b are of parameters.
 * @param values those of the baseline `value`
 */
export function episodeAdvantages(
  buffer: EpisodeBuffer,
  { baseline, normalizeReturns }: Pick<ReinforceOptions, 'baseline' | 'normalizeReturns'>,
  values: ValueBaseline | undefined,
): Float64Array {
  const { size } = buffer;
  const advantages = new Float64Array(size);
  if (values) values.values(buffer.observations, size, advantages);
  else if (baseline === 'mean') meansOfOthers(buffer, advantages);
  else if (typeof baseline === 'number') advantages.fill(baseline);
  for (let row = 0; row < size; row++) advantages[row] = buffer.returns[row] - advantages[row];
  // One number has no standard deviation.
  if (normalizeReturns && size > 1) standardize(advantages, largestReturn(buffer));
  return advantages;
}

/** Writes the mean return of all steps of the other episodes, Σ f_t G_t / Σ f_t, for each step of `buffer` into `target`. */
function meansOfOthers({ size, numEpisodes, episodes, factors, returns }: EpisodeBuffer, target: Float64Array): void {
  const products = new Float64Array(numEpisodes);
  const weights = new Float64Array(numEpisodes);
  for (let row = 0; row < size; row++) {
    products[episodes[row]] += factors[row] * returns[row];
    weights[episodes[row]] += factors[row];
  }
  const product = products.reduce((sum, each) => sum + each, 0);
  const weight = weights.reduce((sum, each) => sum + each, 0);
  for (let row = 0; row < size; row++) {
    const own = episodes[row];
    target[row] = (product - products[own]) / (weight - weights[own]);
  }
}

/** max |G| */
function largestReturn({ size, returns }: EpisodeBuffer): number {
  let largest = 0;
  for (let row = 0; row < size; row++) largest = Math.max(largest, Math.abs(returns[row]));
  return largest;
}

/**
 * (x − mean) / (standard deviation + 1e-8) in place, with Bessel's correction; 0 where they differ by nothing but the rounding of
 * returns of that `size`.
 */
function standardize(values: Float64Array, size: number): void {
  const [first] = values;
  // The mean of equal numbers is rounded, that of their differences from one of them is exactly 0.
  for (let i = 0; i < values.length; i++) values[i] -= first;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const deviation = Math.sqrt(variance);
  const scale = deviation <= ROUNDING * size ? 0 : 1 / (deviation + 1e-8);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - mean) * scale;
}

/** What sums of rewards, and differences of them, are off by. */
const ROUNDING = 16 * Number.EPSILON;
