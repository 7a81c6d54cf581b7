import * as t from '@gradus/tensor';
import type { PreferenceExample } from '../data/examples.ts';
import type { Decoder } from '../model/decoder.ts';
import { logProbabilitiesOf, tokenEntropy } from '../losses/log-probabilities.ts';

/** A text in two parts. */
export interface Text {
  readonly prompt: ArrayLike<number>;
  readonly completion: ArrayLike<number>;
  /** 1 for tokens of the completion that count. Default: all do. */
  readonly mask?: ArrayLike<number>;
}

/** How much room there is for texts. */
export interface TextRoom {
  /** Texts. */
  readonly rows: number;
  /** Tokens of the longest text. */
  readonly length: number;
  /** Tokens of the longest completion. */
  readonly time: number;
}

/**
 * Inputs of programs that read texts: `tokens` [rows, length] from position 0, prompt and completion side by side, so that positions are right without padding
 * before them, and what stands behind is never looked at; `starts` [rows], the prompts' lengths; `completions` [rows, time] and their `mask`, 1 for tokens that count.
 */
export function textInputs({ rows, length, time }: TextRoom): TextSpecs {
  return {
    tokens: { shape: [rows, length], dtype: 'int32' },
    starts: { shape: [rows], dtype: 'int32', initial: 1 },
    completions: { shape: [rows, time], dtype: 'int32' },
    mask: [rows, time],
  };
}

type TextSpecs = Readonly<Record<'tokens' | 'starts' | 'completions' | 'mask', t.InputSpec>>;

/** Memory of {@link textInputs}. */
export type TextArrays = Readonly<Record<keyof TextSpecs, t.TensorData>>;

/** Writes a prompt and what follows it into row `row` of [rows, length], and zeros behind them, which nothing looks at; returns the number of their tokens. */
export function writeTokens(
  target: t.TensorData,
  row: number,
  length: number,
  prompt: ArrayLike<number>,
  completion: ArrayLike<number>,
): number {
  const first = row * length;
  target.fill(0, first, first + length);
  target.set(prompt, first);
  target.set(completion, first + prompt.length);
  return prompt.length + completion.length;
}

/** Writes texts into a program's inputs, from row `first` on. */
export function writeTexts(inputs: TextArrays, texts: readonly Text[], { length, time }: TextRoom, first = 0): void {
  texts.forEach(({ prompt, completion, mask = new Uint8Array(completion.length).fill(1) }, i) => {
    const row = first + i;
    writeTokens(inputs.tokens, row, length, prompt, completion);
    inputs.starts[row] = prompt.length;
    writeTokens(inputs.completions, row, time, [], completion);
    writeTokens(inputs.mask, row, time, [], mask);
  });
}

/** What a program sees of {@link textInputs}. */
export type TextTensors = Readonly<Record<keyof TextSpecs, t.Tensor>>;

/** Inside a program: what the last layer makes of the token before each one of the completions, [rows, time, width]: policies and critics say there what is to come. */
export function statesBefore(decoder: Decoder, { tokens, starts, completions }: TextTensors): t.Tensor {
  const [rows, length] = tokens.shape;
  const time = completions.shape[1];
  const hidden = t.reshape(decoder.hidden(tokens), [rows * length, decoder.sizes.width]);
  // Positions behind a text stand for some other one of its own, which the mask leaves out.
  const offsets = t.minimum(t.add(t.expandDims(t.sub(starts, 1), 1), t.expandDims(t.range(time), 0)), length - 1);
  return t.embedding(hidden, t.add(offsets, t.expandDims(t.mul(t.range(rows), length), 1)));
}

/** What a policy says of completions: log π of their tokens, and the entropy where they stand, [rows, time] each. */
export interface PolicyOutputs {
  readonly logProbabilities: t.Tensor;
  readonly entropy: () => t.Tensor;
}

/** Inside a program: what the policy says of texts' completions, at the temperature at which they were drawn. */
export function policyOf(decoder: Decoder, texts: TextTensors, temperature = 1): PolicyOutputs {
  const logits = decoder.head(statesBefore(decoder, texts));
  return {
    logProbabilities: logProbabilitiesOf(logits, texts.completions, temperature),
    entropy: () => tokenEntropy(logits, temperature),
  };
}

/** Tokens of the longest text of a data set. Throws `RangeError` for one that is longer than what the model was made for. */
export function longestOf(subject: string, lengths: readonly number[], { sizes }: Decoder): number {
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  if (longest <= sizes.positions) return longest;
  const row = lengths.findIndex((length) => length > sizes.positions);
  throw new RangeError(
    `${subject}: row ${row}: expected at most ${sizes.positions} tokens, the model's longest text, got ${lengths[row]}`,
  );
}

/** {@link longestOf} of pairs. */
export function longestPair(subject: string, rows: readonly PreferenceExample[], decoder: Decoder): number {
  const lengths = rows.map(({ prompt, chosen, rejected }) => prompt.length + Math.max(chosen.length, rejected.length));
  return longestOf(subject, lengths, decoder);
}
