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

/** `config.json` of GPT-2 (Radford et al., 2019). */
export interface Gpt2Config {
  readonly model_type: 'gpt2';
  readonly vocab_size: number;
  /** Longest text. */
  readonly n_positions: number;
  /** Width. */
  readonly n_embd: number;
  readonly n_layer: number;
  readonly n_head: number;
  /** Width of the feed-forward networks; `null`: four times the model's. */
  readonly n_inner: number | null;
  readonly activation_function: string;
  readonly layer_norm_epsilon: number;
  readonly tie_word_embeddings: boolean;
  /** Deviation of weights that are drawn; absent: 0.02. */
  readonly initializer_range?: number;
}

/** x ← x + attention(norm(x)), x ← x + mlp(norm(x)), with learned positions and GPT-2's initialization. */
export function gpt2(config: Gpt2Config, list: ParameterList): Architecture {
  const { vocab_size: vocabulary, n_positions: positions, n_embd: width, n_layer: layers, n_head: heads } = config;
  const inner = config.n_inner ?? 4 * width;
  const activation = feedForwardActivations[config.activation_function];
  const deviation = config.initializer_range ?? 0.02;
  // Each layer adds twice to the residual stream.
  const projectionDeviation = deviation / Math.sqrt(2 * layers);

  /** x W + b with W [input, output], as GPT-2's files have it. */
  const linear = (name: string, input: number, output: number, spread: number): ((x: t.Tensor) => t.Tensor) => {
    const weight = list.normal(`${name}.weight`, [input, output], spread);
    const bias = list.constant(`${name}.bias`, [output], 0);
    return (x) => t.add(list.adapted(name, x, t.matmul(x, weight)), bias);
  };

  const tokenTable = list.normal('transformer.wte.weight', [vocabulary, width], deviation);
  const positionTable = list.normal('transformer.wpe.weight', [positions, width], deviation);
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const name = `transformer.h.${layer}`;
    const attentionNorm = list.layerNorm(`${name}.ln_1`, width, config.layer_norm_epsilon);
    const queryKeyValue = linear(`${name}.attn.c_attn`, width, 3 * width, deviation);
    const projection = linear(`${name}.attn.c_proj`, width, width, projectionDeviation);
    const feedForwardNorm = list.layerNorm(`${name}.ln_2`, width, config.layer_norm_epsilon);
    const up = linear(`${name}.mlp.c_fc`, width, inner, deviation);
    const down = linear(`${name}.mlp.c_proj`, inner, width, projectionDeviation);
    return (x: t.Tensor, attend: Attend, read: Read): t.Tensor => {
      const [q, k, v] = t.split(queryKeyValue(attentionNorm(x)), 3).map((part) => splitHeads(part, heads));
      const attended = t.add(read(x), projection(read(joinHeads(attend(layer, q, k, v)))));
      return t.add(attended, down(activation(up(feedForwardNorm(attended)))));
    };
  });
  const normalize = list.layerNorm('transformer.ln_f', width, config.layer_norm_epsilon);
  const head = config.tie_word_embeddings ? tokenTable : list.normal('lm_head.weight', [vocabulary, width], deviation);
  return {
    parameters: list.parameters,
    embed: (tokens, at) => t.add(t.embedding(tokenTable, tokens), t.embedding(positionTable, at)),
    block: (x, layer, _positions, attend, read) => blocks[layer](x, attend, read),
    normalize,
    head: (x) => t.matmul(x, t.transpose(head)),
  };
}
