import { checkArguments, optional, positiveInteger } from '@gradus/tensor';
import { checkNeeded, textList } from '../checks.ts';
import { byteCharacters, toByteCharacters } from './byte-alphabet.ts';
import { ByteLevelTokenizer, TokenizerError, wordPatterns } from './byte-level-tokenizer.ts';
import { mergePairs, pairKey } from './merge-table.ts';

/** Options of {@link trainTokenizer}. */
export interface TrainTokenizerOptions {
  /** Tokens in all: special ones, the 256 bytes, and merged ones as long as there are pairs. */
  readonly vocabularySize: number;
  /** Get the first numbers, in this order. Default: none. */
  readonly specialTokens?: readonly string[];
  /** Only pairs that occur so often are merged. Default 2. */
  readonly minFrequency?: number;
}

/**
 * Learns a tokenizer from texts (Sennrich et al., 2016, over bytes): begins with single bytes, and merges the pair of symbols that occurs most often, again and
 * again. Of pairs as frequent the one whose symbols have the smaller numbers is first, so that the same texts give the same tokenizer.
 * @throws TokenizerError where `vocabularySize` has no room for bytes and special tokens.
 */
export function trainTokenizer(texts: readonly string[], options: TrainTokenizerOptions): ByteLevelTokenizer {
  checkNeeded('trainTokenizer', options, {
    vocabularySize: positiveInteger,
    specialTokens: optional(textList),
    minFrequency: optional(positiveInteger),
  });
  checkArguments('trainTokenizer', { texts }, { texts: textList });
  const { vocabularySize, specialTokens = [], minFrequency = 2 } = options;
  const needed = specialTokens.length + byteCharacters.length;
  if (vocabularySize < needed) {
    throw new TokenizerError(
      `trainTokenizer: expected vocabularySize to be at least ${needed}, the bytes and special tokens, got ${vocabularySize}`,
    );
  }
  const alphabet = new Set(byteCharacters);
  const wrong = specialTokens.find(
    (token, i) => alphabet.has(token) || token === '' || specialTokens.indexOf(token) < i,
  );
  if (wrong !== undefined) {
    throw new TokenizerError(
      `trainTokenizer: expected specialTokens to be different texts of more than one character, got '${wrong}'`,
    );
  }
  const ids = new Map<string, number>();
  const addedTokens = specialTokens.map((content, id) => ({ id, content, special: true }));
  const first = specialTokens.length;
  // In the order of the characters, as Hugging Face's trainer numbers them.
  [...byteCharacters].sort().forEach((character, i) => ids.set(character, first + i));

  const words = countedWords(texts);
  const merges: [string, string][] = [];
  while (first + ids.size < vocabularySize) {
    const best = mostFrequentPair(words, ids, specialTokens);
    if (best === undefined || best.count < minFrequency) break;
    const [left, right] = best.pair;
    merges.push(best.pair);
    if (!ids.has(left + right)) ids.set(left + right, first + ids.size);
    for (const word of words) word.symbols = mergePairs(word.symbols, (a, b) => a === left && b === right);
  }
  return new ByteLevelTokenizer({ vocabulary: Object.fromEntries(ids), merges, addedTokens });
}

interface CountedWord {
  symbols: string[];
  readonly count: number;
}

function countedWords(texts: readonly string[]): CountedWord[] {
  const counts = new Map<string, number>();
  for (const each of texts) {
    for (const word of each.match(wordPatterns.gpt2) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return Array.from(counts, ([word, count]) => ({ symbols: Array.from(toByteCharacters(word)), count }));
}

function mostFrequentPair(
  words: readonly CountedWord[],
  ids: ReadonlyMap<string, number>,
  specialTokens: readonly string[],
): { readonly pair: [string, string]; readonly count: number } | undefined {
  const pairs = new Map<string, { pair: [string, string]; count: number }>();
  for (const { symbols, count } of words) {
    for (let i = 0; i + 1 < symbols.length; i++) {
      const key = pairKey(symbols[i], symbols[i + 1]);
      const found = pairs.get(key);
      if (found === undefined) pairs.set(key, { pair: [symbols[i], symbols[i + 1]], count });
      else found.count += count;
    }
  }
  const number = (symbol: string): number => ids.get(symbol) ?? Infinity;
  let best: { pair: [string, string]; count: number } | undefined;
  for (const each of pairs.values()) {
    // What users write shall not become a special token.
    if (specialTokens.includes(each.pair.join(''))) continue;
    const isBetter =
      best === undefined ||
      each.count > best.count ||
      (each.count === best.count &&
        (number(each.pair[0]) - number(best.pair[0]) || number(each.pair[1]) - number(best.pair[1])) < 0);
    if (isBetter) best = each;
  }
  return best;
}
