import { checkNeeded, finiteWeights } from '../checks.ts';
import {
  checkArguments,
  decodeSafetensors,
  saveParameters,
  shapeText,
  type OptionCheck,
  type StoredTensor,
} from '@gradus/tensor';
import { ModelError, readConfig, type ModelConfig } from './config.ts';
import { aPlainDecoder, emptyDecoder, type Decoder } from './decoder.ts';

/** Files of a model, as a folder of Hugging Face has them. */
export interface ModelFiles {
  /** The contents of `config.json`. */
  readonly config: unknown;
  /** `model.safetensors`, or all files that `model.safetensors.index.json` names. */
  readonly weights: readonly Uint8Array[];
}

const isFileList: OptionCheck = {
  expected: 'files, a list of Uint8Array',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((file) => file instanceof Uint8Array),
};

/** `readConfig` says more. */
const anyConfig: OptionCheck = { expected: 'the contents of config.json', accepts: (value) => value !== undefined };

/** What transformers saved in former days, and computes itself today. */
const leftovers = /(^|\.)(attn|attention)\.(bias|masked_bias)$|(^|\.)rotary_emb\.inv_freq$/;

/** Heads that files of models without tied embeddings have, and those of tied ones should not. */
const tiedHeads: Readonly<Record<ModelConfig['model_type'], string>> = {
  gpt2: 'lm_head.weight',
  llama: 'lm_head.weight',
  gpt_neox: 'embed_out.weight',
};

/**
 * A decoder with the weights of a model's files. Weights of 16 bits are widened; buffers that transformers computes itself today are passed over; a `transformer.` that
 * GPT-2's files may lack is added.
 * @throws ModelError for a config that is not supported, and for weights that are missing, of another shape, or unknown.
 * @throws SafetensorsError for files that are damaged.
 */
export function loadDecoder(files: ModelFiles): Decoder {
  checkNeeded('loadDecoder', files, { config: anyConfig, weights: isFileList });
  const { config, weights } = files;
  const read = readConfig(config);
  const tensors: Record<string, StoredTensor> = {};
  for (const file of weights) {
    for (const [name, tensor] of Object.entries(decodeSafetensors(file))) tensors[presentName(name, read)] = tensor;
  }
  return decoderOf(read, tensors);
}

/** The decoder of that config, all of whose weights are among `tensors`. */
export function decoderOf(config: ModelConfig, tensors: Readonly<Record<string, StoredTensor>>): Decoder {
  const decoder = emptyDecoder(config);
  const { parameters } = decoder;
  const unknown = Object.keys(tensors).find(
    (name) =>
      !Object.hasOwn(parameters, name) &&
      !leftovers.test(name) &&
      !(config.tie_word_embeddings && name === tiedHeads[config.model_type]),
  );
  if (unknown !== undefined) throw new ModelError(`weights: '${unknown}' is unknown to a ${config.model_type} model`);
  for (const [name, variable] of Object.entries(parameters)) {
    const expected = `expected float32 ${shapeText(variable.shape)}`;
    if (!Object.hasOwn(tensors, name)) throw new ModelError(`weights: '${name}' is missing, ${expected}`);
    const { dtype, shape } = tensors[name];
    if (dtype !== 'float32' || shapeText(shape) !== shapeText(variable.shape)) {
      throw new ModelError(`weights: '${name}' is ${dtype} ${shapeText(shape)}, ${expected}`);
    }
  }
  for (const [name, variable] of Object.entries(parameters)) variable.write(tensors[name].data);
  return decoder;
}

/**
 * The model's files, which transformers reads as well: by name, `config.json` and `model.safetensors`. Of a decoder with adapters `saveLora` writes these.
 * @throws RangeError for weights that are not finite: such a model is of no use.
 */
export function saveDecoder(decoder: Decoder): Readonly<Record<string, Uint8Array>> {
  checkArguments('saveDecoder', { decoder }, { decoder: aPlainDecoder });
  const { config, parameters } = decoder;
  const names = { gpt2: 'GPT2LMHeadModel', llama: 'LlamaForCausalLM', gpt_neox: 'GPTNeoXForCausalLM' };
  const json = { architectures: [names[config.model_type]], ...config };
  return {
    'config.json': new TextEncoder().encode(`${JSON.stringify(json, undefined, 2)}\n`),
    'model.safetensors': saveParameters(finiteWeights('saveDecoder', parameters)),
  };
}

function presentName(name: string, { model_type: type }: ModelConfig): string {
  const isShort = type === 'gpt2' && /^(wte|wpe|h|ln_f)\./.test(name);
  return isShort ? `transformer.${name}` : name;
}
