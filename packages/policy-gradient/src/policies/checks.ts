import {
  aFunction,
  numberList,
  objectOf,
  positiveInteger,
  valueText,
  type OptionCheck,
  type RandomSource,
} from '@gradus/core';

/** A `ScoredPolicy`. */
export const aScoredPolicy: OptionCheck = objectOf(
  'a policy (with parameters, numParameters, sample, logProbability and score)',
  {
    parameters: numberList,
    numParameters: positiveInteger,
    sample: aFunction,
    logProbability: aFunction,
    score: aFunction,
  },
);

/** Throws `RangeError` unless `value` is an integer in [0, count). */
export function checkIndex(name: string, value: number, count: number): void {
  if (Number.isInteger(value) && value >= 0 && value < count) return;
  throw new RangeError(`${name}: expected an integer in [0, ${count - 1}], got ${valueText(value)}`);
}

/** Throws `RangeError` unless random numbers can be drawn from `random`. */
export function checkRandom(random: RandomSource): void {
  const source: Partial<RandomSource> | null | undefined = random;
  if (typeof source?.nextFloat === 'function') return;
  throw new RangeError(`random: expected a source of random numbers (Random), got ${valueText(random)}`);
}

/** Throws `RangeError` unless `size` numbers can be written into `target`. */
export function checkTarget(target: Float64Array, size: number): void {
  if (target instanceof Float64Array && target.length >= size) return;
  throw new RangeError(`target: expected a Float64Array of ${size} numbers, got ${valueText(target)}`);
}
