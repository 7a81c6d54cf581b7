import * as t from '@gradus/tensor';
import type { Decoder, TextLayout } from './decoder.ts';

/** One number of each token's hidden state: what a reward model says of a text, or a critic of what is to come. */
export interface ScalarHead {
  readonly parameters: t.Parameters;
  /** [rows, time, width] → [rows, time]. */
  readonly apply: (hidden: t.Tensor) => t.Tensor;
}

/** h ↦ w · h: parameter `score.weight` [1, width], as in Hugging Face's models for sequence classification, drawn with deviation 1 / √(width + 1) (Huang et al., 2024). */
export function rewardHead(width: number, random: t.RandomSource): ScalarHead {
  t.checkArguments('rewardHead', { width }, { width: t.positiveInteger });
  const weight = t.parameter('score.weight', [1, width], t.normalInitializer(1 / Math.sqrt(width + 1)), random);
  return { parameters: { 'score.weight': weight }, apply: (hidden) => project(hidden, weight) };
}

/** h ↦ w · h + b: parameters `summary.weight` [1, width] and `summary.bias` [1], as TRL names them; all 0 at first (Ziegler et al., 2019). */
export function valueHead(width: number): ScalarHead {
  t.checkArguments('valueHead', { width }, { width: t.positiveInteger });
  const weight = t.variable([1, width], undefined, { name: 'summary.weight' });
  const bias = t.variable([1], undefined, { name: 'summary.bias' });
  return {
    parameters: { 'summary.weight': weight, 'summary.bias': bias },
    apply: (hidden) => t.add(project(hidden, weight), bias),
  };
}

function project(hidden: t.Tensor, weight: t.Variable): t.Tensor {
  return t.squeeze(t.matmul(hidden, t.transpose(weight)), -1);
}

/**
 * Inside a program: the reward of texts, what the head says at each one's last token: int32 tokens [rows, time], `last` int32 [rows] → [rows]. What a head says
 * of earlier tokens means nothing.
 */
export function textRewards(
  decoder: Decoder,
  head: ScalarHead,
  tokens: t.Tensor,
  last: t.Tensor,
  layout?: Pick<TextLayout, 'isText'>,
): t.Tensor {
  return t.squeeze(head.apply(decoder.hidden(tokens, { ...layout, read: t.expandDims(last, 1) })), 1);
}
