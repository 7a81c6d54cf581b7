import { checkArguments } from '@gradus/tensor';
import { numberList } from '../options/argument-checks.ts';
/**
 * Corrects the p-values of several tests for being several (Holm, 1979): the i-th smallest of m becomes the largest of
 * (m − j + 1) p₍ⱼ₎ over j ≤ i, at most 1. Rejecting where a corrected p-value is below α, one rejects any true hypothesis with
 * probability of at most α, however the tests depend on each other. In the given order; throws `RangeError` outside [0, 1].
 */
export function holm(pValues: readonly number[]): number[] {
  checkArguments('holm', { pValues }, { pValues: numberList });
  for (const pValue of pValues) {
    if (!(pValue >= 0 && pValue <= 1)) throw new RangeError(`holm: expected p-values in [0, 1], got ${pValue}`);
  }
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a] - pValues[b]);
  const corrected = new Array<number>(pValues.length);
  let largest = 0;
  for (const [place, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - place) * pValues[index]));
    corrected[index] = largest;
  }
  return corrected;
}
