import { readFileSync } from 'node:fs';
import { Random } from '@gradus/core';
import { createDecoder, type Decoder, type ModelConfig } from '@gradus/llm-rlhf';
import { loadParameters } from '@gradus/tensor';
import { readGolden } from './golden.ts';

/** A model of test/fixtures, `gpt2`, `llama` or `gptneox`, with its golden file. */
export function load(name: string): { readonly golden: unknown; readonly decoder: Decoder } {
  const golden = readGolden(name) as { readonly config: ModelConfig };
  const decoder = createDecoder(golden.config, new Random(0));
  loadParameters(decoder.parameters, readFileSync(new URL(`./fixtures/${name}.safetensors`, import.meta.url)));
  return { golden, decoder };
}
