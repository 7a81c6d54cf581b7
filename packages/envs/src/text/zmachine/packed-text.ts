import { StoryError } from './story-error.ts';
import { readWord } from './words.ts';
import type { Characters } from './zscii.ts';

/** Where texts are read from. */
export interface TextSource {
  readonly memory: Uint8Array;
  readonly characters: Characters;
  /** Of the table of abbreviations. */
  readonly abbreviations: number;
}

const ABBREVIATIONS_IN_BANK = 32;

/** More characters than any story tells at once: others are damaged, or print in a loop, and would fill memory. */
export const MOST_TEXT: number = 2 ** 20;

/** Where the text at `address` ends: its last word has the top bit. */
export function textEnd(memory: Uint8Array, address: number): number {
  while (address < memory.length && memory[address] < 0x80) address += 2;
  return address + 2;
}

/** The text at `address`: three characters of five bits in each word (Standard 1.1, §3). Throws `StoryError` where there is no end of it. */
export function unpackText(source: TextSource, address: number): string {
  return unpack(source, address, textEnd(source.memory, address), true);
}

/** The same of a text that has `words` words of memory at most: names of objects, and words of dictionaries, which have no abbreviations. */
export function unpackWords(source: TextSource, address: number, words: number, mayAbbreviate: boolean): string {
  return unpack(source, address, Math.min(textEnd(source.memory, address), address + 2 * words), mayAbbreviate);
}

function unpack(source: TextSource, address: number, end: number, mayAbbreviate: boolean): string {
  const { memory, characters, abbreviations } = source;
  const { fromZscii, alphabets } = characters;
  let text = '';
  let alphabet = 0;
  /** From which bank the next character chooses an abbreviation; 0 for none. */
  let bank = 0;
  /** The bits of a code that is written out in two characters, and how many of these are to come. */
  let code = 0;
  let halves = 0;
  for (; address < end; address += 2) {
    const word = readWord(memory, address);
    for (let shift = 10; shift >= 0; shift -= 5) {
      const character = (word >> shift) & 31;
      if (halves > 0) {
        code = (code << 5) | character;
        if (--halves === 0) text += fromZscii[code];
      } else if (bank > 0) {
        const entry = abbreviations + 2 * (ABBREVIATIONS_IN_BANK * (bank - 1) + character);
        // Abbreviations within others are forbidden, and might be endless.
        if (mayAbbreviate) {
          const abbreviated = 2 * readWord(memory, entry);
          text += unpack(source, abbreviated, textEnd(memory, abbreviated), false);
          if (text.length > MOST_TEXT) throw new StoryError(`no end of a text after ${MOST_TEXT} characters`);
        }
        bank = 0;
      } else if (character >= 6) {
        if (alphabet === 2 && character === 6) {
          code = 0;
          halves = 2;
        } else text += fromZscii[alphabets[alphabet][character - 6]];
        alphabet = 0;
      } else if (character >= 4) alphabet = character - 3;
      else {
        if (character === 0) text += ' ';
        else bank = character;
        alphabet = 0;
      }
    }
  }
  return text;
}

/**
 * The codes of `zscii` from `start` to `end`, packed as dictionaries have them and cut to `words` words of memory: these words as one number, which is exact for the three that there are at most. The
 * last of them has the top bit.
 */
export function packCodes(
  characters: Characters,
  zscii: ArrayLike<number>,
  start: number,
  end: number,
  words: number,
): number {
  const length = 3 * words;
  let packed = 0;
  let count = 0;
  const add = (character: number): void => {
    // The first of three in a word has the top bit before it.
    if (count % 3 === 0) packed = 2 * packed + (count === length - 3 ? 1 : 0);
    packed = 32 * packed + character;
    count++;
  };
  for (let i = start; i < end && count < length; i++) {
    const pack = characters.packed[zscii[i]];
    for (let j = 0; j < pack.length && count < length; j++) add(pack[j]);
  }
  while (count < length) add(5);
  return packed;
}

/** The same of all codes, as words. */
export function packWord(characters: Characters, zscii: ArrayLike<number>, words: number): number[] {
  const packed = packCodes(characters, zscii, 0, zscii.length, words);
  return Array.from({ length: words }, (_, i) => Math.floor(packed / 0x10000 ** (words - 1 - i)) & 0xffff);
}
