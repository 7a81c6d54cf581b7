import {
  checkArguments,
  checkOptions,
  flag,
  nullable,
  oneOf,
  optional,
  valueText,
  type OptionCheck,
} from '@gradus/tensor';
import { arrayOf, aText, checkNeeded, textList, tokenId } from '../checks.ts';
import { fromByteCharacters, toByteCharacters } from './byte-alphabet.ts';
import { MergeTable } from './merge-table.ts';

/** A tokenizer's file is not what it should be, or asks for what is not supported; or there is no token for a text. */
export class TokenizerError extends Error {
  override readonly name = 'TokenizerError';
}

/**
 * How texts are cut into words before symbols are merged. `gpt2` (Radford et al., 2019): contractions, letters, digits, other signs, each with the space before them.
 * White space is Unicode's, as in Hugging Face's tokenizers: JavaScript's `\s` has U+FEFF besides, and lacks U+0085.
 */
export const wordPatterns: Readonly<Record<'gpt2', RegExp>> = {
  gpt2: /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
};

/** A token that is found in texts as it stands, before anything else. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether `decode` leaves it out where asked. */
  readonly special: boolean;
}

/** What a {@link ByteLevelTokenizer} is made of. */
export interface ByteLevelParts {
  /** Symbols, written in GPT-2's alphabet of bytes, and their numbers. */
  readonly vocabulary: Readonly<Record<string, number>>;
  /** Pairs of symbols that become one, the first first. */
  readonly merges: readonly (readonly [string, string])[];
  readonly addedTokens?: readonly AddedToken[];
  /** How texts are cut into words; `null`: not at all. Default: GPT-2's. Needs the flags g and u. */
  readonly words?: RegExp | null;
  /** Whether a space is put before a text that does not begin with one. Default false. */
  readonly addPrefixSpace?: boolean;
  /** Whether a word that is a symbol becomes it, even where merges would not lead there, as in Llama 3. Default false. */
  readonly ignoreMerges?: boolean;
  /** Unicode's form that texts are brought into first, as in GPT-NeoX; they then come back in it. Default `null`: none. */
  readonly normalization?: 'NFC' | null;
}

/** How texts are encoded. */
export interface EncodeOptions {
  /**
   * Whether added tokens that are written out in a text become those tokens; else they are text like any other, as what users write should be. Default true,
   * as in Hugging Face's tokenizers.
   */
  readonly addedTokens?: boolean;
}

