import * as t from '@gradus/tensor';
import { logProbabilitiesOf, masked, maskedMean, shifted, tokenEntropy } from './log-probabilities.ts';

/** The loss of supervised fine-tuning, a scalar, and what is worth reporting of it. */
export type SftLoss = Readonly<Record<'loss' | 'entropy' | 'meanTokenAccuracy', t.Tensor>>;

/**
 * Inside a program: what a text costs that is to be imitated,
 *
 *     L(θ) = −Σ mₜ log π(yₜ | y_{<t}; θ) / Σ mₜ
 *
 * logits [rows, time, vocabulary] and tokens [rows, time] of the same positions, `mask` [rows, time] of the tokens that count: 1 in completions, and in
 * prompts a weight of one's own (0 as in TRL, 1 as in Huang et al., 2024). The first token of a row is never scored.
 */
export function sftLoss(logits: t.Tensor, tokens: t.Tensor, mask: t.Tensor): SftLoss {
  const next = shifted(logits, tokens);
  const [rows, time] = tokens.shape;
  const weights = t.slice(mask, [0, 1], [rows, time - 1]);
  const logProbabilities = logProbabilitiesOf(next.logits, next.tokens);
  const isRight = t.cast(t.equal(t.argmax(next.logits), next.tokens), 'float32');
  return {
    loss: t.neg(t.div(t.sum(t.mul(masked(logProbabilities, weights), weights)), t.sum(weights))),
    entropy: maskedMean(tokenEntropy(next.logits), t.cast(t.greaterEqual(weights, 1), 'float32')),
    meanTokenAccuracy: maskedMean(isRight, t.cast(t.greaterEqual(weights, 1), 'float32')),
  };
}
