import { anObject } from '@gradus/core';
import { checkPromptExamples, type PromptExample } from '../data/examples.ts';
import { aDecoder, type Decoder } from '../model/decoder.ts';
import * as t from '@gradus/tensor';
import { TextGenerator, type GenerateOptions, type TextGeneratorOptions } from './text-generator.ts';

/** How {@link completeAll} completes. */
export type CompleteOptions = GenerateOptions & Pick<TextGeneratorOptions, 'maxNewTokens' | 'device'>;

/** A completion, with the token that ended it, and log π of each of its tokens. */
export interface Completion {
  readonly tokens: readonly number[];
  readonly logProbabilities: Float32Array;
}

const ROWS = 96;

/** A completion of each of any number of prompts. Throws as `TextGenerator` does. */
export function completeAll(
  decoder: Decoder,
  prompts: readonly PromptExample[],
  options: CompleteOptions,
): Completion[] {
  t.checkArguments('completeAll', { decoder, options }, { decoder: aDecoder, options: anObject });
  const { maxNewTokens, device, ...drawing } = options;
  checkPromptExamples('completeAll', prompts, decoder.sizes.vocabulary);
  const promptLength = prompts.reduce((longest, { prompt }) => Math.max(longest, prompt.length), 0);
  const rows = Math.min(ROWS, prompts.length);
  const generator = new TextGenerator(decoder, {
    rows,
    promptLength,
    maxNewTokens,
    ...(device !== undefined && { device }),
  });
  const completions: Completion[] = [];
  for (let first = 0; first < prompts.length; first += rows) {
    const part = prompts.slice(first, first + rows).map(({ prompt }) => prompt);
    const { tokens, logProbabilities, lengths } = generator.generate(part, drawing);
    lengths.forEach((length, row) => {
      const at = row * maxNewTokens;
      completions.push({
        tokens: Array.from(tokens.subarray(at, at + length)),
        logProbabilities: logProbabilities.slice(at, at + length),
      });
    });
  }
  generator.dispose();
  return completions;
}
