import { packCodes, unpackWords, type TextSource } from './packed-text.ts';
import { readWord, signed } from './words.ts';
import type { Characters } from './zscii.ts';

/** The words that a story knows (Standard 1.1, §13). */
export interface Dictionary {
  /** ZSCII codes that are words of their own and end those before. */
  readonly separators: readonly number[];
  /** Addresses of the entries, in their order. */
  readonly entries: readonly number[];
  /** Addresses by packed words. */
  readonly addresses: ReadonlyMap<number, number>;
  /** Bytes of an entry before those that mean something to the story alone. */
  readonly wordBytes: number;
}

/** How many words of memory a word of the dictionary has: 6 characters in version 3, 9 later. */
export function wordLength(version: number): number {
  return version === 3 ? 2 : 3;
}

export function readDictionary(memory: Uint8Array, address: number, version: number): Dictionary {
  const separators = [...memory.subarray(address + 1, address + 1 + memory[address])];
  address += 1 + separators.length;
  const entryLength = memory[address];
  // Below zero where the entries are in no order.
  const count = Math.abs(signed(readWord(memory, address + 1)));
  const entries = Array.from({ length: count }, (_, i) => address + 3 + i * entryLength);
  const words = wordLength(version);
  const addresses = new Map<number, number>();
  for (const entry of entries) {
    const key = keyOf(Array.from({ length: words }, (_, i) => readWord(memory, entry + 2 * i)));
    if (!addresses.has(key)) addresses.set(key, entry);
  }
  return { separators, entries, addresses, wordBytes: 2 * words };
}

/** The address of the word that stands in `zscii` from `start` to `end`, 0 where the dictionary does not have it. */
export function lookUp(
  { addresses, wordBytes }: Dictionary,
  characters: Characters,
  zscii: ArrayLike<number>,
  start: number,
  end: number,
): number {
  return addresses.get(packCodes(characters, zscii, start, end, wordBytes / 2)) ?? 0;
}

/** The words of a dictionary as they are kept, cut off, by their addresses. */
export function dictionaryWords({ entries, wordBytes }: Dictionary, source: TextSource): Map<number, string> {
  return new Map(entries.map((entry) => [entry, unpackWords(source, entry, wordBytes / 2, false)]));
}

/** One number for a packed word, exact up to 48 bits. */
function keyOf(words: readonly number[]): number {
  let key = 0;
  for (const word of words) key = key * 0x10000 + word;
  return key;
}

/** Cuts an input into words, at spaces and separators, and returns where they begin and end, one pair of numbers after the other. */
export function splitWords({ separators }: Dictionary, input: ArrayLike<number>): number[] {
  const bounds: number[] = [];
  let start = 0;
  for (let i = 0; i <= input.length; i++) {
    const isSeparator = separators.includes(input[i]);
    if (i < input.length && input[i] !== 32 && !isSeparator) continue;
    if (i > start) bounds.push(start, i);
    if (isSeparator) bounds.push(i, i + 1);
    start = i + 1;
  }
  return bounds;
}
