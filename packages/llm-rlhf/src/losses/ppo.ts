import * as t from '@gradus/tensor';
import { masked, maskedMean } from './log-probabilities.ts';
import { klEstimate } from './kl.ts';

/** Completions that PPO learns from, [completions, time] each. */
export type PpoBatch = Readonly<
  Record<
    'logProbabilities' | 'oldLogProbabilities' | 'advantages' | 'values' | 'oldValues' | 'returns' | 'mask',
    t.Tensor
  >
>;

/** Options of {@link ppoLoss}. */
export interface PpoLossOptions {
  /** ε of the clipped surrogate. */
  readonly clipRange: number;
  /** How far values may be from the old ones, as the loss sees them. */
  readonly clipRangeValue: number;
  /** c_v. */
  readonly valueCoefficient: number;
}

/** The loss and its parts, scalars. */
export type PpoLoss = Readonly<
  Record<
    'loss' | 'policyLoss' | 'valueLoss' | 'clipFraction' | 'valueClipFraction' | 'approximateKl' | 'ratio',
    t.Tensor
  >
>;

/**
 * Inside a program: PPO with tokens as actions (Schulman et al., 2017; Ziegler et al., 2019; as TRL had it until 1.9),
 *
 *     L(θ) = mean max(−ρₜ Aₜ, −clip(ρₜ, 1 − ε, 1 + ε) Aₜ) + c_v ½ mean max((vₜ − Gₜ)², (clip(vₜ, v_old ± ε_v) − Gₜ)²)
 *
 * over the tokens that the mask leaves. `approximateKl` is k2 between the policy and the one that drew the tokens, not the reference.
 */
export function ppoLoss(batch: PpoBatch, { clipRange, clipRangeValue, valueCoefficient }: PpoLossOptions): PpoLoss {
  const { logProbabilities, oldLogProbabilities, values, oldValues, returns, mask } = batch;
  const advantages = masked(batch.advantages, mask);
  const ratio = t.exp(masked(t.sub(logProbabilities, oldLogProbabilities), mask));
  const plain = t.neg(t.mul(ratio, advantages));
  const clipped = t.neg(t.mul(t.clip(ratio, 1 - clipRange, 1 + clipRange), advantages));
  const policyLoss = maskedMean(t.maximum(plain, clipped), mask);

  const near = t.clip(values, t.sub(oldValues, clipRangeValue), t.add(oldValues, clipRangeValue));
  const [plainErrors, clippedErrors] = [values, near].map((each) => t.square(t.sub(each, returns)));
  const valueLoss = t.mul(0.5, maskedMean(t.maximum(plainErrors, clippedErrors), mask));

  const fraction = (condition: t.Tensor): t.Tensor => maskedMean(t.cast(condition, 'float32'), mask);
  return {
    loss: t.add(policyLoss, t.mul(valueCoefficient, valueLoss)),
    policyLoss,
    valueLoss,
    clipFraction: fraction(t.greater(clipped, plain)),
    valueClipFraction: fraction(t.greater(clippedErrors, plainErrors)),
    approximateKl: maskedMean(
      klEstimate(masked(logProbabilities, mask), masked(oldLogProbabilities, mask), 'k2'),
      mask,
    ),
    ratio: maskedMean(ratio, mask),
  };
}
