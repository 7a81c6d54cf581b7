import { rejectUnknown, type OptionCheck, type Space } from '@gradus/core';
import { FeatureTable, type FeatureTableOptions } from './feature-table.ts';
import type { Features } from './features.ts';
import { FourierBasis, type FourierBasisOptions } from './fourier-basis.ts';
import { OneHot, type OneHotOptions } from './one-hot.ts';
import { PolynomialBasis, type PolynomialBasisOptions } from './polynomial-basis.ts';
import { TileCoding, type TileCodingOptions } from './tile-coding.ts';

/** Which features, as data that can be saved with an agent and written in JSON: `{ kind: 'tiles', tilings: 8, tiles: 8 }`. */
export type FeatureOptions =
  TileCodingOptions | PolynomialBasisOptions | FourierBasisOptions | OneHotOptions | FeatureTableOptions;

/** The options that each kind knows. */
const known: Readonly<Record<FeatureOptions['kind'], readonly string[]>> = {
  tiles: ['kind', 'tilings', 'tiles', 'low', 'high'],
  polynomial: ['kind', 'order', 'low', 'high'],
  fourier: ['kind', 'order', 'scaled', 'low', 'high'],
  'one-hot': ['kind', 'groups'],
  table: ['kind', 'rows'],
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
  rejectUnknown(
    `features '${options.kind}'`,
    options,
    Object.fromEntries(known[options.kind].map((name) => [name, 0])),
  );
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
