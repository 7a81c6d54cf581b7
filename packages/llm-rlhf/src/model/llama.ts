import * as t from '@gradus/tensor';
import {
  feedForwardActivations,
  joinHeads,
  type ParameterList,
  splitHeads,
  type Architecture,
  type Attend,
  type Read,
} from './architecture.ts';
import { rotary } from './rotary.ts';

/** `config.json` of Llama (Touvron et al., 2023). */
export interface LlamaConfig {
  readonly model_type: 'llama';
  readonly vocab_size: number;
  /** Width. */
  readonly hidden_size: number;
  /** Width of the feed-forward networks. */
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** Heads of keys and values, a divisor of those of queries. */
  readonly num_key_value_heads: number;
  /** Elements of a head; default: hidden_size / num_attention_heads. */
  readonly head_dim?: number;
  /** Longest text. */
  readonly max_position_embeddings: number;
  readonly rms_norm_eps: number;
  /** θ of the rotary positions. */
  readonly rope_theta: number;
  readonly hidden_act: string;
  readonly attention_bias: boolean;
  readonly mlp_bias: boolean;
  readonly tie_word_embeddings: boolean;
  /** Deviation of weights that are drawn; absent: 0.02. */
  readonly initializer_range?: number;
}

/** x ← x + attention(norm(x)), x ← x + (silu(x G) ⊙ x U) D, with root-mean-square norms, rotary positions and grouped queries. */
export function llama(config: LlamaConfig, list: ParameterList): Architecture {
  const { vocab_size: vocabulary, hidden_size: width, intermediate_size: inner, rms_norm_eps: epsilon } = config;
  const { num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: groups } = config;
  const size = config.head_dim ?? width / heads;
  const activation = feedForwardActivations[config.hidden_act];
  const turn = rotary({ size, base: config.rope_theta, positions: config.max_position_embeddings });
  const deviation = config.initializer_range ?? 0.02;
  const tokenTable = list.normal('model.embed_tokens.weight', [vocabulary, width], deviation);
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const name = `model.layers.${layer}`;
    const attention = (part: string, input: number, output: number): ((x: t.Tensor) => t.Tensor) =>
      list.linear(`${name}.self_attn.${part}_proj`, input, output, deviation, config.attention_bias);
    const feedForward = (part: string, input: number, output: number): ((x: t.Tensor) => t.Tensor) =>
      list.linear(`${name}.mlp.${part}_proj`, input, output, deviation, config.mlp_bias);
    const query = attention('q', width, heads * size);
    const key = attention('k', width, groups * size);
    const value = attention('v', width, groups * size);
    const projection = attention('o', heads * size, width);
    const gate = feedForward('gate', width, inner);
    const up = feedForward('up', width, inner);
    const down = feedForward('down', inner, width);
    const attentionNorm = list.rmsNorm(`${name}.input_layernorm`, width, epsilon);
    const feedForwardNorm = list.rmsNorm(`${name}.post_attention_layernorm`, width, epsilon);
    return (input: t.Tensor, positions: t.Tensor, attend: Attend, read: Read): t.Tensor => {
      const x = attentionNorm(input);
      const q = turn(splitHeads(query(x), heads), positions);
      const k = turn(splitHeads(key(x), groups), positions);
      const v = splitHeads(value(x), groups);
      const attended = t.add(read(input), projection(read(joinHeads(attend(layer, q, k, v)))));
      const y = feedForwardNorm(attended);
      return t.add(attended, down(t.mul(activation(gate(y)), up(y))));
    };
  });
  const normalize = list.rmsNorm('model.norm', width, epsilon);
  const head = config.tie_word_embeddings ? tokenTable : list.normal('lm_head.weight', [vocabulary, width], deviation);
  return {
    parameters: list.parameters,
    embed: (tokens) => t.embedding(tokenTable, tokens),
    block: (x, layer, positions, attend, read) => blocks[layer](x, positions, attend, read),
    normalize,
    head: (x) => t.matmul(x, t.transpose(head)),
  };
}
