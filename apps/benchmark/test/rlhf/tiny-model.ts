import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '@gradus/core';
import {
  createDecoder,
  saveDecoder,
  tokenizerJson,
  trainTokenizer,
  type ByteLevelTokenizer,
  type Decoder,
} from '@gradus/llm-rlhf';
import { temporaryFolder } from '../temporary-folder.ts';

/** A model and a tokenizer with new weights, and the folder that they lie in. */
export interface TinyModel {
  readonly folder: string;
  readonly decoder: Decoder;
  readonly tokenizer: ByteLevelTokenizer;
}

/** Writes the files of a model whose token 0, `<end>`, ends texts, in a folder that is gone after the test. */
export function tinyModel(): TinyModel {
  const tokenizer = trainTokenizer(['the cat sat on the mat, the cat sat'], {
    vocabularySize: 270,
    specialTokens: ['<end>'],
  });
  const decoder = createDecoder(
    {
      model_type: 'gpt2',
      vocab_size: tokenizer.size,
      n_positions: 32,
      n_embd: 8,
      n_layer: 1,
      n_head: 2,
      n_inner: null,
      activation_function: 'gelu_new',
      layer_norm_epsilon: 1e-5,
      tie_word_embeddings: true,
    },
    new Random(1),
  );
  const folder = join(temporaryFolder(), 'tiny');
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(saveDecoder(decoder))) writeFileSync(join(folder, name), bytes);
  writeJson(folder, 'tokenizer.json', tokenizerJson(tokenizer));
  writeJson(folder, 'generation_config.json', { eos_token_id: 0 });
  return { folder, decoder, tokenizer };
}

/** Writes a file of JSON into a folder. */
export function writeJson(folder: string, name: string, data: unknown): void {
  writeFileSync(join(folder, name), JSON.stringify(data));
}
