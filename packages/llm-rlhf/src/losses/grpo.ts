import * as t from '@gradus/tensor';
import { finite } from '../checks.ts';
import { meanOf, squaredDistances } from '../mean.ts';
import { checkGroups } from './groups.ts';
import { klEstimate } from './kl.ts';
import { masked, maskedMean, sequenceSum } from './log-probabilities.ts';

/** What GRPO divides advantages by: the deviation of their prompt's rewards, that of all of the batch, or nothing (Liu et al., 2025, Dr. GRPO). */
export type RewardScale = 'group' | 'batch' | 'none';

/** Added to deviations before dividing by them (TRL). */
const EPSILON = 1e-4;

/**
 * Group-relative advantages (Shao et al., 2024): Aᵢ = (rᵢ − mean) / (deviation + 10⁻⁴) over the completions of a prompt, the deviation with n − 1 as in TRL.
 * `rewards` [prompts × groupSize], the completions of a prompt side by side. Throws `RangeError` unless groupSize ≥ 2 divides them, and where they are too far
 * apart for float32.
 */
export function grpoAdvantages(rewards: ArrayLike<number>, groupSize: number, scale: RewardScale): Float32Array {
  checkGroups('grpoAdvantages', rewards, groupSize);
  t.checkArguments('grpoAdvantages', { scale }, { scale: t.oneOf('group', 'batch', 'none') });
  const values = Array.from(rewards);
  const all = deviation(values);
  const advantages = new Float32Array(values.length);
  for (let first = 0; first < values.length; first += groupSize) {
    const group = values.slice(first, first + groupSize);
    const mean = meanOf(group);
    const divisor = scale === 'none' ? 1 : (scale === 'group' ? deviation(group) : all) + EPSILON;
    for (const [i, reward] of group.entries()) advantages[first + i] = (reward - mean) / divisor;
  }
  return finite('grpoAdvantages: advantages', advantages);
}

/** The standard deviation with n − 1 in the denominator. */
function deviation(values: readonly number[]): number {
  return Math.sqrt(squaredDistances(values) / (values.length - 1));
}

/** Completions that GRPO learns from: [completions, time], but for the advantages, [completions]. */
export type GrpoBatch = Readonly<
  Record<'logProbabilities' | 'oldLogProbabilities' | 'referenceLogProbabilities' | 'advantages' | 'mask', t.Tensor>
>;

/** Options of {@link grpoLoss}. */
export interface GrpoLossOptions {
  /**
   * How tokens are averaged: `grpo` over each completion, then over completions (Shao et al., 2024); `bnpo` and `dapo` over all tokens (Yu et al., 2025);
   * `dr-grpo` by a fixed number of tokens for each completion, `maxLength` (Liu et al., 2025).
   */
  readonly aggregation: 'grpo' | 'bnpo' | 'dapo' | 'dr-grpo';
  /** ρ is clipped to [1 − clipRange, 1 + clipRangeHigh]. */
  readonly clipRange: number;
  /** Default: `clipRange`; DAPO's is 0.28. */
  readonly clipRangeHigh?: number | undefined;
  /** β of the KL divergence from the reference, estimated by k3 for each token; 0 for none. */
  readonly beta: number;
  /** Of single tokens, or of completions, by the mean over their tokens (Zheng et al., 2025, GSPO). Default `token`. */
  readonly importanceSampling?: 'token' | 'sequence';
  /** The tokens that a completion may have; default: the time axis. */
  readonly maxLength?: number | undefined;
}

/** The loss, a scalar, and what is worth reporting: the KL divergence by token, the fractions of tokens that were clipped. */
export type GrpoLoss = Readonly<Record<'loss' | 'kl' | 'clipLow' | 'clipHigh', t.Tensor>>;

/**
 * Inside a program: group-relative policy optimization (Shao et al., 2024),
 *
 *     L(θ) = mean over tokens of −min(ρₜ A, clip(ρₜ, 1 − ε, 1 + ε) A) + β k3ₜ,   ρₜ = π(yₜ | y_{<t}; θ) / π_old(yₜ | y_{<t})
 */
export function grpoLoss(batch: GrpoBatch, options: GrpoLossOptions): GrpoLoss {
  t.checkArguments('grpoLoss', options, checks);
  const { logProbabilities, oldLogProbabilities, referenceLogProbabilities, mask } = batch;
  const { clipRange, clipRangeHigh = clipRange, beta, aggregation, importanceSampling = 'token' } = options;
  const advantages = t.expandDims(batch.advantages, 1);
  const difference = masked(t.sub(logProbabilities, oldLogProbabilities), mask);
  const logRatio = importanceSampling === 'token' ? difference : sequenceRatio(difference, mask);
  const ratio = t.exp(logRatio);
  const clipped = t.clip(ratio, 1 - clipRange, 1 + clipRangeHigh);
  const surrogate = t.minimum(t.mul(ratio, advantages), t.mul(clipped, advantages));
  const kl = klEstimate(masked(logProbabilities, mask), masked(referenceLogProbabilities, mask), 'k3');
  const losses = beta === 0 ? t.neg(surrogate) : t.add(t.neg(surrogate), t.mul(beta, kl));
  const isLow = t.logicalAnd(t.less(ratio, 1 - clipRange), t.less(advantages, 0));
  const isHigh = t.logicalAnd(t.greater(ratio, 1 + clipRangeHigh), t.greater(advantages, 0));
  return {
    loss: aggregate(losses, mask, aggregation, options.maxLength ?? mask.shape[1]),
    kl: maskedMean(kl, mask),
    clipLow: maskedMean(t.cast(isLow, 'float32'), mask),
    clipHigh: maskedMean(t.cast(isHigh, 'float32'), mask),
  };
}

const checks = {
  aggregation: t.oneOf('grpo', 'bnpo', 'dapo', 'dr-grpo'),
  clipRange: t.nonNegativeNumber,
  clipRangeHigh: t.optional(t.nonNegativeNumber),
  beta: t.nonNegativeNumber,
  importanceSampling: t.optional(t.oneOf('token', 'sequence')),
  maxLength: t.optional(t.positiveInteger),
};

/** The mean of a completion's log-ratios at each of its tokens. */
function sequenceRatio(difference: t.Tensor, mask: t.Tensor): t.Tensor {
  const mean = t.div(sequenceSum(difference, mask), t.sum(mask, { axis: 1 }));
  return t.broadcastTo(t.expandDims(mean, 1), mask.shape);
}

function aggregate(
  losses: t.Tensor,
  mask: t.Tensor,
  aggregation: GrpoLossOptions['aggregation'],
  maxLength: number,
): t.Tensor {
  switch (aggregation) {
    case 'grpo':
      return t.mean(t.div(sequenceSum(losses, mask), t.sum(mask, { axis: 1 })));
    case 'bnpo':
    case 'dapo':
      return maskedMean(losses, mask);
    case 'dr-grpo':
      return t.div(t.sum(masked(losses, mask)), mask.shape[0] * maxLength);
  }
}
