import type { RandomSource } from '@gradus/core';
import * as t from '@gradus/tensor';

/**
 * What makes vectors of texts, whose words are numbers:
 *
 * - `n-grams`: words and pairs of neighbours are hashed into `buckets`, each with a vector; these are added (Joulin et al., 2017). What words mean to each other
 *   is of little use to an agent that plays one game: hashes do nearly as well as recurrent layers (Yao et al., 2021).
 * - `words`: the same without pairs, each word with a vector of its own: a bag of words.
 * - `recurrent`: a GRU over the words' vectors, as in Hausknecht et al. (2020). Many times slower.
 */
export type TextEncoding =
  | { readonly kind: 'n-grams'; /** Default 4096. */ readonly buckets?: number | undefined }
  | { readonly kind: 'words' }
  | { readonly kind: 'recurrent' };

/** What encoders are like. */
export interface TextEncoderOptions {
  readonly encoding: TextEncoding;
  /** Numbers of words are below it; 0 is none. */
  readonly vocabulary: number;
  /** Size of the vectors of words. */
  readonly embeddingSize: number;
  /** Size of the vectors of texts. */
  readonly hiddenSize: number;
  readonly random: RandomSource;
}

/** Makes vectors of texts: words as float32 [rows × length], 0 where there is none, → [rows × hiddenSize]. */
export interface TextEncoder {
  (words: t.Tensor): t.Tensor;
  readonly parameters: t.Parameters;
}

/** Encoders, by names, that share the vectors of words but have layers of their own (Hausknecht et al., 2020). */
export function textEncoders<Name extends string>(
  names: readonly Name[],
  options: TextEncoderOptions,
): { readonly encoders: Readonly<Record<Name, TextEncoder>>; readonly parameters: t.Parameters } {
  const { encoding, vocabulary, embeddingSize, random } = options;
  const rows = encoding.kind === 'n-grams' ? (encoding.buckets ?? 4096) : vocabulary;
  const table = t.embeddingTable({ rows, width: embeddingSize, random });
  const create: Record<TextEncoding['kind'], () => TextEncoder> = {
    'n-grams': () => bag(options, table, (words) => withNeighbours(words, vocabulary), rows),
    words: () => bag(options, table, (words) => words, rows),
    recurrent: () => recurrent(options, table),
  };
  const encoders = Object.fromEntries(names.map((name) => [name, create[encoding.kind]()])) as Record<
    Name,
    TextEncoder
  >;
  const groups = Object.fromEntries(names.map((name) => [name, encoders[name].parameters]));
  return { encoders, parameters: t.joinParameters({ words: table.parameters, ...groups }) };
}

/** relu(W Σ_w e(w) / √n + b), over the n numbers that are not 0. */
function bag(
  { embeddingSize, hiddenSize, random }: TextEncoderOptions,
  table: t.Module,
  numbersOf: (words: t.Tensor) => t.Tensor,
  buckets: number,
): TextEncoder {
  const layer = t.linear({
    input: embeddingSize,
    output: hiddenSize,
    weight: 'fanIn',
    bias: 'fanIn',
    activation: 'relu',
    random,
  });
  const encode = (words: t.Tensor): t.Tensor => {
    const numbers = numbersOf(words);
    const isWord = t.cast(t.greater(numbers, 0), 'float32');
    const vectors = t.mul(table(t.cast(modulo(numbers, buckets), 'int32')), t.expandDims(isWord, -1));
    const count = t.maximum(t.sum(isWord, { axis: 1, keepDims: true }), 1);
    return layer(t.div(t.sum(vectors, { axis: 1 }), t.sqrt(count)));
  };
  return Object.assign(encode, { parameters: layer.parameters });
}

/** Words, and a number for each pair of neighbours, 0 where there is none: [rows × length] → [rows × 2 length − 1]. */
function withNeighbours(words: t.Tensor, vocabulary: number): t.Tensor {
  const [rows, length] = words.shape;
  if (length === 1) return words;
  const first = t.slice(words, [0, 0], [rows, length - 1]);
  const second = t.slice(words, [0, 1], [rows, length - 1]);
  // Below 2²⁴, where float32 has all whole numbers.
  const factor = Math.floor(2 ** 24 / vocabulary) - 1;
  return t.concat([words, t.where(t.greater(second, 0), t.add(t.mul(first, factor), second), 0)]);
}

/** x mod n for whole numbers below 2²⁴: exact, since what a rounded quotient is off by is put right. */
function modulo(x: t.Tensor, n: number): t.Tensor {
  const rest = t.sub(x, t.mul(t.floor(t.div(x, n)), n));
  const notNegative = t.where(t.less(rest, 0), t.add(rest, n), rest);
  return t.where(t.less(notNegative, n), notNegative, t.sub(notNegative, n));
}

/** What a GRU makes of the last word; zeros of a text without words. */
function recurrent({ embeddingSize, hiddenSize, random }: TextEncoderOptions, table: t.Module): TextEncoder {
  const layer = t.gru({ input: embeddingSize, hidden: hiddenSize, random });
  const encode = (words: t.Tensor): t.Tensor => {
    const [rows, length] = words.shape;
    const { outputs } = layer(table(t.cast(words, 'int32')), t.full([rows, layer.stateSize], 0));
    const count = t.sum(t.cast(t.greater(words, 0), 'float32'), { axis: 1 });
    const isLast = t.oneHot(t.cast(t.sub(count, 1), 'int32'), length);
    return t.sum(t.mul(outputs, t.expandDims(isLast, -1)), { axis: 1 });
  };
  return Object.assign(encode, { parameters: layer.parameters });
}
