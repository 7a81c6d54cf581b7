import { flag, nullable, positiveInteger, type OptionCheck } from '@gradus/core';

/** Options of every search. */
export interface SearchOptions {
  /** What no parameter may be less than: one number for all, or one for each (−∞: no bound); null: no bounds. Default null. */
  readonly lower: number | ArrayLike<number> | null;
  /** What no parameter may exceed: one number for all, or one for each (∞: no bound); null: no bounds. Default null. */
  readonly upper: number | ArrayLike<number> | null;
  /** Iterations in a row without any effect after which the search is finished: see `Termination`; null: it goes on. Default 20. */
  readonly patience: number | null;
}

/** Options of a search that stands at a mean. */
export interface MeanSearchOptions extends SearchOptions {
  /**
   * Whether the mean is evaluated, too, as the last of each iteration's candidates: nothing is learned from it, but it may be the best. Default true;
   * false with `searchMethods`, since a policy acts by the mean, whatever it is worth.
   */
  readonly evaluateMean: boolean;
}

/** Those that {@link SearchOptions} names. */
export const searchDefaults: SearchOptions = { lower: null, upper: null, patience: 20 };

/** Those that {@link MeanSearchOptions} names. */
export const meanSearchDefaults: MeanSearchOptions = { ...searchDefaults, evaluateMean: true };

const bound: OptionCheck = {
  expected: 'a number, or a number for each parameter',
  accepts: (value) =>
    typeof value === 'number'
      ? !Number.isNaN(value)
      : isArrayOfNumbers(value) && value.every((each) => !Number.isNaN(each)),
};

/** What the options of {@link SearchOptions} must be. */
export const searchChecks: { readonly [Name in keyof SearchOptions]: OptionCheck } = {
  lower: nullable(bound),
  upper: nullable(bound),
  patience: nullable(positiveInteger),
};

/** What the options of {@link MeanSearchOptions} must be. */
export const meanSearchChecks: { readonly [Name in keyof MeanSearchOptions]: OptionCheck } = {
  ...searchChecks,
  evaluateMean: flag,
};

/** A deviation or a step: neither it nor its square may over- or underflow. */
export const width: OptionCheck = {
  expected: 'a positive number from 1e-100 to 1e100',
  accepts: (value) => typeof value === 'number' && value >= 1e-100 && value <= 1e100,
};

function isArrayOfNumbers(value: unknown): value is number[] | Float64Array {
  if (!Array.isArray(value) && !(value instanceof Float64Array)) return false;
  return value.every((each: unknown) => typeof each === 'number');
}
