import {
  flag,
  fraction,
  nullable,
  oneOf,
  optional,
  positiveInteger,
  positiveNumber,
  valueText,
  type OptionCheck,
} from '@gradus/tensor';
import { feedForwardActivations } from './architecture.ts';
import type { Gpt2Config } from './gpt2.ts';
import type { GptNeoXConfig } from './gpt-neox.ts';
import type { LlamaConfig } from './llama.ts';

/** What a decoder is: the part of Hugging Face's `config.json` that decides what it computes. */
export type ModelConfig = Gpt2Config | LlamaConfig | GptNeoXConfig;

/** A `ModelConfig` in which what has a default, transformers' own, may be left out. */
export type NewModelConfig =
  | Needed<Gpt2Config, 'vocab_size' | 'n_embd' | 'n_layer' | 'n_head'>
  | Needed<LlamaConfig, SizeName>
  | Needed<GptNeoXConfig, SizeName>;
type SizeName = 'vocab_size' | 'hidden_size' | 'intermediate_size' | 'num_hidden_layers' | 'num_attention_heads';
type Needed<Config extends ModelConfig, Name extends keyof Config> = Pick<Config, 'model_type' | Name> &
  Partial<Config>;

/** A model's files are not what they should be, or of a kind that is not supported. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

interface Field {
  readonly check: OptionCheck;
  /** What transformers takes where the file does not say; without one the field is needed. */
  readonly default?: unknown;
}
type Fields<Config> = Readonly<Record<Exclude<keyof Config, 'model_type'>, Field>>;

const needed = (check: OptionCheck): Field => ({ check });
const usually = (check: OptionCheck, value: unknown): Field => ({ check, default: value });
const isActivation = oneOf(...Object.keys(feedForwardActivations));

const fields: { readonly [Type in ModelConfig['model_type']]: Fields<Extract<ModelConfig, { model_type: Type }>> } = {
  gpt2: {
    vocab_size: needed(positiveInteger),
    n_positions: usually(positiveInteger, 1024),
    n_embd: needed(positiveInteger),
    n_layer: needed(positiveInteger),
    n_head: needed(positiveInteger),
    n_inner: usually(nullable(positiveInteger), null),
    activation_function: usually(isActivation, 'gelu_new'),
    layer_norm_epsilon: usually(positiveNumber, 1e-5),
    tie_word_embeddings: usually(flag, true),
    initializer_range: usually(optional(positiveNumber), undefined),
  },
  llama: {
    vocab_size: needed(positiveInteger),
    hidden_size: needed(positiveInteger),
    intermediate_size: needed(positiveInteger),
    num_hidden_layers: needed(positiveInteger),
    num_attention_heads: needed(positiveInteger),
    num_key_value_heads: { check: positiveInteger, default: 'num_attention_heads' },
    head_dim: usually(optional(positiveInteger), undefined),
    max_position_embeddings: usually(positiveInteger, 2048),
    rms_norm_eps: usually(positiveNumber, 1e-6),
    rope_theta: usually(positiveNumber, 10000),
    hidden_act: usually(isActivation, 'silu'),
    attention_bias: usually(flag, false),
    mlp_bias: usually(flag, false),
    tie_word_embeddings: usually(flag, false),
    initializer_range: usually(optional(positiveNumber), undefined),
  },
  gpt_neox: {
    vocab_size: needed(positiveInteger),
    hidden_size: needed(positiveInteger),
    intermediate_size: needed(positiveInteger),
    num_hidden_layers: needed(positiveInteger),
    num_attention_heads: needed(positiveInteger),
    max_position_embeddings: usually(positiveInteger, 2048),
    rotary_pct: usually(fraction, 0.25),
    rotary_emb_base: usually(positiveNumber, 10000),
    use_parallel_residual: usually(flag, true),
    hidden_act: usually(isActivation, 'gelu'),
    layer_norm_eps: usually(positiveNumber, 1e-5),
    attention_bias: usually(flag, true),
    tie_word_embeddings: usually(flag, false),
    initializer_range: usually(optional(positiveNumber), undefined),
  },
};

/** What would change the numbers that a model computes, and is not built. */
const unsupported: Readonly<Record<string, (value: unknown) => boolean>> = {
  rope_scaling: (value) => value !== null && !isUsualRope(value),
  sliding_window: (value) => value !== null,
  pretraining_tp: (value) => value !== 1,
  scale_attn_by_inverse_layer_idx: (value) => value === true,
  scale_attn_weights: (value) => value === false,
  add_cross_attention: (value) => value === true,
  quantization_config: (value) => value !== null,
};

