import * as t from '@gradus/tensor';
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
 * Categorical DQN (Bellemare et al., 2017): the outputs of an action are logits of p over atoms zᵢ = low + i Δ, and q = Σᵢ pᵢ zᵢ.
 * The returns r + discount · zⱼ, clipped to the support, are projected on the atoms (see {@link projectDistribution}) with the target network's
 * probabilities; the loss is the cross-entropy −Σᵢ mᵢ log pᵢ. Errors are KL(m ‖ p), as in Rainbow.
 */
export function c51({ atoms, low, high }: CategoricalDistribution): ValueHead {
  const spacing = (high - low) / (atoms - 1);
  const support = (): t.Tensor =>
    t.constant(
      [atoms],
      Float32Array.from({ length: atoms }, (_, i) => low + i * spacing),
    );
  return {
    outputs: atoms,
    values: (outputs) => t.sum(t.mul(t.softmax(outputs), support()), { axis: -1 }),
    compare: (prediction, next, rewards, discounts) => {
      const returns = t.add(t.expandDims(rewards, 1), t.mul(t.expandDims(discounts, 1), support()));
      const target = projectDistribution(t.softmax(next), t.div(t.sub(returns, low), spacing));
      // 0 log 0 = 0: bounds only keep logarithms finite.
      const losses = t.neg(t.sum(t.mul(target, t.maximum(t.logSoftmax(prediction), -1e30)), { axis: 1 }));
      const entropy = t.neg(t.sum(t.mul(target, t.log(t.maximum(target, 1e-30))), { axis: 1 }));
      return { losses, errors: t.maximum(t.sub(losses, entropy), 0) };
    },
  };
}

/**
 * Moves probability to the atoms 0 … n − 1: what lies at `positions`, both [rows × n], goes to the two atoms around it, to each in proportion to
 * how near it is, and what lies outside goes to the first or the last. Mass is kept, and so is the mean of what was inside.
 */
export function projectDistribution(probabilities: t.Tensor, positions: t.Tensor): t.Tensor {
  const [rows, atoms] = probabilities.shape;
  const inside = t.clip(positions, 0, atoms - 1);
  // A return on the last atom counts as the upper end of the last interval.
  const lower = t.minimum(t.floor(inside), atoms - 2);
  const upperShare = t.sub(inside, lower);
  const rowStart = t.mul(t.expandDims(t.range(rows), 1), atoms);
  const index = t.reshape(t.add(t.cast(lower, 'int32'), rowStart), [-1]);
  const spread = (share: t.Tensor, to: t.Tensor): t.Tensor =>
    t.scatterAdd(t.reshape(t.mul(probabilities, share), [-1]), to, [rows * atoms]);
  const projected = t.add(spread(t.sub(1, upperShare), index), spread(upperShare, t.add(index, 1)));
  return t.reshape(projected, [rows, atoms]);
}
