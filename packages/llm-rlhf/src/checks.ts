import { objectOf } from '@gradus/core';
import { checkArguments, checkOptions, valueText, type OptionCheck, type Parameters } from '@gradus/tensor';

/** A list or typed array of which each element is accepted. */
export function arrayOf(expected: string, accepts: (element: unknown) => boolean): OptionCheck {
  const isList = (value: unknown): value is readonly unknown[] =>
    Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  return {
    expected: `a list of ${expected}`,
    accepts: (value) => isList(value) && Array.prototype.every.call(value, accepts),
    explain(value) {
      if (!isList(value)) return undefined;
      const wrong = Array.from(value).findIndex((element) => !accepts(element));
      return `[${wrong}] is ${valueText(value[wrong])}`;
    },
  };
}

/** A list or typed array of texts. */
export const textList: OptionCheck = arrayOf('texts', (value) => typeof value === 'string');

/** A text. */
export const aText: OptionCheck = { expected: 'a text', accepts: (value) => typeof value === 'string' };

/** The number of a token. */
export const tokenId: OptionCheck = {
  expected: 'the number of a token, an integer of at least 0',
  accepts: (value) => Number.isInteger(value) && (value as number) >= 0,
};

/** Whether this is a number that programs can hold: finite, also when it is rounded to float32. */
export function isFloat32(value: unknown): value is number {
  // `fround` takes text for a number, and throws at a BigInt.
  return typeof value === 'number' && Number.isFinite(Math.fround(value));
}

/** A number that is finite in float32. */
export const float32Number: OptionCheck = {
  expected: 'a number that is finite in float32, at most 3.4e38',
  accepts: isFloat32,
};

/** Numbers that are finite in float32. */
export const finiteList: OptionCheck = arrayOf('finite numbers, at most 3.4e38', isFloat32);

/** `values`. Throws `RangeError` where what they were made of was too large for float32. */
export function finite(subject: string, values: Float32Array): Float32Array {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong === -1) return values;
  throw new RangeError(`${subject}[${wrong}]: expected ${float32Number.expected}, got ${values[wrong]}`);
}

/** `parameters`. Throws `RangeError` where an element of theirs is not finite. */
export function finiteWeights(subject: string, parameters: Parameters): Parameters {
  for (const [name, parameter] of Object.entries(parameters)) {
    finite(`${subject}: ${name}`, parameter.view() as Float32Array);
  }
  return parameters;
}

/** Throws `RangeError` unless `values` has `length` elements. */
export function checkLength(subject: string, values: ArrayLike<unknown>, length: number): void {
  if (values.length === length) return;
  throw new RangeError(`${subject}: expected ${length} elements, got ${values.length}`);
}

/** A mask. */
export const zerosAndOnes: OptionCheck = arrayOf('0 and 1', (each) => each === 0 || each === 1);

const lengthsCheck = arrayOf('positive integers', (length) => Number.isInteger(length) && (length as number) > 0);

/** Where completions end. */
export const completionsCheck: OptionCheck = objectOf('completions (with lengths)', { lengths: lengthsCheck });

/** Where completions end, and which of their tokens count. */
export const maskedCompletionsCheck: OptionCheck = objectOf('completions (with lengths and mask)', {
  lengths: lengthsCheck,
  mask: zerosAndOnes,
});

/** Throws `RangeError` where a completion is longer than `time`. */
export function checkCompletions(subject: string, lengths: ArrayLike<number>, time: number): void {
  const longest = Array.from(lengths).reduce((most, length) => Math.max(most, length), 0);
  if (longest <= time) return;
  throw new RangeError(`${subject}: expected completions of at most ${time} tokens, got one of ${longest}`);
}

/** Throws `RangeError` for options that are wrong, unknown or, unless their check accepts that, missing. */
export function checkNeeded<Options extends object>(
  subject: string,
  options: Options,
  checks: { readonly [Name in keyof Required<Options>]: OptionCheck },
): void {
  checkOptions(subject, options, checks);
  checkArguments(subject, options, checks);
}
