import {
  aNumber,
  aSpace,
  checkArguments,
  flag,
  numberList,
  optional,
  text,
  type OptionCheck,
  type Space,
} from '@gradus/core';
import { FeatureTable, type FeatureTableOptions } from './feature-table.ts';
import type { Features } from './features.ts';
import { FourierBasis, type FourierBasisOptions } from './fourier-basis.ts';
import { OneHot, type OneHotOptions } from './one-hot.ts';
import { PolynomialBasis, type PolynomialBasisOptions } from './polynomial-basis.ts';
import { TileCoding, type TileCodingOptions } from './tile-coding.ts';

/** Which features, as data that can be saved with an agent and written in JSON: `{ kind: 'tiles', tilings: 8, tiles: 8 }`. */
export type FeatureOptions =
  TileCodingOptions | PolynomialBasisOptions | FourierBasisOptions | OneHotOptions | FeatureTableOptions;

const numberOrList: OptionCheck = {
  expected: 'a number or a list of numbers',
  accepts: (value) => typeof value === 'number' || numberList.accepts(value),
};

const listOfLists: OptionCheck = {
  expected: 'a list of lists of numbers',
  accepts: (value) => Array.isArray(value) && value.every(numberList.accepts),
};

const range = { low: optional(numberList), high: optional(numberList) };

/** What the options of each kind must be; how many and how large they may be is for the features to say. */
const known: Readonly<Record<FeatureOptions['kind'], Readonly<Record<string, OptionCheck>>>> = {
  tiles: { kind: text, tilings: optional(aNumber), tiles: optional(numberOrList), ...range },
  polynomial: { kind: text, order: aNumber, ...range },
  fourier: { kind: text, order: aNumber, scaled: optional(flag), ...range },
  'one-hot': { kind: text, groups: optional(aNumber) },
  table: { kind: text, rows: listOfLists },
};

/** What the option `features` must be; {@link createFeatures} checks the rest. */
export const featureOptions: OptionCheck = {
  expected: `an object whose kind is one of ${Object.keys(known).join(', ')}`,
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    Object.hasOwn(known, value.kind),
};

/** The features of `options` for observations of `space`. Throws `RangeError` for an unknown option and as those features do. */
export function createFeatures(space: Space, options: FeatureOptions): Features {
  checkArguments('createFeatures', { space, options }, { space: aSpace, options: featureOptions });
  checkArguments<Readonly<Record<string, unknown>>>(`features '${options.kind}'`, { ...options }, known[options.kind]);
  switch (options.kind) {
    case 'tiles':
      return new TileCoding(space, options);
    case 'polynomial':
      return new PolynomialBasis(space, options);
    case 'fourier':
      return new FourierBasis(space, options);
    case 'one-hot':
      return new OneHot(space, options);
    case 'table':
      return new FeatureTable(space, options);
  }
}
