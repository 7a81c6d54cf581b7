import type { Decoder, EpisodeTokenizer } from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import { load } from './load.ts';

/** Every token is a text, which is found as it stands; the longest first. */
export function tokenizerOf(words: readonly string[]): EpisodeTokenizer {
  const order = [...words].sort((a, b) => b.length - a.length);
  return {
    encode(text) {
      const tokens: number[] = [];
      for (let at = 0; at < text.length;) {
        const word = order.find((each) => text.startsWith(each, at));
        if (word === undefined) throw new Error(`no token for '${text.slice(at)}'`);
        tokens.push(words.indexOf(word));
        at += word.length;
      }
      return tokens;
    },
    decode: (tokens) => Array.from(tokens, (token) => words[token]).join(''),
  };
}

/** A model that knows the last token alone: its logits are a row of the table. */
export function tableDecoder(logits: readonly (readonly number[])[]): Decoder {
  const size = logits.length;
  const table = t.variable([size, size], logits.flat());
  const { config, positionsOf } = load('gpt2').decoder;
  const logitsOf = (tokens: t.Tensor, read?: t.Tensor): t.Tensor => {
    if (read === undefined) return t.embedding(table, tokens);
    const [rows, time] = tokens.shape;
    const places = t.add(read, t.expandDims(t.mul(t.range(rows), time), 1));
    return t.embedding(table, t.embedding(t.reshape(tokens, [rows * time]), places));
  };
  return {
    config,
    positionsOf,
    hiddenAt: (tokens, _positions, _attend, read) => logitsOf(tokens, read),
    sizes: { vocabulary: size, width: size, layers: 0, heads: 1, keyValueHeads: 1, headSize: 1, positions: 64 },
    parameters: { table },
    hidden: (tokens, { read } = {}) => logitsOf(tokens, read),
    head: (hidden) => hidden,
    logits: (tokens) => logitsOf(tokens),
  };
}

/** One that nearly always goes on as `next` says. */
export function chain(
  words: readonly string[],
  next: Readonly<Record<string, string>>,
): { decoder: Decoder; logits: number[][] } {
  const logits = words.map((word) => words.map((other) => (other === (next[word] ?? '<end>') ? 20 : 0)));
  return { decoder: tableDecoder(logits), logits };
}
