import { finiteNumber, positiveInteger, type Atoms, type OptionCheck } from '@gradus/core';

/** Probabilities of `atoms` evenly spaced returns, from `low` to `high`. */
export interface CategoricalDistribution extends Atoms {
  readonly kind: 'categorical';
}

/** Returns below which equal parts of the probability lie: `quantiles` of them, the middles of as many equal parts. */
export interface QuantileDistribution {
  readonly kind: 'quantile';
  readonly quantiles: number;
}

/** How a network represents the distribution of an action's return; `null`: by its expectation alone. */
export type Distribution = CategoricalDistribution | QuantileDistribution | null;

/** Accepts a {@link Distribution}. */
export const distributionCheck: OptionCheck = {
  expected: "null, { kind: 'categorical', atoms ≥ 2, low < high } or { kind: 'quantile', quantiles ≥ 1 }",
  accepts: (value) => {
    if (value === null) return true;
    if (typeof value !== 'object') return false;
    const { kind, ...numbers } = value as Record<string, unknown>;
    const names = Object.keys(numbers).sort().join();
    if (kind === 'quantile') return names === 'quantiles' && positiveInteger.accepts(numbers.quantiles);
    const { atoms, low, high } = numbers;
    const isWhole = [low, high].every((each) => finiteNumber.accepts(each)) && positiveInteger.accepts(atoms);
    return (
      kind === 'categorical' &&
      names === 'atoms,high,low' &&
      isWhole &&
      Number(atoms) >= 2 &&
      Number(low) < Number(high)
    );
  },
};
