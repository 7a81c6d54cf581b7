import { valueText } from '@gradus/tensor';
import { ByteLevelTokenizer, TokenizerError, wordPatterns, type AddedToken } from './byte-level-tokenizer.ts';

type Json = Readonly<Record<string, unknown>>;

/** GPT-2's words as Hugging Face's files write them. */
const gpt2Source = wordPatterns.gpt2.source;

/**
 * A tokenizer from the contents of Hugging Face's `tokenizer.json`: byte-pair encoding over bytes, as GPT-2, GPT-NeoX, Llama 3 and most newer models have it. The
 * file's truncation, padding and template (which tokens are put around a text) are passed over, as is dropout of merges, which is for training tokenizers.
 * @throws TokenizerError for a file that asks for anything else that is not supported, by its name.
 */
export function readTokenizer(json: unknown): ByteLevelTokenizer {
  const file = objectAt('tokenizer.json', json);
  const model = objectAt('model', file.model);
  // Older files, GPT-2's among them, do not say.
  expectOneOf('model.type', model.type, 'BPE', undefined);
  expectOneOf('model.byte_fallback', model.byte_fallback, undefined, null, false);
  expectOneOf('model.continuing_subword_prefix', model.continuing_subword_prefix, undefined, null, '');
  expectOneOf('model.end_of_word_suffix', model.end_of_word_suffix, undefined, null, '');
  if (file.decoder !== null && file.decoder !== undefined) {
    expectOneOf('decoder.type', objectAt('decoder', file.decoder).type, 'ByteLevel');
  }
  const vocabulary = objectAt('model.vocab', model.vocab) as Readonly<Record<string, number>>;
  const merges = listAt('model.merges', model.merges).map(readMerge);
  const addedTokens = listAt('added_tokens', file.added_tokens ?? []).map(readAddedToken);
  const own = Object.fromEntries(
    Object.entries(vocabulary).filter(([symbol]) => !addedTokens.some(({ content }) => content === symbol)),
  );
  return new ByteLevelTokenizer({
    vocabulary: own,
    merges,
    addedTokens,
    ...readWords(file.pre_tokenizer),
    ignoreMerges: model.ignore_merges === true,
    normalization: readNormalizer(file.normalizer),
  });
}

/** The contents of a `tokenizer.json` that Hugging Face's tokenizers read to the same numbers. */
export function tokenizerJson(tokenizer: ByteLevelTokenizer): Json {
  const { vocabulary, merges, addedTokens, words, addPrefixSpace } = tokenizer;
  const byteLevel = { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true };
  const isUsual = words?.source === gpt2Source;
  const split = words === null || isUsual ? [] : [splitOf(words)];
  const bytes = { ...byteLevel, use_regex: isUsual };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens.map(({ id, content, special }) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special,
    })),
    normalizer: tokenizer.normalization === null ? null : { type: tokenizer.normalization },
    pre_tokenizer: split.length === 0 ? bytes : { type: 'Sequence', pretokenizers: [...split, bytes] },
    post_processor: null,
    decoder: { ...byteLevel, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: tokenizer.ignoreMerges,
      // With added tokens: `tokenizers` 0.23.2 numbers those that it lacks anew, whatever their ids (findings/tokenizers-added-token-ids.sh).
      vocab: vocabulary,
      merges,
    },
  };
}

function splitOf(words: RegExp): Json {
  return { type: 'Split', pattern: { Regex: words.source }, behavior: 'Isolated', invert: false };
}

function objectAt(name: string, value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new TokenizerError(`tokenizer.json: expected ${name} to be an object, got ${valueText(value)}`);
}

function listAt(name: string, value: unknown): readonly unknown[] {
  // What looks at each element passes over holes.
  if (Array.isArray(value)) return Array.from(value);
  throw new TokenizerError(`tokenizer.json: expected ${name} to be a list, got ${valueText(value)}`);
}

