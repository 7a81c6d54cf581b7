import { Random } from '@gradus/core';
import { createDecoder, type Decoder, type ModelConfig } from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { readGolden } from './golden.ts';
import {
  policyOf,
  statesAtEnd,
  textInputs,
  writeTexts,
  type Text,
  type TextRoom,
  type TextTensors,
} from '../src/trainers/texts.ts';

/** Two prompts of different lengths, each with three completions, one of which is empty. */
const prompts = [
  [3, 1, 4, 1, 5],
  [9, 2],
];
const completions = [[6, 5, 3, 5], [8], [], [9, 7, 9], [3, 2, 3, 8], [4]];
const texts: readonly Text[] = completions.map((completion, i) => ({ prompt: prompts[Math.floor(i / 3)], completion }));
const room = { rows: 6, time: 4 };
/** Counts in a sum of what a policy says, so that each token has a weight of its own. */
const weights = Float32Array.from({ length: 24 }, (_, i) => Math.cos(i));

/** What `outputs` make of the texts, with `group` completions behind each prompt. */
function read(
  group: number,
  outputs: (texts: TextTensors) => Record<string, t.Tensor>,
  spoil: (tokens: t.TensorData) => void = () => undefined,
): Record<string, Float32Array> {
  const full: TextRoom = { ...room, group, positions: 5 + group * 4 };
  const program = t.program(textInputs(full), outputs);
  writeTexts(program.inputs, texts, full);
  spoil(program.inputs.tokens);
  const results = Object.entries(program.run()).map(([name, values]) => [name, Float32Array.from(values)] as const);
  program.dispose();
  return Object.fromEntries(results);
}

/** Gradients of a sum with respect to all weights. */
function gradientsOf(decoder: Decoder, sum: t.Tensor): Record<string, t.Tensor> {
  const names = Object.keys(decoder.parameters);
  const gradients = t.grad(sum, Object.values(decoder.parameters));
  return Object.fromEntries(gradients.map((gradient, i) => [names[i], gradient]));
}

/** Log-probabilities and entropy of the tokens that count, and gradients of their weighted sum. */
function policy(decoder: Decoder): (texts: TextTensors) => Record<string, t.Tensor> {
  return (inputs) => {
    const { logProbabilities, entropy } = policyOf(decoder, inputs);
    const counted = (values: t.Tensor): t.Tensor => t.where(t.greater(inputs.mask, 0), values, 0);
    const sum = t.sum(t.mul(counted(logProbabilities), t.constant([6, 4], weights)));
    return {
      logProbabilities: counted(logProbabilities),
      entropy: counted(entropy()),
      ...gradientsOf(decoder, sum),
    };
  };
}

/** States at the end of texts, and gradients of their weighted sum: as a reward model reads them. */
function ends(decoder: Decoder): (texts: TextTensors) => Record<string, t.Tensor> {
  return (inputs) => {
    const states = statesAtEnd(decoder, inputs);
    const sum = t.sum(t.mul(states, t.cos(t.reshape(t.range(t.sizeOf(states.shape)), states.shape))));
    return { states, ...gradientsOf(decoder, sum) };
  };
}

function expectSame(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [key, values] of Object.entries(expected)) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    values.forEach((value, i) => {
      expect(Math.abs(value - actual[key][i]) / largest, `${key}[${i}]`).toBeLessThan(1e-5);
    });
  }
}

describe.each(['gpt2', 'llama', 'gptneox'])('%s: a prompt that is read once for all of its completions', (name) => {
  const { config } = readGolden(name) as { config: ModelConfig };
  // Large weights, so that a token that is seen by mistake shows.
  const decoder = createDecoder({ ...config, initializer_range: 0.3 }, new Random(5));

  test('has the log-probabilities, entropies and gradients of texts that are read one by one', () => {
    expectSame(read(3, policy(decoder)), read(1, policy(decoder)));
  });

  test('and their states at the end, with gradients', () => {
    expectSame(read(3, ends(decoder)), read(1, ends(decoder)));
  });

  test('padding is never looked at', () => {
    const spoilt = read(3, policy(decoder), (tokens) => {
      // Rows of 5 + 3 · 4 positions: behind the shorter prompt, and behind completions.
      for (const place of [10, 11, 12, 13, 14, 15, 16]) tokens[place] = 7;
      for (const place of [19, 20, 21, 25, 31, 32, 33]) tokens[place] = 7;
    });
    const { logProbabilities, entropy } = read(3, policy(decoder));
    expect(spoilt.logProbabilities).toEqual(logProbabilities);
    expect(spoilt.entropy).toEqual(entropy);
  });
});
