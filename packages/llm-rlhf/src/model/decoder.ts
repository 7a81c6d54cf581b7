import { aFunction, anObject, objectOf } from '@gradus/core';
import * as t from '@gradus/tensor';
import type { Architecture, Attend } from './architecture.ts';
import { causal, causalBehindPadding } from './attention.ts';
import { readConfig, sizesOf, type ModelConfig, type ModelSizes } from './config.ts';
import { gpt2 } from './gpt2.ts';
import { gptNeoX } from './gpt-neox.ts';
import { llama } from './llama.ts';

/** Where tokens stand, and which of them are text. */
export interface TextLayout {
  /** Of left-padded texts: [rows, time], 1 for tokens and 0 for padding before them. Absent: texts begin at position 0, and padding may only follow. */
  readonly isText?: t.Tensor | undefined;
}

/** A decoder-only transformer (Vaswani et al., 2017; Radford et al., 2019): a program's part that says what comes next. */
export interface Decoder {
  readonly config: ModelConfig;
  readonly sizes: ModelSizes;
  /** Weights, with the names and shapes of Hugging Face's files. */
  readonly parameters: t.Parameters;
  /** What the last layer makes of each token: int32 tokens [rows, time] → [rows, time, width]. */
  readonly hidden: (tokens: t.Tensor, layout?: TextLayout) => t.Tensor;
  /** The same where attention and positions (int32 [rows, time]) are somebody else's, as in generation. */
  readonly hiddenAt: (tokens: t.Tensor, positions: t.Tensor, attend: Attend) => t.Tensor;
  /** Positions of left-padded texts, which count tokens: [rows, time] of 0 and 1 → int32 [rows, time], 0 for padding. */
  readonly positionsOf: (isText: t.Tensor) => t.Tensor;
  /** Of hidden states: [rows, time, width] → [rows, time, vocabulary]; those of position i are of token i + 1. */
  readonly head: (hidden: t.Tensor) => t.Tensor;
  /** `head(hidden(…))`. */
  readonly logits: (tokens: t.Tensor, layout?: TextLayout) => t.Tensor;
}

/**
 * A decoder with new weights, drawn as transformers draws them (normal, deviation 0.02), of the kind and sizes that a Hugging Face `config.json` tells.
 * @throws ModelError for a config that is not supported.
 */
export function createDecoder(config: ModelConfig, random: t.RandomSource): Decoder {
  const read = readConfig(config);
  const sizes = sizesOf(read);
  const architecture = architectureOf(read, random);
  const { embed, block, normalize, head, parameters } = architecture;
  const hiddenAt: Decoder['hiddenAt'] = (tokens, positions, attend) => {
    let x = embed(tokens, positions);
    for (let layer = 0; layer < sizes.layers; layer++) x = block(x, layer, positions, attend);
    return normalize(x);
  };
  const hidden: Decoder['hidden'] = (tokens, { isText } = {}) => {
    if (isText === undefined) {
      const positions = t.broadcastTo(t.expandDims(t.range(tokens.shape[1]), 0), tokens.shape);
      return hiddenAt(tokens, positions, causal);
    }
    return hiddenAt(tokens, positionsOf(isText), causalBehindPadding(isText));
  };
  const logits: Decoder['logits'] = (tokens, layout) => head(hidden(tokens, layout));
  return { config: read, sizes, parameters, hidden, hiddenAt, positionsOf, head, logits };
}

/** A decoder whose weights are about to be replaced: nothing is drawn for it. */
export function emptyDecoder(config: ModelConfig): Decoder {
  return createDecoder(config, { nextFloat: () => 0, normal: () => 0 });
}

/** A decoder with the same weights in memory of its own, such as a reference that stays as a policy was. */
export function copyDecoder(decoder: Decoder): Decoder {
  t.checkArguments('copyDecoder', { decoder }, { decoder: aDecoder });
  const copy = emptyDecoder(decoder.config);
  t.copyParameters(decoder.parameters, copy.parameters);
  return copy;
}

/** A check of arguments. */
export const aDecoder: t.OptionCheck = objectOf('a decoder (of createDecoder or loadDecoder)', {
  config: anObject,
  sizes: anObject,
  parameters: anObject,
  hiddenAt: aFunction,
});

function architectureOf(config: ModelConfig, random: t.RandomSource): Architecture {
  switch (config.model_type) {
    case 'gpt2':
      return gpt2(config, random);
    case 'llama':
      return llama(config, random);
    case 'gpt_neox':
      return gptNeoX(config, random);
  }
}

function positionsOf(isText: t.Tensor): t.Tensor {
  return t.cast(t.maximum(t.sub(t.cumulativeSum(t.cast(isText, 'float32'), { axis: 1 }), 1), 0), 'int32');
}
