import { aFunction, anObject, havingMethods, objectOf } from '@gradus/core';
import * as t from '@gradus/tensor';
import { ParameterList, type Architecture, type Attend, type Read } from './architecture.ts';
import { causal, causalBehindPadding } from './attention.ts';
import { readConfig, sizesOf, type ModelConfig, type ModelSizes, type NewModelConfig } from './config.ts';
import { gpt2 } from './gpt2.ts';
import { gptNeoX } from './gpt-neox.ts';
import { llama } from './llama.ts';

/** Where tokens stand, which of them are text, and which are read. */
export interface TextLayout {
  /** Of left-padded texts: [rows, time], 1 for tokens and 0 for padding before them. Absent: texts begin at position 0, and padding may only follow. */
  readonly isText?: t.Tensor | undefined;
  /** Positions of each row whose hidden states are wanted, int32 [rows, count] in [0, time), else `run` throws a RangeError: the last layer then leaves out the others. Absent: all, as they stand. */
  readonly read?: t.Tensor | undefined;
}

/** Adapters of low rank, as PEFT's `adapter_config.json` tells. */
export interface LoraConfig {
  /** r. */
  readonly rank: number;
  /** α: what adapters add is scaled by α / r. */
  readonly alpha: number;
  /** Linear layers, by the ends of their names: `q_proj` or `mlp.c_proj`. */
  readonly targets: readonly string[];
}

/** A decoder-only transformer (Vaswani et al., 2017; Radford et al., 2019): a program's part that says what comes next. */
export interface Decoder {
  readonly config: ModelConfig;
  readonly sizes: ModelSizes;
  /** What is trained: weights, with the names and shapes of Hugging Face's files; of a decoder with adapters these alone. */
  readonly parameters: t.Parameters;
  /** The decoder below adapters, whose weights stay as they are: a reference that costs nothing. Absent: there are no adapters. */
  readonly base?: Decoder;
  /** What adapters there are, where there are any. */
  readonly adapters?: LoraConfig;
  /** What the last layer makes of each token: int32 tokens [rows, time] → [rows, time, width], or [rows, count, width] of those that are read. */
  readonly hidden: (tokens: t.Tensor, layout?: TextLayout) => t.Tensor;
  /** The same where attention and positions (int32 [rows, time]) are somebody else's, as in generation; `read` as in {@link TextLayout}. */
  readonly hiddenAt: (tokens: t.Tensor, positions: t.Tensor, attend: Attend, read?: t.Tensor) => t.Tensor;
  /** Positions of left-padded texts, which count tokens: [rows, time] of 0 and 1 → int32 [rows, time], 0 for padding. */
  readonly positionsOf: (isText: t.Tensor) => t.Tensor;
  /** Of hidden states: [rows, time, width] → [rows, time, vocabulary]; those of position i are of token i + 1. */
  readonly head: (hidden: t.Tensor) => t.Tensor;
  /** `head(hidden(…))`. */
  readonly logits: (tokens: t.Tensor, layout?: TextLayout) => t.Tensor;
}

/** What new weights are drawn by. */
export const drawsWeights: t.OptionCheck = havingMethods('a source of random numbers (Random)', 'nextFloat', 'normal');

/**
 * A decoder with new weights, drawn as transformers draws them (normal, deviation `initializer_range`, or 0.02), of the kind and sizes that a Hugging Face `config.json` tells.
 * @throws ModelError for a config that is not supported.
 */
export function createDecoder(config: NewModelConfig, random: t.RandomSource): Decoder {
  t.checkArguments('createDecoder', { random }, { random: drawsWeights });
  const list = new ParameterList((name, shape, initializer) => t.parameter(name, shape, initializer, random));
  return decoderOfParameters(readConfig(config), list);
}

/**
 * The decoder with adapters on some of its linear layers, by the names of PEFT: x W + (α / r) x Aᵀ Bᵀ, A [rank, input], B [output, rank]. Its parameters are the
 * adapters', its other weights those of `base`.
 */
export function adaptedDecoder(base: Decoder, parameters: t.Parameters, adapters: LoraConfig): Decoder {
  const scale = adapters.alpha / adapters.rank;
  const list = new ParameterList(
    (name) => base.parameters[name],
    (name, x) => {
      const [a, b] = ['A', 'B'].map((letter) => parameters[adapterName(name, letter)]);
      if (a === undefined) return undefined;
      return t.mul(t.matmul(t.matmul(x, t.transpose(a)), t.transpose(b)), scale);
    },
  );
  return { ...decoderOfParameters(base.config, list), parameters, base, adapters };
}

