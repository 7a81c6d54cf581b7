import { categoricalReturns } from '@gradus/core';
import type { CategoricalDistribution } from './distribution.ts';
import type { DqnOptions } from './dqn-options.ts';
import type { ValueHead } from './value-head.ts';

/** C51's options where they differ from `dqnDefaults`; those of the paper. */
export const c51Defaults: Partial<DqnOptions> = {
  distribution: { kind: 'categorical', atoms: 51, low: -10, high: 10 },
  learningRate: 2.5e-4,
  adamEpsilon: 0.01 / 32,
  maxGradNorm: null,
};

/**
 * Categorical DQN (Bellemare et al., 2017): the outputs of an action are logits of p over atoms zᵢ = low + i Δ, and q = Σᵢ pᵢ zᵢ. What the target network makes
 * of r + discount · z is projected on the atoms (see `categoricalReturns` of core); the loss is the cross-entropy −Σᵢ mᵢ log pᵢ. Errors are KL(m ‖ p), as in
 * Rainbow.
 */
export function c51(distribution: CategoricalDistribution): ValueHead {
  const { expectation, compare } = categoricalReturns(distribution);
  return { outputs: distribution.atoms, values: expectation, compare };
}
