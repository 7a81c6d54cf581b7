import { createHash } from 'node:crypto';
import { Random, type Checkpoint, type Learner, type Metrics } from '@gradus/core';
import { createDecoder, type Decoder, type PreferenceExample } from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';

/** A GPT-2 of one layer. */
export function tinyModel({ seed = 1, vocabulary = 6, positions = 4, width = 8 } = {}): Decoder {
  const config = {
    model_type: 'gpt2',
    vocab_size: vocabulary,
    n_positions: positions,
    n_embd: width,
    n_layer: 1,
  } as const;
  const usual = { n_head: 2, n_inner: null, activation_function: 'gelu_new', layer_norm_epsilon: 1e-5 } as const;
  return createDecoder({ ...config, ...usual, tie_word_embeddings: false }, new Random(seed));
}

/** Metrics of each round up to `steps`. */
export async function trainTo(trainer: Learner, steps: number): Promise<Metrics[]> {
  const all: Metrics[] = [];
  for await (const { metrics } of trainer.learn({ steps })) all.push(metrics);
  return all;
}

/** log π of each token after `prompt`, [vocabulary]. */
export function nextLogProbabilities(decoder: Decoder, prompt: readonly number[]): Float32Array {
  const all = t.evaluate(() =>
    t.logSoftmax(decoder.logits(t.constant([1, prompt.length], [...prompt], 'int32'))),
  ) as Float32Array;
  return all.slice(all.length - decoder.sizes.vocabulary);
}

/** Rewards of the tokens 2, 3 and 4 as answers to 1: 0, ln 2 and ln 4. */
export const trueRewards = [0, Math.log(2), Math.log(4)];

/** Preferences among these answers in exactly the proportions of Bradley and Terry: 2 : 1, 4 : 1 and 2 : 1. */
export function exactPreferences(): PreferenceExample[] {
  const rows: PreferenceExample[] = [];
  for (const [worse, better, wins, losses] of [
    [2, 3, 10, 5],
    [2, 4, 12, 3],
    [3, 4, 10, 5],
  ]) {
    const pair = (chosen: number, rejected: number): PreferenceExample => ({
      prompt: [1],
      chosen: [chosen],
      rejected: [rejected],
    });
    for (let i = 0; i < wins; i++) rows.push(pair(better, worse));
    for (let i = 0; i < losses; i++) rows.push(pair(worse, better));
  }
  return rows;
}

/** All that a checkpoint holds, to compare. */
export function contents({ state, files }: Checkpoint): unknown {
  const digests = Object.entries(files).map(([name, bytes]) => [
    name,
    createHash('sha256').update(bytes).digest('hex'),
  ]);
  return { state, files: Object.fromEntries(digests) as unknown };
}
