import { finiteNumber, positiveInteger, type OptionCheck } from '@gradus/core';
import type { Tensor } from '@gradus/tensor';
import { c51, type CategoricalDistribution } from './c51.ts';
import { expectedValues } from './expected-values.ts';
import { qrDqn, type QuantileDistribution } from './qr-dqn.ts';

/** What the outputs of a Q-network mean, and how they learn from what follows. */
export interface ValueHead {
  /** Outputs of the network for each action. */
  readonly outputs: number;
  /** q, the expected return: […, outputs] → […]. */
  readonly values: (outputs: Tensor) => Tensor;
  /**
   * Compares `prediction`, the online network's outputs for the actions taken, with what followed: rewards, discounts, and `next`, the
   * target network's outputs for the next actions. Outputs are [rows × outputs], all others [rows].
   */
  readonly compare: (prediction: Tensor, next: Tensor, rewards: Tensor, discounts: Tensor) => Comparison;
}

/** What a {@link ValueHead} says of each row. */
interface Comparison {
  /** What is minimized, [rows]. */
  readonly losses: Tensor;
  /** How wrong the prediction was, for prioritized replay: at least 0, [rows]. */
  readonly errors: Tensor;
}

/** How a network represents the distribution of an action's return; `null`: by its expectation alone. */
export type Distribution = CategoricalDistribution | QuantileDistribution | null;

/** The head for a distribution; `loss` is that of expectations. */
export function valueHead(distribution: Distribution, loss: 'squared' | 'huber'): ValueHead {
  if (distribution === null) return expectedValues(loss);
  return distribution.kind === 'categorical' ? c51(distribution) : qrDqn(distribution);
}

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
