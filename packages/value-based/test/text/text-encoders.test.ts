import { Random } from '@gradus/core';
import * as t from '@gradus/tensor';
import { expect, test } from 'vitest';
import { textEncoders, type TextEncoding } from '../../src/text/text-encoders.ts';

const VOCABULARY = 4096;
/** Texts of no word, one, three and five, in rows of five. */
const texts = [[], [7], [4095, 1, 4095], [3, 9, 2, 9, 4000]];

function encoder(encoding: TextEncoding, length: number) {
  const options = { encoding, vocabulary: VOCABULARY, embeddingSize: 3, hiddenSize: 4, random: new Random(5) };
  const { encoders, parameters } = textEncoders(['look', 'answer'], options);
  const run = t.program({ words: [texts.length, length] }, ({ words }) => ({ vectors: encoders.look(words) }));
  for (const [row, text] of texts.entries()) run.inputs.words.set(text, row * length);
  return { vectors: [...run.run().vectors], parameters };
}

const read = (parameters: t.Parameters, name: string): number[] => [...parameters[name].read()];

/** relu(W Σ e / √n + b) in float64, of the numbers that a text is made of. */
function bagOf(numbers: readonly number[], parameters: t.Parameters): number[] {
  const [table, weight, bias] = ['words.weight', 'look.weight', 'look.bias'].map((name) => read(parameters, name));
  const sum = [0, 1, 2].map((k) => numbers.reduce((total, number) => total + table[3 * number + k], 0));
  const mean = sum.map((value) => value / Math.sqrt(Math.max(numbers.length, 1)));
  return bias.map((b, j) =>
    Math.max(
      0,
      mean.reduce((total, value, k) => total + value * weight[4 * k + j], b),
    ),
  );
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
}

test('a bag of words is the sum of their vectors, over √n, and a layer', () => {
  const { vectors, parameters } = encoder({ kind: 'words' }, 5);
  expectClose(
    vectors,
    texts.flatMap((text) => bagOf(text, parameters)),
  );
});

test.each([4096, 100, 7])('n-grams are words and pairs, hashed into %i buckets exactly', (buckets) => {
  const { vectors, parameters } = encoder({ kind: 'n-grams', buckets }, 5);
  const factor = BigInt(2 ** 24 / VOCABULARY - 1);
  const expected = texts.flatMap((text) => {
    const pairs = text.slice(1).map((second, i) => BigInt(text[i]) * factor + BigInt(second));
    const numbers = [...text.map(BigInt), ...pairs].map((number) => Number(number % BigInt(buckets)));
    return bagOf(numbers, parameters);
  });
  expectClose(vectors, expected);
});

test('a recurrent encoder gives what a GRU remembers after the last word, whatever is behind it', () => {
  const { vectors, parameters } = encoder({ kind: 'recurrent' }, 5);
  const expected = texts.flatMap((text) => {
    if (text.length === 0) return [0, 0, 0, 0];
    return gruOf(text, parameters);
  });
  expectClose(vectors, expected);
});

test.each<TextEncoding>([{ kind: 'n-grams' }, { kind: 'words' }, { kind: 'recurrent' }])(
  '$kind: empty places behind a text change nothing',
  (encoding) => {
    expectClose(encoder(encoding, 9).vectors, encoder(encoding, 5).vectors);
  },
);

/** A GRU over the vectors of words, in float64 (Cho et al., 2014; PyTorch's form). */
function gruOf(text: readonly number[], parameters: t.Parameters): number[] {
  const [table, weight, hiddenWeight, bias, hiddenBias] = [
    'words.weight',
    'look.weight',
    'look.hiddenWeight',
    'look.bias',
    'look.hiddenBias',
  ].map((name) => read(parameters, name));
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  let h = [0, 0, 0, 0];
  for (const word of text) {
    const product = (values: readonly number[], matrix: readonly number[], column: number): number =>
      values.reduce((sum, value, k) => sum + value * matrix[12 * k + column], 0);
    const x = table.slice(3 * word, 3 * word + 3);
    h = h.map((previous, j) => {
      const gate = (part: number): number => product(x, weight, 4 * part + j) + bias[4 * part + j];
      const inner = (part: number): number => product(h, hiddenWeight, 4 * part + j);
      const [r, z] = [sigmoid(gate(0) + inner(0)), sigmoid(gate(1) + inner(1))];
      return (1 - z) * Math.tanh(gate(2) + r * (inner(2) + hiddenBias[j])) + z * previous;
    });
  }
  return h;
}