function isUsualRope(value: unknown): boolean {
  const { rope_type: type, type: former } = value as { readonly rope_type?: unknown; readonly type?: unknown };
  return (type ?? former) === 'default';
}

/**
 * Reads the contents of `config.json`. Fields that decide nothing here are left out, defaults are those of transformers.
 * @throws ModelError for a kind of model, or a field's value, that is not supported, and for sizes that do not fit.
 */
export function readConfig(json: unknown): ModelConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ModelError(`config: expected the contents of config.json, got ${valueText(json)}`);
  }
  const given = withPresentNames(json as Record<string, unknown>);
  const type = given.model_type;
  if (typeof type !== 'string' || !Object.hasOwn(fields, type)) {
    const known = Object.keys(fields).join(', ');
    throw new ModelError(`config: expected model_type to be one of ${known}, got ${valueText(type)}`);
  }
  for (const [name, changesNumbers] of Object.entries(unsupported)) {
    if (given[name] !== undefined && changesNumbers(given[name])) {
      throw new ModelError(`config: ${name} ${valueText(given[name])} is not supported`);
    }
  }
  const config: Record<string, unknown> = { model_type: type };
  for (const [name, field] of Object.entries(fields[type as ModelConfig['model_type']] as Record<string, Field>)) {
    const { check } = field;
    const usual = name === 'num_key_value_heads' ? given[field.default as string] : field.default;
    // Python's None is what transformers writes for the usual.
    const value = given[name] ?? usual;
    if (!check.accepts(value) || (value === undefined && !('default' in field))) {
      throw new ModelError(`config: expected ${name} to be ${check.expected}, got ${valueText(value)}`);
    }
    if (value !== undefined) config[name] = value;
  }
  const result = config as unknown as ModelConfig;
  checkSizes(result);
  return result;
}

/** transformers 5 writes the rotary options as an object of their own. */
function withPresentNames(json: Record<string, unknown>): Record<string, unknown> {
  const { rope_parameters: rope, ...rest } = json;
  if (typeof rope !== 'object' || rope === null) return json;
  const { rope_theta: base, partial_rotary_factor: part } = rope as Record<string, unknown>;
  const isNeoX = rest.model_type === 'gpt_neox';
  return {
    ...rest,
    ...(base !== undefined && { [isNeoX ? 'rotary_emb_base' : 'rope_theta']: base }),
    ...(part !== undefined && { [isNeoX ? 'rotary_pct' : 'partial_rotary_factor']: part }),
    rope_scaling: isUsualRope(rope) || !('rope_type' in rope) ? null : rope,
  };
}

function checkSizes(config: ModelConfig): void {
  const { width, heads, headSize } = sizesOf(config);
  const expectDivisor = (name: string, value: number, of: number): void => {
    if (of % value !== 0) throw new ModelError(`config: expected ${name} to be a divisor of ${of}, got ${value}`);
  };
  if (config.model_type !== 'llama' || config.head_dim === undefined) {
    expectDivisor(config.model_type === 'gpt2' ? 'n_head' : 'num_attention_heads', heads, width);
  }
  if (config.model_type === 'llama') expectDivisor('num_key_value_heads', config.num_key_value_heads, heads);
  const turned = config.model_type === 'gpt_neox' ? Math.floor(headSize * config.rotary_pct) : headSize;
  if (config.model_type !== 'gpt2' && (turned % 2 !== 0 || turned === 0)) {
    throw new ModelError(`config: expected an even number of elements of a head that positions turn, got ${turned}`);
  }
}

/** Sizes of a decoder, whatever its family calls them. */
export interface ModelSizes {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and values. */
  readonly keyValueHeads: number;
  readonly headSize: number;
  /** Longest text. */
  readonly positions: number;
}

/** The sizes of a model. */
export function sizesOf(config: ModelConfig): ModelSizes {
  if (config.model_type === 'gpt2') {
    const { vocab_size: vocabulary, n_embd: width, n_layer: layers, n_head: heads, n_positions: positions } = config;
    return { vocabulary, width, layers, heads, keyValueHeads: heads, headSize: width / heads, positions };
  }
  const { vocab_size: vocabulary, hidden_size: width, num_hidden_layers: layers, num_attention_heads: heads } = config;
  const keyValueHeads = config.model_type === 'llama' ? config.num_key_value_heads : heads;
  const headSize = (config.model_type === 'llama' ? config.head_dim : undefined) ?? width / heads;
  return {
    vocabulary,
    width,
    layers,
    heads,
    keyValueHeads,
    headSize,
    positions: config.max_position_embeddings,
  };
}