const isVocabulary: OptionCheck = {
  expected: 'numbers by symbol',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
const isMerges = arrayOf(
  'pairs of symbols',
  (pair) => Array.isArray(pair) && pair.length === 2 && textList.accepts(pair),
);
const isAddedTokens = arrayOf('tokens (with id, content and special)', (token) => {
  const { id, content, special } = (token ?? {}) as Partial<AddedToken>;
  return tokenId.accepts(id) && typeof content === 'string' && content !== '' && typeof special === 'boolean';
});
const isPattern: OptionCheck = {
  expected: 'a regular expression with the flags g and u',
  accepts: (value) => value instanceof RegExp && value.global && value.unicode,
};

/**
 * Byte-pair encoding over bytes: any text becomes numbers, and those become the text again, whatever it contains. The same numbers as Hugging Face's
 * tokenizers give.
 */
export class ByteLevelTokenizer {
  /** Numbers of symbols by what they are, added tokens among them. */
  readonly vocabulary: Readonly<Record<string, number>>;
  readonly merges: ByteLevelParts['merges'];
  readonly addedTokens: readonly AddedToken[];
  readonly words: RegExp | null;
  readonly addPrefixSpace: boolean;
  readonly ignoreMerges: boolean;
  readonly normalization: 'NFC' | null;
  /** One more than the largest number. */
  readonly size: number;
  private readonly table: MergeTable;
  private readonly symbols = new Map<number, string>();
  private readonly added = new Map<string, AddedToken>();
  private readonly addedPattern: RegExp | undefined;
  private readonly cache = new Map<string, readonly number[]>();

  /** @throws TokenizerError for numbers that two symbols share, and merges of symbols that there are not. */
  constructor(parts: ByteLevelParts) {
    checkNeeded('ByteLevelTokenizer', parts, {
      vocabulary: isVocabulary,
      merges: isMerges,
      addedTokens: optional(isAddedTokens),
      words: optional(nullable(isPattern)),
      addPrefixSpace: optional(flag),
      ignoreMerges: optional(flag),
      normalization: optional(nullable(oneOf('NFC'))),
    });
    const { vocabulary, merges, addedTokens = [], words = wordPatterns.gpt2, addPrefixSpace = false } = parts;
    for (const { content, id } of addedTokens) {
      const isTwice = addedTokens.some((other) => other.content === content && other.id !== id);
      if (isTwice || (Object.hasOwn(vocabulary, content) && vocabulary[content] !== id)) {
        throw new TokenizerError(`addedTokens: '${content}' has two numbers`);
      }
    }
    this.vocabulary = { ...vocabulary, ...Object.fromEntries(addedTokens.map(({ content, id }) => [content, id])) };
    this.merges = merges;
    this.addedTokens = addedTokens;
    this.words = words;
    this.addPrefixSpace = addPrefixSpace;
    this.ignoreMerges = parts.ignoreMerges ?? false;
    this.normalization = parts.normalization ?? null;
    let size = 0;
    for (const [symbol, id] of Object.entries(this.vocabulary)) {
      if (!tokenId.accepts(id))
        throw new TokenizerError(
          `vocabulary: expected the number of '${symbol}' to be ${tokenId.expected}, got ${valueText(id)}`,
        );
      const other = this.symbols.get(id);
      if (other !== undefined)
        throw new TokenizerError(`vocabulary: '${other}' and '${symbol}' both have the number ${id}`);
      this.symbols.set(id, symbol);
      size = Math.max(size, id + 1);
    }
    this.size = size;
    for (const pair of merges) {
      const missing = [...pair, pair.join('')].find((symbol) => !Object.hasOwn(this.vocabulary, symbol));
      if (missing !== undefined)
        throw new TokenizerError(`merges: '${missing}' of the pair ${valueText(pair)} is not in the vocabulary`);
    }
    this.table = new MergeTable(merges);
    for (const token of addedTokens) this.added.set(token.content, token);
    // The longest first, where one begins with another.
    const contents = [...this.added.keys()].sort((a, b) => b.length - a.length);
    if (contents.length > 0) this.addedPattern = new RegExp(contents.map(escaped).join('|'), 'gu');
  }

  /** The numbers of a text. No token is added around it. @throws TokenizerError where the vocabulary lacks a byte of it. */
  encode(text: string, options: EncodeOptions = {}): Int32Array {
    checkArguments('encode', { text }, { text: aText });
    checkOptions('encode', options, { addedTokens: optional(flag) });
    const { addedTokens = true } = options;
    const ids: number[] = [];
    for (const part of addedTokens ? this.parts(text) : [text]) {
      const token = addedTokens ? this.added.get(part) : undefined;
      if (token === undefined) this.encodeWords(part, ids);
      else ids.push(token.id);
    }
    return Int32Array.from(ids);
  }

  /** The text around added tokens, and these. */
  private parts(text: string): string[] {
    if (this.addedPattern === undefined) return [text];
    const parts: string[] = [];
    let end = 0;
    for (const { 0: found, index } of text.matchAll(this.addedPattern)) {
      parts.push(text.slice(end, index), found);
      end = index + found.length;
    }
    return [...parts, text.slice(end)].filter((part) => part !== '');
  }

  private encodeWords(text: string, ids: number[]): void {
    const normal = this.normalization === null ? text : text.normalize(this.normalization);
    const whole = this.addPrefixSpace && normal !== '' && !normal.startsWith(' ') ? ` ${normal}` : normal;
    for (const word of cut(whole, this.words)) for (const id of this.encodeWord(word)) ids.push(id);
  }

  private encodeWord(word: string): readonly number[] {
    const known = this.cache.get(word);
    if (known !== undefined) return known;
    const characters = toByteCharacters(word);
    const isWhole = this.ignoreMerges && Object.hasOwn(this.vocabulary, characters);
    const ids = (isWhole ? [characters] : this.table.apply(characters)).map((symbol) => {
      if (Object.hasOwn(this.vocabulary, symbol)) return this.vocabulary[symbol];
      throw new TokenizerError(`encode: there is no token for '${symbol}' of the word ${valueText(word)}`);
    });
    if (this.cache.size < CACHED) this.cache.set(word, ids);
    return ids;
  }

  /**
   * The text of numbers, byte by byte: nothing is cleaned up. Bytes that are no character, as where a text is cut within one, become U+FFFD, and harm no other.
   * A number that stands for no token has no text, as in Hugging Face's tokenizers: models often have more tokens than their tokenizer, up to a multiple of 64.
   * @param options.skipSpecial leaves special tokens out. Default false.
   */
  decode(ids: ArrayLike<number>, options: { readonly skipSpecial?: boolean } = {}): string {
    checkArguments('decode', { ids }, { ids: arrayOf('tokens', tokenId.accepts) });
    checkOptions('decode', options, { skipSpecial: optional(flag) });
    const { skipSpecial = false } = options;
    const pieces: string[] = [];
    let bytes: number[] = [];
    const flush = (): void => {
      pieces.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes)));
      bytes = [];
    };
    for (const id of Array.from(ids)) {
      const symbol = this.symbols.get(id);
      if (symbol === undefined) continue;
      const token = this.added.get(symbol);
      const own = token === undefined ? fromByteCharacters(symbol) : undefined;
      if (own !== undefined) {
        for (const byte of own) bytes.push(byte);
        continue;
      }
      flush();
      if (token?.special !== true || !skipSpecial) pieces.push(symbol);
    }
    flush();
    return pieces.join('');
  }
}

/** The words of a text; what the pattern does not find is one as well. */
function* cut(text: string, words: RegExp | null): Generator<string> {
  let end = 0;
  for (const { 0: word, index } of words === null ? [] : text.matchAll(words)) {
    if (index > end) yield text.slice(end, index);
    if (word !== '') yield word;
    end = index + word.length;
  }
  if (end < text.length) yield text.slice(end);
}

/** Words whose numbers are remembered. */
const CACHED = 100_000;

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
