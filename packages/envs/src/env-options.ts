import { checkOptions, optional, stepLimit, type OptionCheck } from '@gradus/core';

/** 0, 1, …, n − 1. */
export function integerBelow(n: number): OptionCheck {
  return integerBetween(0, n - 1);
}

/** Both bounds are among them. */
export function integerBetween(low: number, high: number): OptionCheck {
  return {
    expected: `an integer from ${low} to ${high}`,
    accepts: (value) => Number.isInteger(value) && (value as number) >= low && (value as number) <= high,
  };
}

/**
 * `options` of the environment `subject`, in which nothing need be there. Throws `RangeError` for what is unknown, for what `checks` do not
 * accept, and for a `maxEpisodeSteps` that is none.
 */
export function envOptions<Options extends { readonly maxEpisodeSteps?: number | undefined }>(
  subject: string,
  options: Options,
  checks: Readonly<Record<Exclude<keyof Options, 'maxEpisodeSteps'>, OptionCheck>>,
): Options {
  const all: Readonly<Record<string, OptionCheck>> = { ...checks, maxEpisodeSteps: stepLimit };
  const optionalOnes = Object.fromEntries(Object.entries(all).map(([name, check]) => [name, optional(check)]));
  checkOptions<Readonly<Record<string, unknown>>>(subject, options, optionalOnes);
  return options;
}