/** What PEFT calls the matrix A or B of a linear layer. */
export function adapterName(layer: string, letter: string): string {
  return `base_model.model.${layer}.lora_${letter}.weight`;
}

function decoderOfParameters(config: ModelConfig, list: ParameterList): Decoder {
  const sizes = sizesOf(config);
  const architecture = architectureOf(config, list);
  const { embed, block, normalize, head, parameters } = architecture;
  const hiddenAt: Decoder['hiddenAt'] = (tokens, positions, attend, read) => {
    const all: Read = (x) => x;
    // Later layers look at what earlier ones make of every position; nothing looks at the last one's but who reads it.
    const wanted: Read = read === undefined ? all : (x) => atPositions(x, read);
    const last = sizes.layers - 1;
    let x = embed(tokens, positions);
    for (let layer = 0; layer <= last; layer++) x = block(x, layer, positions, attend, layer === last ? wanted : all);
    return normalize(x);
  };
  const hidden: Decoder['hidden'] = (tokens, { isText, read } = {}) => {
    if (isText === undefined) {
      const positions = t.broadcastTo(t.expandDims(t.range(tokens.shape[1]), 0), tokens.shape);
      return hiddenAt(tokens, positions, causal, read);
    }
    return hiddenAt(tokens, positionsOf(isText), causalBehindPadding(isText), read);
  };
  const logits: Decoder['logits'] = (tokens, layout) => head(hidden(tokens, layout));
  return { config, sizes, parameters, hidden, hiddenAt, positionsOf, head, logits };
}

/** A decoder whose weights are about to be replaced: nothing is drawn for it. */
export function emptyDecoder(config: ModelConfig): Decoder {
  return createDecoder(config, { nextFloat: () => 0, normal: () => 0 });
}

/** A decoder with the same weights in memory of its own, such as a reference that stays as a policy was; of one with adapters these are copied, and the base is shared. */
export function copyDecoder(decoder: Decoder): Decoder {
  t.checkArguments('copyDecoder', { decoder }, { decoder: aDecoder });
  const { base, adapters, parameters } = decoder;
  const copy =
    base === undefined || adapters === undefined
      ? emptyDecoder(decoder.config)
      : adaptedDecoder(base, emptyParameters(parameters), adapters);
  t.copyParameters(parameters, copy.parameters);
  return copy;
}

function emptyParameters(parameters: t.Parameters): t.Parameters {
  const entries = Object.entries(parameters);
  return Object.fromEntries(entries.map(([name, { shape }]) => [name, t.variable(shape, undefined, { name })]));
}

/** A check of arguments. */
export const aDecoder: t.OptionCheck = objectOf('a decoder (of createDecoder or loadDecoder)', {
  config: anObject,
  sizes: anObject,
  parameters: anObject,
  hiddenAt: aFunction,
});

/** A decoder whose weights are all its own. */
export const aPlainDecoder: t.OptionCheck = {
  expected: 'a decoder without adapters (as mergeLora makes of one with them)',
  accepts: (value) => aDecoder.accepts(value) && (value as Decoder).base === undefined,
};

function architectureOf(config: ModelConfig, list: ParameterList): Architecture {
  switch (config.model_type) {
    case 'gpt2':
      return gpt2(config, list);
    case 'llama':
      return llama(config, list);
    case 'gpt_neox':
      return gptNeoX(config, list);
  }
}

/** Some positions of each row: x [rows, time, width], positions int32 [rows, count] → [rows, count, width]. `run` throws a RangeError for one outside [0, time). */
function atPositions(x: t.Tensor, positions: t.Tensor): t.Tensor {
  const [rows, time, width] = x.shape;
  const firsts = t.expandDims(t.mul(t.range(rows), time), 1);
  const isInside = t.logicalAnd(t.greaterEqual(positions, 0), t.less(positions, time));
  // One that is not inside would be found in another row.
  return t.embedding(t.reshape(x, [rows * time, width]), t.where(isInside, t.add(positions, firsts), -1));
}

function positionsOf(isText: t.Tensor): t.Tensor {
  return t.cast(t.maximum(t.sub(t.cumulativeSum(t.cast(isText, 'float32'), { axis: 1 }), 1), 0), 'int32');
}
