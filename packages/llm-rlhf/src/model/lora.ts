import {
  checkArguments,
  decodeSafetensors,
  optional,
  parameter,
  positiveInteger,
  positiveNumber,
  saveParameters,
  shapeText,
  valueText,
  type OptionCheck,
  type RandomSource,
  type Variable,
} from '@gradus/tensor';
import { checkNeeded, finiteWeights, textList } from '../checks.ts';
import { ModelError, type ModelConfig } from './config.ts';
import {
  adaptedDecoder,
  adapterName,
  aDecoder,
  aPlainDecoder,
  emptyDecoder,
  type Decoder,
  type LoraConfig,
} from './decoder.ts';

/** Options of {@link withLora}. */
export interface LoraOptions {
  /** r. Default 8 (PEFT). */
  readonly rank?: number | undefined;
  /** α: what adapters add is scaled by α / r. Default 8 (PEFT). */
  readonly alpha?: number | undefined;
  /**
   * Linear layers, by the ends of their names, such as `q_proj` or `mlp.c_proj`. Default as in PEFT: `c_attn` (GPT-2), `q_proj` and `v_proj` (Llama),
   * `query_key_value` (GPT-NeoX).
   */
  readonly targets?: readonly string[] | undefined;
}

const usualTargets: Readonly<Record<ModelConfig['model_type'], readonly string[]>> = {
  gpt2: ['c_attn'],
  llama: ['q_proj', 'v_proj'],
  gpt_neox: ['query_key_value'],
};

/** A linear layer of a decoder. */
interface Layer {
  readonly name: string;
  readonly weight: Variable;
  readonly input: number;
  readonly output: number;
}

/** Matrices that are no linear layers between. */
const otherMatrices = /(^|\.)(wte|wpe|embed_tokens|embed_in|lm_head|embed_out)\.weight$/;

/**
 * Low-rank adaptation (Hu et al., 2021): instead of a decoder's weights two small matrices beside each of some linear layers are trained,
 *
 *     y = x W + (α / r) x Aᵀ Bᵀ        A [r, input], B [output, r]
 *
 * B is 0 at first, so that logits are those of the base; A is uniform in ±1 / √input, as PEFT draws it. The result's `parameters` are the adapters alone; the
 * base's weights are shared and stay as they are, so that `base` is a reference policy which costs nothing. It is trained, generates, and is copied like any
 * decoder. Dropout there is none.
 * @throws ModelError for a target that no linear layer is called by; RangeError for other wrong options, and a decoder that has adapters already.
 */
export function withLora(base: Decoder, options: LoraOptions, random: RandomSource): Decoder {
  checkArguments('withLora', { base }, { base: aPlainDecoder });
  checkNeeded('withLora', options, {
    rank: optional(positiveInteger),
    alpha: optional(positiveNumber),
    targets: optional(textList),
  });
  const { rank = 8, alpha = 8, targets = usualTargets[base.config.model_type] } = options;
  const parameters: Record<string, Variable> = {};
  for (const { name, input, output } of layersOf(base, targets)) {
    const most = Math.min(input, output);
    if (rank > most) {
      throw new RangeError(
        `withLora: expected rank to be at most ${most}, since ${name} is ${input} × ${output}, got ${rank}`,
      );
    }
    const [a, b] = ['A', 'B'].map((letter) => adapterName(name, letter));
    const limit = 1 / Math.sqrt(input);
    parameters[a] = parameter(a, [rank, input], (shape, source) => uniform(shape, limit, source), random);
    parameters[b] = parameter(b, [output, rank], (shape) => new Float32Array(shape[0] * shape[1]), random);
  }
  return adaptedDecoder(base, parameters, { rank, alpha, targets });
}

function uniform(shape: readonly number[], limit: number, random: RandomSource): Float32Array {
  return Float32Array.from({ length: shape[0] * shape[1] }, () => (2 * random.nextFloat() - 1) * limit);
}

const anAdaptedDecoder: OptionCheck = {
  expected: 'a decoder with adapters (of withLora or loadLora)',
  accepts: (value) => aDecoder.accepts(value) && (value as Decoder).base !== undefined,
};

/** The linear layers that targets name. @throws ModelError for a target that names none. */
function layersOf({ config, parameters }: Decoder, targets: readonly string[]): Layer[] {
  const layers = Object.entries(parameters)
    .filter(([name, { shape }]) => shape.length === 2 && !otherMatrices.test(name))
    .map(([name, weight]): Layer => {
      // GPT-2's files have [input, output].
      const [input, output] = config.model_type === 'gpt2' ? weight.shape : [weight.shape[1], weight.shape[0]];
      return { name: name.replace(/\.weight$/, ''), weight, input, output };
    });
  const isNamed = (name: string, target: string): boolean => name === target || name.endsWith(`.${target}`);
  const wrong = targets.find((target) => !layers.some(({ name }) => isNamed(name, target)));
  if (wrong !== undefined || targets.length === 0) {
    const ends = [...new Set(layers.map(({ name }) => name.split('.').slice(-1)[0]))].join(', ');
    throw new ModelError(`lora: no linear layer is called ${valueText(wrong)}; there are ${ends}`);
  }
  return layers.filter(({ name }) => targets.some((target) => isNamed(name, target)));
}

