import { checkArguments, checkOptions, flag, optional } from '@gradus/tensor';
import { arrayOf, aText, textList, tokenId } from '../checks.ts';
import { TokenizerError, type EncodeOptions } from '../tokenizer/byte-level-tokenizer.ts';

/** A token for each word, words being what white space parts: for languages so small that every word is known. */
export class WordTokenizer {
  /** The words by their numbers. */
  readonly words: readonly string[];
  readonly specialTokens: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;

  /**
   * @param options.specialTokens those of `words` that are no text: `decode` leaves them out where asked. Default: none.
   * @throws TokenizerError for words that are there twice, are empty or have white space in them, and for special tokens that are no words.
   */
  constructor(words: readonly string[], options: { readonly specialTokens?: readonly string[] } = {}) {
    checkArguments('WordTokenizer', { words }, { words: textList });
    checkOptions('WordTokenizer', options, { specialTokens: optional(textList) });
    const { specialTokens = [] } = options;
    const wrong = words.find((word, i) => !/^\S+$/.test(word) || words.indexOf(word) < i);
    if (wrong !== undefined) {
      throw new TokenizerError(`WordTokenizer: expected different words without white space, got '${wrong}'`);
    }
    const unknown = specialTokens.find((token) => !words.includes(token));
    if (unknown !== undefined) {
      throw new TokenizerError(`WordTokenizer: expected specialTokens to be among the words, got '${unknown}'`);
    }
    this.words = words;
    this.specialTokens = specialTokens;
    this.ids = new Map(words.map((word, id) => [word, id]));
  }

  /** One more than the largest number. */
  get size(): number {
    return this.words.length;
  }

  /** The numbers of a text's words. @throws TokenizerError for a word that is not known, or is special where `addedTokens` is false. */
  encode(text: string, options: EncodeOptions = {}): Int32Array {
    checkArguments('encode', { text }, { text: aText });
    checkOptions('encode', options, { addedTokens: optional(flag) });
    const { addedTokens = true } = options;
    const words = text.split(/\s+/).filter((word) => word !== '');
    return Int32Array.from(words, (word) => {
      const id = this.ids.get(word);
      if (id !== undefined && (addedTokens || !this.specialTokens.includes(word))) return id;
      throw new TokenizerError(`encode: there is no token for the word '${word}'`);
    });
  }

  /**
   * The words of numbers, with a space between two. A number that stands for no word has no text, as with `ByteLevelTokenizer`.
   * @param options.skipSpecial leaves special tokens out. Default false.
   */
  decode(ids: ArrayLike<number>, options: { readonly skipSpecial?: boolean } = {}): string {
    checkArguments('decode', { ids }, { ids: arrayOf('tokens', tokenId.accepts) });
    checkOptions('decode', options, { skipSpecial: optional(flag) });
    const { skipSpecial = false } = options;
    const words = Array.from(ids)
      .filter((id) => id < this.size)
      .map((id) => this.words[id]);
    return words.filter((word) => !skipSpecial || !this.specialTokens.includes(word)).join(' ');
  }
}
