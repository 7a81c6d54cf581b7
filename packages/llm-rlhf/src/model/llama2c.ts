import { checkArguments, sizeOf, type Shape, type StoredTensor } from '@gradus/tensor';
import { ModelError, type ModelConfig } from './config.ts';
import type { Decoder } from './decoder.ts';
import { decoderOf } from './model-files.ts';

/** Seven int32: width, feed-forward width, layers, heads, heads of keys and values, vocabulary (negative: the head is not tied), longest text. */
const HEADER = 7;

/**
 * A decoder from a checkpoint of llama2.c (its first format, without a magic number): the header, then float32 weights one kind after another, layer by layer.
 * Queries and keys lie there with pairs of elements side by side that positions turn, here half a head apart: rows are reordered.
 * @throws ModelError for a file whose size is not what its header says.
 */
export function loadLlama2c(file: Uint8Array): Decoder {
  checkArguments(
    'loadLlama2c',
    { file },
    { file: { expected: 'the file as a Uint8Array', accepts: (value) => value instanceof Uint8Array } },
  );
  if (file.length < 4 * HEADER) {
    throw new ModelError(`llama2.c: expected at least ${4 * HEADER} bytes, got ${file.length}`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const header = Array.from({ length: HEADER }, (_, i) => view.getInt32(4 * i, true));
  const [width, inner, layers, heads, groups, signedVocabulary, positions] = header;
  const isTied = signedVocabulary > 0;
  const vocabulary = Math.abs(signedVocabulary);
  const size = width / heads;
  const isPlausible = [width, inner, layers, heads, groups, vocabulary, positions].every(
    (value) => value > 0 && value < 2 ** 24,
  );
  if (!isPlausible || width % heads !== 0 || size % 2 !== 0 || heads % groups !== 0) {
    throw new ModelError(`llama2.c: the header is not one: ${header.join(', ')}`);
  }
  const kinds: readonly (readonly [name: (layer: number) => string, count: number, shape: Shape])[] = [
    [() => 'model.embed_tokens.weight', 1, [vocabulary, width]],
    [(layer) => `model.layers.${layer}.input_layernorm.weight`, layers, [width]],
    [(layer) => `model.layers.${layer}.self_attn.q_proj.weight`, layers, [width, width]],
    [(layer) => `model.layers.${layer}.self_attn.k_proj.weight`, layers, [groups * size, width]],
    [(layer) => `model.layers.${layer}.self_attn.v_proj.weight`, layers, [groups * size, width]],
    [(layer) => `model.layers.${layer}.self_attn.o_proj.weight`, layers, [width, width]],
    [(layer) => `model.layers.${layer}.post_attention_layernorm.weight`, layers, [width]],
    [(layer) => `model.layers.${layer}.mlp.gate_proj.weight`, layers, [inner, width]],
    [(layer) => `model.layers.${layer}.mlp.down_proj.weight`, layers, [width, inner]],
    [(layer) => `model.layers.${layer}.mlp.up_proj.weight`, layers, [inner, width]],
    [() => 'model.norm.weight', 1, [width]],
    // Cosines and sines, which follow from the sizes.
    [() => 'angles', 2, [positions, size / 2]],
    ...(isTied ? [] : [[() => 'lm_head.weight', 1, [vocabulary, width]] as const]),
  ];
  const count = kinds.reduce((total, [, copies, shape]) => total + copies * sizeOf(shape), 0);
  if (file.length !== 4 * (HEADER + count)) {
    throw new ModelError(`llama2.c: expected ${4 * (HEADER + count)} bytes by the header, got ${file.length}`);
  }
  const tensors: Record<string, StoredTensor> = {};
  let at = 4 * HEADER;
  for (const [name, copies, shape] of kinds) {
    for (let copy = 0; copy < copies; copy++) {
      const start = at;
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => view.getFloat32(start + 4 * i, true));
      at += 4 * data.length;
      if (name(copy) === 'angles') continue;
      const isTurned = /\.[qk]_proj\./.test(name(copy));
      tensors[name(copy)] = { dtype: 'float32', shape, data: isTurned ? pairsApart(data, width, size) : data };
    }
  }
  const config: ModelConfig = {
    model_type: 'llama',
    vocab_size: vocabulary,
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: groups,
    max_position_embeddings: positions,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: isTied,
  };
  return decoderOf(config, tensors);
}

/** Rows of each head from (0, 1), (2, 3), … to (0, size / 2), (1, size / 2 + 1), …: rows 2i and 2i + 1 become i and i + size / 2. */
function pairsApart(rows: Float32Array, width: number, size: number): Float32Array {
  const moved = new Float32Array(rows.length);
  for (let row = 0; row < rows.length / width; row++) {
    const within = row % size;
    const target = row - within + (within % 2) * (size / 2) + Math.floor(within / 2);
    moved.set(rows.subarray(row * width, (row + 1) * width), target * width);
  }
  return moved;
}
