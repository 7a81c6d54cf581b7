import * as t from '@gradus/tensor';
import {
  feedForwardActivations,
  joinHeads,
  type ParameterList,
  type Architecture,
  type Attend,
  type Read,
} from './architecture.ts';
import { rotary } from './rotary.ts';

/** `config.json` of GPT-NeoX and Pythia (Black et al., 2022; Biderman et al., 2023). */
export interface GptNeoXConfig {
  readonly model_type: 'gpt_neox';
  readonly vocab_size: number;
  /** Width. */
  readonly hidden_size: number;
  /** Width of the feed-forward networks. */
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** Longest text. */
  readonly max_position_embeddings: number;
  /** Fraction of a head that positions turn. */
  readonly rotary_pct: number;
  /** θ of the rotary positions. */
  readonly rotary_emb_base: number;
  /** Whether attention and feed-forward network see the same input. */
  readonly use_parallel_residual: boolean;
  readonly hidden_act: string;
  readonly layer_norm_eps: number;
  readonly attention_bias: boolean;
  readonly tie_word_embeddings: boolean;
  /** Deviation of weights that are drawn; absent: 0.02. */
  readonly initializer_range?: number;
}

/** x ← x + attention(norm₁(x)) + mlp(norm₂(x)), both of the same x, with positions that turn a part of each head. */
export function gptNeoX(config: GptNeoXConfig, list: ParameterList): Architecture {
  const { vocab_size: vocabulary, hidden_size: width, intermediate_size: inner, layer_norm_eps: epsilon } = config;
  const { num_hidden_layers: layers, num_attention_heads: heads, use_parallel_residual: isParallel } = config;
  const size = width / heads;
  const activation = feedForwardActivations[config.hidden_act];
  const turned = Math.floor(size * config.rotary_pct);
  const turn = rotary({ size: turned, base: config.rotary_emb_base, positions: config.max_position_embeddings });
  const deviation = config.initializer_range ?? 0.02;
  const tokenTable = list.normal('gpt_neox.embed_in.weight', [vocabulary, width], deviation);
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const name = `gpt_neox.layers.${layer}`;
    const attentionNorm = list.layerNorm(`${name}.input_layernorm`, width, epsilon);
    const feedForwardNorm = list.layerNorm(`${name}.post_attention_layernorm`, width, epsilon);
    const queryKeyValue = list.linear(
      `${name}.attention.query_key_value`,
      width,
      3 * width,
      deviation,
      config.attention_bias,
    );
    const projection = list.linear(`${name}.attention.dense`, width, width, deviation, config.attention_bias);
    const up = list.linear(`${name}.mlp.dense_h_to_4h`, width, inner, deviation, true);
    const down = list.linear(`${name}.mlp.dense_4h_to_h`, inner, width, deviation, true);
    return (x: t.Tensor, positions: t.Tensor, attend: Attend, read: Read): t.Tensor => {
      const [rows, time] = x.shape;
      // Query, key and value of each head stand side by side.
      const perHead = t.reshape(queryKeyValue(attentionNorm(x)), [rows, time, heads, 3 * size]);
      const [q, k, v] = t.split(t.transpose(perHead, [0, 2, 1, 3]), 3);
      const attended = projection(read(joinHeads(attend(layer, turn(q, positions), turn(k, positions), v))));
      const feedForward = (input: t.Tensor): t.Tensor => down(activation(up(feedForwardNorm(input))));
      const before = read(x);
      const sum = t.add(before, attended);
      return t.add(sum, feedForward(isParallel ? before : sum));
    };
  });
  const normalize = list.layerNorm('gpt_neox.final_layer_norm', width, epsilon);
  const head = config.tie_word_embeddings
    ? tokenTable
    : list.normal('embed_out.weight', [vocabulary, width], deviation);
  return {
    parameters: list.parameters,
    embed: (tokens) => t.embedding(tokenTable, tokens),
    block: (x, layer, positions, attend, read) => blocks[layer](x, positions, attend, read),
    normalize,
    head: (x) => t.matmul(x, t.transpose(head)),
  };
}
