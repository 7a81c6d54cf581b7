import * as t from '@gradus/tensor';
import type { PreferenceExample } from '../data/examples.ts';
import type { Decoder } from '../model/decoder.ts';
import { logProbabilitiesOf, tokenEntropy } from '../losses/log-probabilities.ts';
import { causalInBranches } from '../model/attention.ts';

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
  /** How many texts have the same prompt, and stand side by side. */
  readonly group: number;
  /** Tokens of the longest completion. */
  readonly time: number;
  /** Positions of a row: tokens of the longest text where each has a prompt of its own, else of the longest prompt and of `group` times `time`. */
  readonly positions: number;
}

/**
 * Inputs of programs that read texts. A prompt is read once for all of its completions: a row of `tokens` [rows / group, positions] has it, and behind it one
 * completion after the other; `starts` [rows / group] are prompts' lengths. Positions are right without padding before a text, and padding is never looked at.
 * Where each text has a prompt of its own both stand side by side, else completions begin where the longest prompt ends. `completions` [rows, time] again,
 * and their `mask`, 1 for tokens that count.
 */
export function textInputs({ rows, group, time, positions }: TextRoom): TextSpecs {
  return {
    tokens: { shape: [rows / group, positions], dtype: 'int32' },
    starts: { shape: [rows / group], dtype: 'int32', initial: 1 },
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

/** Writes texts into a program's inputs; those of a group have the same prompt. */
export function writeTexts(inputs: TextArrays, texts: readonly Text[], { group, time, positions }: TextRoom): void {
  texts.forEach(({ prompt, completion, mask = new Uint8Array(completion.length).fill(1) }, row) => {
    writeTokens(inputs.completions, row, time, [], completion);
    writeTokens(inputs.mask, row, time, [], mask);
    const [line, place] = [Math.floor(row / group), row % group];
    if (place === 0) {
      inputs.starts[line] = prompt.length;
      writeTokens(inputs.tokens, line, positions, prompt, []);
    }
    const begin = group === 1 ? prompt.length : positions - (group - place) * time;
    inputs.tokens.set(completion, line * positions + begin);
  });
}

/** What a program sees of {@link textInputs}. */
export type TextTensors = Readonly<Record<keyof TextSpecs, t.Tensor>>;

/** Inside a program: what the last layer makes of the token before each one of the completions, [rows, time, width]: policies and critics say there what is to come. */
export function statesBefore(decoder: Decoder, texts: TextTensors): t.Tensor {
  const { shape } = texts.completions;
  return statesAt(decoder, texts, t.broadcastTo(t.sub(t.range(shape[1]), 1), shape));
}

/** Inside a program: what the last layer makes of each text's last token, [rows, 1, width]. */
export function statesAtEnd(decoder: Decoder, texts: TextTensors): t.Tensor {
  const lengths = t.cast(t.sum(texts.mask, { axis: 1, keepDims: true }), 'int32');
  return statesAt(decoder, texts, t.sub(lengths, 1));
}

/** What the last layer makes of tokens of completions by number, of which −1 is the prompt's last: int32 [rows, count] → [rows, count, width]. */
function statesAt(decoder: Decoder, { tokens, starts, completions }: TextTensors, numbers: t.Tensor): t.Tensor {
  const [lines, positions] = tokens.shape;
  const [rows, time] = completions.shape;
  const group = rows / lines;
  const lengths = t.expandDims(starts, 1);
  if (group === 1) {
    // Positions behind a text stand for some other one of its own, which the mask leaves out.
    return decoder.hidden(tokens, { read: t.minimum(t.add(lengths, numbers), positions - 1) });
  }
  const prompt = positions - group * time;
  const next = t.add(t.expandDims(lengths, 1), t.broadcastTo(t.range(time), [group, time]));
  const behind = t.reshape(next, [lines, group * time]);
  const counted = t.concat([t.broadcastTo(t.range(prompt), [lines, prompt]), behind], 1);
  // Of padding there may be more than the model has positions.
  const known = t.minimum(counted, decoder.sizes.positions - 1);
  const [, count] = numbers.shape;
  const inGroups = t.reshape(numbers, [lines, group, count]);
  const begins = t.expandDims(t.add(t.mul(t.range(group), time), prompt), 1);
  const read = t.where(t.less(inGroups, 0), t.expandDims(t.sub(lengths, 1), 2), t.add(inGroups, begins));
  const attend = causalInBranches(prompt, starts, time);
  const hidden = decoder.hiddenAt(tokens, known, attend, t.reshape(read, [lines, group * count]));
  return t.reshape(hidden, [rows, count, decoder.sizes.width]);
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

/** Room for `pairs` pairs of these, chosen completions before rejected ones. Throws as {@link longestOf} does. */
export function roomForPairs(
  subject: string,
  rows: readonly PreferenceExample[],
  pairs: number,
  decoder: Decoder,
): TextRoom {
  const completions = rows.map(({ chosen, rejected }) => Math.max(chosen.length, rejected.length));
  const texts = rows.map(({ prompt }, i) => prompt.length + completions[i]);
  longestOf(subject, texts, decoder);
  const prompt = rows.reduce((longest, row) => Math.max(longest, row.prompt.length), 0);
  const time = completions.reduce((longest, each) => Math.max(longest, each), 0);
  return { rows: 2 * pairs, group: 2, time, positions: prompt + 2 * time };
}

/** The texts of pairs, in that order. */
export function textsOf(pairs: readonly PreferenceExample[]): Text[] {
  return pairs.flatMap(({ prompt, chosen, rejected }) => [
    { prompt, completion: chosen },
    { prompt, completion: rejected },
  ]);
}

/** Of a number for each text of pairs, [2 · pairs], those of chosen and of rejected ones, [pairs] each. */
export function chosenAndRejected(values: t.Tensor): readonly t.Tensor[] {
  return t.split(t.reshape(values, [-1, 2]), 2).map((part) => t.squeeze(part, 1));
}
