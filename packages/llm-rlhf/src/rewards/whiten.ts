import { checkArguments, flag, oneOf, optional } from '@gradus/tensor';
import { meanOf, squaredDistances } from '../mean.ts';
import { checkLength, checkNeeded, finiteList, zerosAndOnes } from '../checks.ts';

/** Options of {@link whiten}. */
export interface WhitenOptions {
  /** Whether the mean becomes 0: advantages' does, rewards' stays where it is. */
  readonly shiftsMean: boolean;
  /** What the variance is divided by: the count less 1 (`unbiased`, TRL) or the count (`biased`, Huang et al., 2024). Default `unbiased`. */
  readonly variance?: 'unbiased' | 'biased';
}

/**
 * (x − mean) / √(variance + 10⁻⁸), plus the mean unless `shiftsMean`, over the elements that the mask leaves; the others are left out and become 0. All of
 * one mask's elements are treated as one batch: whiten once for a batch, not once for each minibatch.
 */
export function whiten(values: ArrayLike<number>, mask: ArrayLike<number>, options: WhitenOptions): Float32Array {
  checkArguments('whiten', { values, mask }, { values: finiteList, mask: zerosAndOnes });
  checkNeeded('whiten', options, { shiftsMean: flag, variance: optional(oneOf('unbiased', 'biased')) });
  const { shiftsMean, variance = 'unbiased' } = options;
  checkLength('whiten: mask', mask, values.length);
  const kept = Array.from(values).filter((_, i) => mask[i] === 1);
  const needed = variance === 'unbiased' ? 2 : 1;
  if (kept.length < needed) {
    throw new RangeError(`whiten: expected at least ${needed} elements that the mask leaves, got ${kept.length}`);
  }
  const mean = meanOf(kept);
  const scale = 1 / Math.sqrt(squaredDistances(kept) / (kept.length + 1 - needed) + 1e-8);
  const center = shiftsMean ? 0 : mean;
  return Float32Array.from(values, (value, i) => (mask[i] === 1 ? (value - mean) * scale + center : 0));
}
