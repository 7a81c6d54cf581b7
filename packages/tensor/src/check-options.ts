import { rejectUnknown } from './suggest.ts';

/** What an option must be. */
export interface OptionCheck {
  /** In words, to follow "expected". */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

function numberCheck(expected: string, accepts: (value: number) => boolean): OptionCheck {
  return { expected, accepts: (value) => typeof value === 'number' && accepts(value) };
}

/** 1, 2, 3, … */
export const positiveInteger: OptionCheck = numberCheck('a positive integer', (x) => Number.isSafeInteger(x) && x >= 1);
/** 0, 1, 2, … */
export const naturalNumber: OptionCheck = numberCheck(
  'an integer of at least 0',
  (x) => Number.isSafeInteger(x) && x >= 0,
);
/** 0 < x < ∞ */
export const positiveNumber: OptionCheck = numberCheck('a positive number', (x) => x > 0 && x < Infinity);
/** 0 ≤ x < ∞ */
export const nonNegativeNumber: OptionCheck = numberCheck('a number of at least 0', (x) => x >= 0 && x < Infinity);
/** 0 ≤ x ≤ 1 */
export const fraction: OptionCheck = numberCheck('a number in [0, 1]', (x) => x >= 0 && x <= 1);
/** Any but NaN and the infinities. */
export const finiteNumber: OptionCheck = numberCheck('a finite number', Number.isFinite);
/** true or false */
export const flag: OptionCheck = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
/** Sizes of hidden layers, from none on. */
export const layerSizes: OptionCheck = {
  expected: 'a list of positive integers',
  accepts: (value) => Array.isArray(value) && value.every((size) => positiveInteger.accepts(size)),
};

/** One of some names. */
export function oneOf(...names: readonly string[]): OptionCheck {
  return {
    expected: `one of ${names.map((name) => `'${name}'`).join(', ')}`,
    accepts: (value) => typeof value === 'string' && names.includes(value),
  };
}

/** What `check` accepts, or `null`. */
export function nullable(check: OptionCheck): OptionCheck {
  return { expected: `${check.expected} or null`, accepts: (value) => value === null || check.accepts(value) };
}

/**
 * Throws `RangeError` for an option without a check (it is unknown) and for one that its check does not accept:
 * `Dqn: expected gamma to be a number in [0, 1], got 7`.
 */
export function checkOptions<Options extends object>(
  subject: string,
  options: Partial<Options>,
  checks: { readonly [Name in keyof Options]: OptionCheck },
): void {
  rejectUnknown(subject, options, checks);
  for (const name of Object.keys(options) as (keyof Options & string)[]) {
    const { expected, accepts } = checks[name];
    const value: unknown = options[name];
    if (accepts(value)) continue;
    // JSON has null for NaN and the infinities.
    const got = typeof value === 'number' ? String(value) : JSON.stringify(value);
    throw new RangeError(`${subject}: expected ${name} to be ${expected}, got ${got}`);
  }
}
