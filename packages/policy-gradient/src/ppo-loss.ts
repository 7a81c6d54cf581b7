import { approximateKl, type Distribution } from '@gradus/core';
import * as t from '@gradus/tensor';
import type { PpoOptions } from './ppo.ts';
import { standardize } from './programs/standardize.ts';

/** What the loss needs to know of a minibatch: [rows], actions [rows] or [rows × size], and the two limits. */
export type PpoBatch = Readonly<
  Record<
    'actions' | 'logProbabilities' | 'advantages' | 'returns' | 'values' | 'clipRange' | 'clipRangeValue',
    t.Tensor
  >
>;

/** The parts of the loss that options decide. */
export type PpoLossOptions = Pick<
  PpoOptions,
  'normalizeAdvantage' | 'clipRangeValue' | 'valueCoefficient' | 'entropyCoefficient'
>;

/** PPO's loss, a scalar, and what is worth reporting of it. */
export type PpoLoss = Readonly<
  Record<'loss' | 'policyLoss' | 'valueLoss' | 'entropy' | 'kl' | 'clipFraction', t.Tensor>
>;

/** Inside a program: ρ, [rows], and how far the policy is from the one that chose the actions. */
export function policyChange(
  policy: Distribution,
  { actions, logProbabilities }: Pick<PpoBatch, 'actions' | 'logProbabilities'>,
): Readonly<Record<'ratio' | 'kl', t.Tensor>> {
  const logRatio = t.sub(policy.logProbability(actions), logProbabilities);
  const ratio = t.exp(logRatio);
  return { ratio, kl: t.mean(approximateKl(logRatio)) };
}

/** Inside a program: the loss of {@link PpoOptions}, without a KL penalty, of present π and v over a minibatch. */
export function ppoLoss(policy: Distribution, values: t.Tensor, batch: PpoBatch, options: PpoLossOptions): PpoLoss {
  // One number has no standard deviation.
  const normalizes = options.normalizeAdvantage && values.shape[0] > 1;
  const advantages = normalizes ? standardize(batch.advantages) : batch.advantages;

  const { ratio, kl } = policyChange(policy, batch);
  const clipped = t.clip(ratio, t.sub(1, batch.clipRange), t.add(1, batch.clipRange));
  const policyLoss = t.neg(t.mean(t.minimum(t.mul(ratio, advantages), t.mul(clipped, advantages))));

  let errors = t.square(t.sub(values, batch.returns));
  if (options.clipRangeValue !== null) {
    const change = t.clip(t.sub(values, batch.values), t.neg(batch.clipRangeValue), batch.clipRangeValue);
    errors = t.maximum(errors, t.square(t.sub(t.add(batch.values, change), batch.returns)));
  }
  const valueLoss = t.mean(errors);
  const entropy = t.mean(policy.entropy());
  const { valueCoefficient, entropyCoefficient } = options;
  const loss = t.sub(t.add(policyLoss, t.mul(valueCoefficient, valueLoss)), t.mul(entropyCoefficient, entropy));
  const clipFraction = t.mean(t.greater(t.abs(t.sub(ratio, 1)), batch.clipRange));
  return { loss, policyLoss, valueLoss, entropy, kl, clipFraction };
}
