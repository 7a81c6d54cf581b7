import { objectOf } from '@gradus/core';
import { checkArguments, oneOf, type OptionCheck } from '@gradus/tensor';
import { checkLength, checkNeeded, finiteList, float32Number, zerosAndOnes } from '../checks.ts';

/** What a completion without end-of-text scores: `subtract` its score minus `value` (TRL's `missing_eos_penalty`), `replace` just `value` (−1 in Huang et al., 2024, and REBEL). */
export interface MissingEnd {
  readonly kind: 'subtract' | 'replace';
  readonly value: number;
}

const missingEndChecks = { kind: oneOf('subtract', 'replace'), value: float32Number };

/** What a {@link MissingEnd} must be. */
export const missingEndCheck: OptionCheck = objectOf(
  'what a missing end costs (with kind and value)',
  missingEndChecks,
);

/** Scores of completions, [completions], after what is taken off those which did not end by themselves (`ended`, as {@link truncateCompletions} tells). */
export function penalizeMissingEnd(
  scores: ArrayLike<number>,
  ended: ArrayLike<number>,
  missing: MissingEnd,
): Float32Array {
  checkArguments('penalizeMissingEnd', { scores, ended }, { scores: finiteList, ended: zerosAndOnes });
  checkNeeded('penalizeMissingEnd', missing, missingEndChecks);
  const { kind, value } = missing;
  checkLength('penalizeMissingEnd: ended', ended, scores.length);
  return Float32Array.from(scores, (score, i) => {
    if (ended[i] === 1) return score;
    return kind === 'replace' ? value : score - value;
  });
}
