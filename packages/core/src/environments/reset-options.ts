import { checkOptions, naturalNumber, optional, type OptionCheck } from '@gradus/tensor';
import { anObject, numberList } from '../options/argument-checks.ts';
import type { ResetOptions } from './env.ts';
import type { VectorResetOptions } from './vector-env.ts';

const someSeeds: OptionCheck = {
  expected: 'an integer of at least 0, or a list of one for each copy',
  accepts: (value) => naturalNumber.accepts(value) || numberList.accepts(value),
};

const checks = { seed: optional(naturalNumber), options: optional(anObject) };
const vectorChecks = { ...checks, seed: optional(someSeeds) };

/** The seed of a reset. Throws `RangeError` for options that cannot be right. */
export function seedOf(options: ResetOptions): number | undefined {
  checkOptions('reset', options, checks);
  return options.seed;
}

/** The same for copies, which may have a seed each. */
export function copySeedsOf(options: VectorResetOptions): number | readonly number[] | undefined {
  checkOptions('reset', options, vectorChecks);
  return options.seed;
}
