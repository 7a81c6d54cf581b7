import { valueText } from '@gradus/tensor';
import { numberList, objectOf } from '../options/argument-checks.ts';
import { EnvError } from '../errors.ts';
import type { StepOutcome } from './vector-env.ts';

/**
 * Throws `RangeError` unless `array` is [rows × width]. Cheap enough for every step: only the length is looked at.
 */
export function checkRows(name: string, array: ArrayLike<number>, rows: number, width: number): void {
  const length = (array as ArrayLike<number> | null | undefined)?.length;
  if (length === rows * width && typeof array === 'object') return;
  if (typeof length === 'number' && typeof array === 'object') {
    throw new RangeError(`${name} has ${length} elements, expected ${rows} × ${width}`);
  }
  throw new RangeError(`${name}: expected ${rows} × ${width} numbers, got ${valueText(array)}`);
}

/** Throws `EnvError`, beginning with `name`, unless `flags` are zeros and ones. Cheap enough for every step. */
export function checkFlags(name: string, flags: ArrayLike<number>): void {
  for (let i = 0; i < flags.length; i++) {
    if (flags[i] === 0 || flags[i] === 1) continue;
    throw new EnvError(`${name} of environment ${i} is ${valueText(flags[i])}, expected 0 or 1`);
  }
}

/** Throws `RangeError` for what cannot be the outcome of a step of `numEnvs` copies, and `EnvError` for flags other than 0 and 1. */
export function checkOutcome(
  outcome: Pick<StepOutcome, 'rewards' | 'terminated' | 'truncated'>,
  numEnvs: number,
): void {
  if (!isStepped(outcome) && !isOutcome.accepts(outcome)) {
    throw new RangeError(`endStep: expected ${isOutcome.expected}, got ${valueText(outcome)}`);
  }
  checkRows('rewards', outcome.rewards, numEnvs, 1);
  checkRows('terminated', outcome.terminated, numEnvs, 1);
  checkRows('truncated', outcome.truncated, numEnvs, 1);
  checkFlags('terminated', outcome.terminated);
  checkFlags('truncated', outcome.truncated);
}

/** Whether it has the arrays of a `VectorEnv`, as almost everything has that is seen here: faster than asking for lists of numbers. */
export function isStepped(outcome: Pick<Partial<StepOutcome>, 'rewards' | 'terminated' | 'truncated'>): boolean {
  const { rewards, terminated, truncated } = outcome ?? nothing;
  return rewards instanceof Float64Array && terminated instanceof Uint8Array && truncated instanceof Uint8Array;
}

const nothing = { rewards: undefined, terminated: undefined, truncated: undefined };

const isOutcome = objectOf('an outcome (with rewards, terminated and truncated)', {
  rewards: numberList,
  terminated: numberList,
  truncated: numberList,
});