/** An ordinary decoder with weights of its own, W + (α / r) B A: the same logits, without the cost of adapters. */
export function mergeLora(decoder: Decoder): Decoder {
  checkArguments('mergeLora', { decoder }, { decoder: anAdaptedDecoder });
  const { base, adapters } = decoder as Required<Decoder>;
  const { rank, alpha, targets } = adapters;
  const merged = emptyDecoder(base.config);
  for (const [name, variable] of Object.entries(merged.parameters)) variable.write(base.parameters[name].read());
  for (const { name, weight, input, output } of layersOf(merged, targets)) {
    const [a, b] = ['A', 'B'].map((letter) => decoder.parameters[adapterName(name, letter)].read());
    const values = weight.read();
    const isTransposed = base.config.model_type === 'gpt2';
    for (let i = 0; i < input; i++) {
      for (let o = 0; o < output; o++) {
        let sum = 0;
        for (let k = 0; k < rank; k++) sum += b[o * rank + k] * a[k * input + i];
        values[isTransposed ? i * output + o : o * input + i] += (alpha / rank) * sum;
      }
    }
    weight.write(values);
  }
  return merged;
}

/** Files of adapters, as PEFT has them in a folder. */
export interface LoraFiles {
  /** The contents of `adapter_config.json`. */
  readonly config: unknown;
  /** `adapter_model.safetensors`. */
  readonly weights: Uint8Array;
}

/**
 * The adapters' files, which PEFT reads as well: by name, `adapter_config.json` and `adapter_model.safetensors`. Throws `RangeError` for weights that are not
 * finite.
 */
export function saveLora(decoder: Decoder): Readonly<Record<string, Uint8Array>> {
  checkArguments('saveLora', { decoder }, { decoder: anAdaptedDecoder });
  const { config, adapters, parameters } = decoder as Required<Decoder>;
  const json = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: null,
    r: adapters.rank,
    lora_alpha: adapters.alpha,
    lora_dropout: 0,
    target_modules: adapters.targets,
    fan_in_fan_out: config.model_type === 'gpt2',
    bias: 'none',
    inference_mode: true,
  };
  return {
    'adapter_config.json': new TextEncoder().encode(`${JSON.stringify(json, undefined, 2)}\n`),
    'adapter_model.safetensors': saveParameters(finiteWeights('saveLora', parameters)),
  };
}

/** What would change the numbers that adapters compute, and is not built: whether a value of the file asks for it. */
const unsupported: Readonly<Record<string, (value: unknown) => boolean>> = {
  bias: (value) => value !== 'none',
  use_dora: (value) => value === true,
  use_rslora: (value) => value === true,
  modules_to_save: (value) => value !== null,
  layers_to_transform: (value) => value !== null,
  trainable_token_indices: (value) => value !== null,
  exclude_modules: (value) => value !== null,
  rank_pattern: (value) => typeof value !== 'object' || value === null || Object.keys(value).length > 0,
  alpha_pattern: (value) => typeof value !== 'object' || value === null || Object.keys(value).length > 0,
};

const isFile: OptionCheck = { expected: 'a file as a Uint8Array', accepts: (value) => value instanceof Uint8Array };
const anyConfig: OptionCheck = {
  expected: 'the contents of adapter_config.json',
  accepts: (value) => value !== undefined,
};

/**
 * A decoder with the adapters of PEFT's files; dropout, which is for training, is passed over.
 * @throws ModelError for what is not supported, by its name, and for weights that are missing, unknown or of another shape.
 * @throws SafetensorsError for a file that is damaged.
 */
export function loadLora(base: Decoder, files: LoraFiles): Decoder {
  checkArguments('loadLora', { base }, { base: aPlainDecoder });
  checkNeeded('loadLora', files, { config: anyConfig, weights: isFile });
  const options = readAdapterConfig(files.config);
  const decoder = withLora(base, options, { nextFloat: () => 0, normal: () => 0 });
  const tensors = decodeSafetensors(files.weights);
  const unknown = Object.keys(tensors).find((name) => !Object.hasOwn(decoder.parameters, name));
  if (unknown !== undefined) throw new ModelError(`adapters: '${unknown}' is unknown to this model and config`);
  for (const [name, variable] of Object.entries(decoder.parameters)) {
    const expected = `expected float32 ${shapeText(variable.shape)}`;
    if (!Object.hasOwn(tensors, name)) throw new ModelError(`adapters: '${name}' is missing, ${expected}`);
    const { dtype, shape, data } = tensors[name];
    if (dtype !== 'float32' || shapeText(shape) !== shapeText(variable.shape)) {
      throw new ModelError(`adapters: '${name}' is ${dtype} ${shapeText(shape)}, ${expected}`);
    }
    variable.write(data);
  }
  return decoder;
}

function readAdapterConfig(json: unknown): LoraConfig {
  const subject = 'adapter_config.json';
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ModelError(`${subject}: expected an object, got ${valueText(json)}`);
  }
  const config = json as Readonly<Record<string, unknown>>;
  const { peft_type: type, r: rank, lora_alpha: alpha, target_modules: targets } = config;
  if (type !== 'LORA') throw new ModelError(`${subject}: peft_type ${valueText(type)} is not supported, only "LORA"`);
  for (const [name, asks] of Object.entries(unsupported)) {
    if (config[name] !== undefined && asks(config[name])) {
      throw new ModelError(`${subject}: ${name} ${valueText(config[name])} is not supported`);
    }
  }
  const expectValue = (name: string, value: unknown, { expected, accepts }: OptionCheck): void => {
    if (!accepts(value))
      throw new ModelError(`${subject}: expected ${name} to be ${expected}, got ${valueText(value)}`);
  };
  expectValue('r', rank, positiveInteger);
  expectValue('lora_alpha', alpha, positiveNumber);
  expectValue('target_modules', targets, textList);
  return { rank, alpha, targets } as LoraConfig;
}
