import { checkArguments, naturalNumber, positiveInteger } from '@gradus/tensor';

/**
 * pass@k (Chen et al., 2021): the probability that one of k samples is right, estimated without bias from n ≥ k of them of which c are right,
 *
 *     1 − C(n − c, k) / C(n, k).
 *
 * The mean over tasks is what is reported; taking 1 − (1 − c / n)ᵏ instead would be too low. Throws `RangeError` for fewer samples than k, or than are right.
 */
export function passAtK(samples: number, right: number, k: number): number {
  checkArguments(
    'passAtK',
    { samples, right, k },
    { samples: positiveInteger, right: naturalNumber, k: positiveInteger },
  );
  if (right > samples) throw new RangeError(`passAtK: expected at most ${samples} samples to be right, got ${right}`);
  if (k > samples)
    throw new RangeError(`passAtK: expected k to be at most the ${samples} samples that there are, got ${k}`);
  // C(n − c, k) / C(n, k) = Π (n − c − i) / (n − i) for i < k, whose factors reach 0 where there is no way to be wrong.
  let allWrong = 1;
  for (let i = 0; i < k; i++) allWrong *= Math.max(samples - right - i, 0) / (samples - i);
  return 1 - allWrong;
}
