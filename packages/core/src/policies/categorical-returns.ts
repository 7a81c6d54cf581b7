import {
  add,
  cast,
  clip,
  constant,
  div,
  expandDims,
  floor,
  log,
  logSoftmax,
  maximum,
  minimum,
  mul,
  neg,
  range,
  reshape,
  scatterAdd,
  softmax,
  sub,
  sum,
  type Tensor,
} from '@gradus/tensor';

/** Returns of which a distribution gives probabilities: atoms zᵢ = low + i Δ. */
export interface Atoms {
  /** At least 2. */
  readonly atoms: number;
  /** z₀, below which no return is told from it. */
  readonly low: number;
  /** The largest, likewise. */
  readonly high: number;
}

/** Distributions of returns on atoms, in programs; networks put out logits of their probabilities. */
export interface CategoricalReturns {
  /** E[Z] = Σᵢ pᵢ zᵢ: logits […, atoms] → […]. */
  readonly expectation: (logits: Tensor) => Tensor;
  /**
   * How far `prediction` is from r + discount · Z′, Z′ having the logits `next`, both [rows × atoms]: each row's cross-entropy −Σᵢ mᵢ log pᵢ, which is minimized,
   * and KL(m ‖ p), which is 0 where it is the same, for prioritized replay. No gradient shall flow into `next`.
   */
  readonly compare: (
    prediction: Tensor,
    next: Tensor,
    rewards: Tensor,
    discounts: Tensor,
  ) => { readonly losses: Tensor; readonly errors: Tensor };
}

/**
 * Categorical distributions of returns (Bellemare et al., 2017): the returns r + discount · zⱼ, clipped to the atoms' range, are projected on the atoms, m, see
 * {@link projectDistribution}.
 */
export function categoricalReturns({ atoms, low, high }: Atoms): CategoricalReturns {
  const spacing = (high - low) / (atoms - 1);
  const support = (): Tensor =>
    constant(
      [atoms],
      Float32Array.from({ length: atoms }, (_, i) => low + i * spacing),
    );
  return {
    expectation: (logits) => sum(mul(softmax(logits), support()), { axis: -1 }),
    compare: (prediction, next, rewards, discounts) => {
      const returns = add(expandDims(rewards, 1), mul(expandDims(discounts, 1), support()));
      const target = projectDistribution(softmax(next), div(sub(returns, low), spacing));
      // 0 log 0 = 0: bounds only keep logarithms finite.
      const losses = neg(sum(mul(target, maximum(logSoftmax(prediction), -1e30)), { axis: 1 }));
      const entropy = neg(sum(mul(target, log(maximum(target, 1e-30))), { axis: 1 }));
      return { losses, errors: maximum(sub(losses, entropy), 0) };
    },
  };
}

/**
 * Moves probability to the atoms 0 … n − 1: what lies at `positions`, both [rows × n], goes to the two atoms around it, to each in proportion to
 * how near it is, and what lies outside goes to the first or the last. Mass is kept, and so is the mean of what was inside.
 */
export function projectDistribution(probabilities: Tensor, positions: Tensor): Tensor {
  const [rows, atoms] = probabilities.shape;
  const inside = clip(positions, 0, atoms - 1);
  // A return on the last atom counts as the upper end of the last interval.
  const lower = minimum(floor(inside), atoms - 2);
  const upperShare = sub(inside, lower);
  const rowStart = mul(expandDims(range(rows), 1), atoms);
  const index = reshape(add(cast(lower, 'int32'), rowStart), [-1]);
  const spread = (share: Tensor, to: Tensor): Tensor =>
    scatterAdd(reshape(mul(probabilities, share), [-1]), to, [rows * atoms]);
  const projected = add(spread(sub(1, upperShare), index), spread(upperShare, add(index, 1)));
  return reshape(projected, [rows, atoms]);
}
