import { variantCheck } from '@gradus/core';
import * as t from '@gradus/tensor';

/** What a preference loss makes of h, how much more the policy prefers the chosen completion than the reference does. */
export type PreferenceLoss =
  /** −log σ(βh) (Rafailov et al., 2023); with `labelSmoothing` ε (1 − ε of the labels are right): −(1 − ε) log σ(βh) − ε log σ(−βh), cDPO. */
  | { readonly kind: 'sigmoid'; readonly beta: number; readonly labelSmoothing?: number }
  /** ((1 − ε) l(h) − ε l(−h)) / (1 − 2ε) with l = −log σ(β ·), unbiased where ε < ½ of the labels are wrong (Chowdhury et al., 2024). */
  | { readonly kind: 'robust'; readonly beta: number; readonly labelSmoothing: number }
  /** max(0, 1 − βh) (Zhao et al., 2023, SLiC). */
  | { readonly kind: 'hinge'; readonly beta: number }
  /**
   * (h − 1 / (2β))² (Azar et al., 2023). `normalization: 'length'` (default, TRL's, confirmed there with the authors) takes log-ratios in mean over a
   * completion's tokens, `'sum'`, the paper's letter, in sum.
   */
  | { readonly kind: 'ipo'; readonly beta: number; readonly normalization?: 'length' | 'sum' }
  /** −log σ(β (log π(y⁺) / |y⁺| − log π(y⁻) / |y⁻|) − m), without a reference (Meng et al., 2024, SimPO). */
  | { readonly kind: 'simpo'; readonly beta: number; readonly margin: number };

/** Log-probabilities of whole completions, sums over their tokens, [pairs] each, and how many tokens they have. */
export interface PreferencePairs {
  readonly chosen: t.Tensor;
  readonly rejected: t.Tensor;
  /** By the reference policy; SimPO's loss looks at neither. */
  readonly referenceChosen: t.Tensor;
  readonly referenceRejected: t.Tensor;
  /** [pairs], float32; needed where something is taken in mean over tokens. */
  readonly chosenLengths: t.Tensor;
  readonly rejectedLengths: t.Tensor;
}

/** The loss, a scalar, the same of each pair, [pairs], and the rewards that the policy implies: β (log π(y) − log π_ref(y)), [pairs]. */
export type DpoLoss = Readonly<
  Record<'loss' | 'losses' | 'chosenRewards' | 'rejectedRewards' | 'accuracy' | 'margin', t.Tensor>
>;

/**
 * Inside a program: direct preference optimization (Rafailov et al., 2023) and its relatives,
 *
 *     h = (log π(y⁺) − log π_ref(y⁺)) − (log π(y⁻) − log π_ref(y⁻)),   L = −log σ(βh)
 */
export function dpoLoss(pairs: PreferencePairs, options: PreferenceLoss): DpoLoss {
  t.checkArguments('dpoLoss', { options }, { options: preferenceLossCheck });
  const chosen = t.sub(pairs.chosen, pairs.referenceChosen);
  const rejected = t.sub(pairs.rejected, pairs.referenceRejected);
  const losses = lossesOf(pairs, chosen, rejected, options);
  const [chosenRewards, rejectedRewards] = [chosen, rejected].map((ratio) => t.mul(options.beta, ratio));
  return {
    loss: t.mean(losses),
    losses,
    chosenRewards,
    rejectedRewards,
    accuracy: t.mean(t.cast(t.greater(chosenRewards, rejectedRewards), 'float32')),
    margin: t.mean(t.sub(chosenRewards, rejectedRewards)),
  };
}

function lossesOf(pairs: PreferencePairs, chosen: t.Tensor, rejected: t.Tensor, options: PreferenceLoss): t.Tensor {
  const h = t.sub(chosen, rejected);
  const perToken = (chosenSum: t.Tensor, rejectedSum: t.Tensor): t.Tensor =>
    t.sub(t.div(chosenSum, pairs.chosenLengths), t.div(rejectedSum, pairs.rejectedLengths));
  switch (options.kind) {
    case 'sigmoid': {
      const { beta, labelSmoothing = 0 } = options;
      const losses = minusLogSigmoid(t.mul(beta, h));
      if (labelSmoothing === 0) return losses;
      const flipped = minusLogSigmoid(t.mul(-beta, h));
      return t.add(t.mul(1 - labelSmoothing, losses), t.mul(labelSmoothing, flipped));
    }
    case 'robust': {
      const { beta, labelSmoothing } = options;
      const [losses, flipped] = [beta, -beta].map((factor) => minusLogSigmoid(t.mul(factor, h)));
      const unbiased = t.sub(t.mul(1 - labelSmoothing, losses), t.mul(labelSmoothing, flipped));
      return t.div(unbiased, 1 - 2 * labelSmoothing);
    }
    case 'hinge':
      return t.relu(t.sub(1, t.mul(options.beta, h)));
    case 'ipo': {
      const { beta, normalization = 'length' } = options;
      const preference = normalization === 'length' ? perToken(chosen, rejected) : h;
      return t.square(t.sub(preference, 1 / (2 * beta)));
    }
    case 'simpo': {
      const { beta, margin } = options;
      return minusLogSigmoid(t.sub(t.mul(beta, perToken(pairs.chosen, pairs.rejected)), margin));
    }
  }
}

const isSmoothing: t.OptionCheck = {
  expected: 'a number in [0, 0.5)',
  accepts: (value) => typeof value === 'number' && value >= 0 && value < 0.5,
};

/** What a {@link PreferenceLoss} must be. */
export const preferenceLossCheck: t.OptionCheck = variantCheck({
  sigmoid: { beta: t.positiveNumber, labelSmoothing: t.optional(isSmoothing) },
  robust: { beta: t.positiveNumber, labelSmoothing: isSmoothing },
  hinge: { beta: t.positiveNumber },
  ipo: { beta: t.positiveNumber, normalization: t.optional(t.oneOf('length', 'sum')) },
  simpo: { beta: t.positiveNumber, margin: t.finiteNumber },
});

/** −log σ(x) = log(1 + e⁻ˣ), without overflow. */
function minusLogSigmoid(x: t.Tensor): t.Tensor {
  return t.softplus(t.neg(x));
}
