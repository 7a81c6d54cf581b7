import { rejectUnknown } from './suggest.ts';

/** What an option must be. */
export interface OptionCheck {
  /** In words, to follow "expected". */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** What is wrong with a value that it does not accept, where that can be said more closely than by `expected`. */
  readonly explain?: (value: unknown) => string | undefined;
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
  return {
    ...check,
    expected: `${check.expected} or null`,
    accepts: (value) => value === null || check.accepts(value),
  };
}

/** Of which somebody else says what it must be. */
export const anyValue: OptionCheck = { expected: 'anything', accepts: () => true };

/** What `check` accepts, or nothing. */
export function optional(check: OptionCheck): OptionCheck {
  return { ...check, accepts: (value) => value === undefined || check.accepts(value) };
}

/**
 * Throws `RangeError` for an option without a check (it is unknown) and for one that its check does not accept:
 * `Dqn: expected gamma to be a number in [0, 1], got 7`. Options that are not there are not checked.
 */
export function checkOptions<Options extends object>(
  subject: string,
  options: Partial<Options>,
  checks: { readonly [Name in keyof Options]: OptionCheck },
): void {
  rejectUnknown(subject, options, checks);
  for (const name of Object.keys(options) as (keyof Options & string)[]) {
    expectValue(subject, name, options[name], checks[name]);
  }
}

/** Like {@link checkOptions}, but what is not there is checked too, as `undefined`: see {@link optional}. */
export function checkArguments<Values extends object>(
  subject: string,
  values: Values,
  checks: { readonly [Name in keyof Required<Values>]: OptionCheck },
): void {
  rejectUnknown(subject, values, checks);
  for (const name of Object.keys(checks) as (keyof Values & string)[]) {
    expectValue(subject, name, values[name], checks[name]);
  }
}

function expectValue(subject: string, name: string, value: unknown, check: OptionCheck): void {
  if (check.accepts(value)) return;
  const reason = check.explain?.(value);
  const detail = reason === undefined ? '' : `: ${reason}`;
  throw new RangeError(`${subject}: expected ${name} to be ${check.expected}, got ${valueText(value)}${detail}`);
}

/** Longer values are cut off in messages. */
const longestText = 100;

/** Any value for messages: `"5"`, `5n`, `[1, 2]` as JSON, `a function`. Never throws. */
export function valueText(value: unknown): string {
  const text = wholeText(value);
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

function wholeText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, longestText));
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'object':
      if (value === null) return 'null';
      if (value instanceof Promise) return 'a Promise';
      if (ArrayBuffer.isView(value)) return viewText(value);
      return jsonText(value);
    default:
      // JSON has null for NaN and the infinities.
      return String(value);
  }
}

function viewText(view: ArrayBufferView): string {
  const { name } = view.constructor;
  const size = 'length' in view ? `${String(view.length)} ${view.length === 1 ? 'number' : 'numbers'}` : 'bytes';
  return `${name.startsWith('I') ? 'an' : 'a'} ${name} of ${size}`;
}

function isWritten(element: unknown): boolean {
  return typeof element !== 'function' && element !== undefined && !(element instanceof Promise);
}

function jsonText(value: object): string {
  try {
    const text = JSON.stringify(value, (_, part: unknown) => {
      // JSON has null for functions and undefined in lists.
      if (Array.isArray(part)) return part.map((each: unknown) => (isWritten(each) ? each : wholeText(each)));
      const isJson = typeof part === 'number' ? Number.isFinite(part) : typeof part !== 'bigint';
      return isJson ? part : wholeText(part);
    });
    return text?.replace(/"(NaN|-?Infinity|-?\d+n|a function|a Promise|undefined)"/g, '$1') ?? 'an object';
  } catch {
    return 'an object'; // One that contains itself.
  }
}