function expectOneOf(name: string, value: unknown, ...supported: readonly unknown[]): void {
  if (supported.includes(value)) return;
  const names = supported.filter((each) => each !== undefined).map(valueText);
  throw new TokenizerError(`tokenizer.json: ${name} ${valueText(value)} is not supported, only ${names.join(', ')}`);
}

/** Older files write a pair as a text with a space between. */
function readMerge(value: unknown, i: number): readonly [string, string] {
  const pair: unknown = typeof value === 'string' ? value.split(' ') : value;
  if (Array.isArray(pair) && pair.length === 2 && pair.every((symbol) => typeof symbol === 'string')) {
    return pair as [string, string];
  }
  throw new TokenizerError(
    `tokenizer.json: expected model.merges[${i}] to be a pair of symbols, got ${valueText(value)}`,
  );
}

function readAddedToken(value: unknown, i: number): AddedToken {
  const token = objectAt(`added_tokens[${i}]`, value);
  const { id, content, special } = token;
  if (typeof id !== 'number' || typeof content !== 'string' || content === '') {
    throw new TokenizerError(
      `tokenizer.json: expected added_tokens[${i}] to have an id and a content, got ${valueText(value)}`,
    );
  }
  for (const name of ['single_word', 'lstrip', 'rstrip']) {
    expectOneOf(`added_tokens[${i}].${name}`, token[name], undefined, false);
  }
  return { id, content, special: special === true };
}

function readNormalizer(value: unknown): 'NFC' | null {
  if (value === undefined || value === null) return null;
  expectOneOf('normalizer.type', objectAt('normalizer', value).type, 'NFC');
  return 'NFC';
}

/** How the file cuts texts into words. */
function readWords(value: unknown): { readonly words: RegExp | null; readonly addPrefixSpace: boolean } {
  const outer = objectAt('pre_tokenizer', value);
  const steps = outer.type === 'Sequence' ? listAt('pre_tokenizer.pretokenizers', outer.pretokenizers) : [outer];
  const [last, ...others] = steps.map((step, i) => objectAt(`pre_tokenizer ${i}`, step)).reverse();
  expectOneOf('pre_tokenizer.type', last.type, 'ByteLevel');
  const addPrefixSpace = last.add_prefix_space !== false;
  const usesOwn = last.use_regex !== false;
  if (others.length === 0) return { words: usesOwn ? wordPatterns.gpt2 : null, addPrefixSpace };
  expectOneOf('pre_tokenizer.pretokenizers.length', others.length, 1);
  const [split] = others;
  expectOneOf('pre_tokenizer.type', split.type, 'Split');
  expectOneOf('pre_tokenizer.behavior', split.behavior, 'Isolated');
  expectOneOf('pre_tokenizer.invert', split.invert, undefined, false);
  expectOneOf('pre_tokenizer.use_regex after a Split', usesOwn, false);
  expectOneOf('pre_tokenizer.add_prefix_space after a Split', addPrefixSpace, false);
  const { Regex: source } = objectAt('pre_tokenizer.pattern', split.pattern);
  return { words: patternOf(source), addPrefixSpace };
}

/** JavaScript's own has U+FEFF, and lacks U+0085. */
const whiteSpace: Readonly<Record<string, string>> = { s: '\\p{White_Space}', S: '\\P{White_Space}' };

/** A pattern of another library, in which `(?i:…)` is a group that does not tell capitals from small letters. */
function patternOf(source: unknown): RegExp {
  if (typeof source !== 'string') {
    throw new TokenizerError(
      `tokenizer.json: expected pre_tokenizer.pattern.Regex to be a text, got ${valueText(source)}`,
    );
  }
  const grouped = source.replace(/\(\?i:([^()[\]\\]*)\)/g, (_, group: string) => {
    const letters = group.replace(/\p{L}/gu, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
    return `(?:${letters})`;
  });
  const plain = grouped.replace(/\\(.)/g, (escape, sign: string) => whiteSpace[sign] ?? escape);
  try {
    return new RegExp(plain, 'gu');
  } catch (error) {
    throw new TokenizerError(
      `tokenizer.json: the pattern ${valueText(source)} cannot be read: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
