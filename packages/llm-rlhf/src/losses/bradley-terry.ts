import * as t from '@gradus/tensor';

/** Options of {@link bradleyTerryLoss}. */
export interface BradleyTerryOptions {
  /** By how much the chosen one should be better, [pairs]; absent: 0. */
  readonly margin?: t.Tensor | undefined;
  /** c, which keeps rewards around 0 (Eisenstein et al., 2023; TRL's `center_rewards_coefficient`, which recommends 0.01). Default 0. */
  readonly centeringCoefficient?: number;
}

/** The loss of a reward model, a scalar, and what is worth reporting of it. */
export type BradleyTerryLoss = Readonly<Record<'loss' | 'accuracy' | 'margin', t.Tensor>>;

/**
 * Inside a program: how well the rewards of pairs, [pairs] each, say which one people prefer (Bradley and Terry, 1952; Ouyang et al., 2022),
 *
 *     L = −log σ(r⁺ − r⁻ − m) + c (r⁺ + r⁻)²
 *
 * in mean over the pairs. `accuracy` is the fraction of pairs with r⁺ > r⁻, `margin` the mean of r⁺ − r⁻.
 */
export function bradleyTerryLoss(
  chosen: t.Tensor,
  rejected: t.Tensor,
  { margin, centeringCoefficient = 0 }: BradleyTerryOptions = {},
): BradleyTerryLoss {
  const difference = t.sub(chosen, rejected);
  const needed = margin === undefined ? difference : t.sub(difference, margin);
  // −log σ(x) = softplus(−x), which neither overflows nor rounds to 0 too early.
  const loss = t.mean(t.softplus(t.neg(needed)));
  const center = t.mul(centeringCoefficient, t.mean(t.square(t.add(chosen, rejected))));
  return {
    loss: centeringCoefficient === 0 ? loss : t.add(loss, center),
    accuracy: t.mean(t.cast(t.greater(difference, 0), 'float32')),
    margin: t.mean(difference),
  };
}
