import { readDictionary, type Dictionary } from './dictionary.ts';
import { unpackText, unpackWords } from './packed-text.ts';
import type { ObjectName } from './object-tree.ts';
import type { StoryFile } from './story-file.ts';
import { readCharacters, type Characters } from './zscii.ts';

const ABBREVIATION_BYTES = 2 * 96;

/** A story file, with what all machines that play it need and none changes. */
export class Story {
  readonly file: StoryFile;
  readonly characters: Characters;
  readonly dictionary: Dictionary;
  /** Texts outside of what stories may change, by their addresses. */
  private readonly texts = new Map<number, string>();
  private abbreviationsVary = false;

  constructor(file: StoryFile) {
    this.file = file;
    this.characters = readCharacters(file);
    this.dictionary = readDictionary(file.bytes, file.dictionary, file.version);
  }

  /** The text at `address` of a machine's memory. */
  textAt(memory: Uint8Array, address: number): string {
    const known = this.texts.get(address);
    if (known !== undefined) return known;
    const { file, characters } = this;
    const text = unpackText({ memory, characters, abbreviations: file.abbreviations }, address);
    if (address >= file.staticBase && !this.abbreviationsVary) this.texts.set(address, text);
    return text;
  }

  /** The name of an object, a text of so many words at `address`. */
  nameAt(memory: Uint8Array, { address, words }: ObjectName): string {
    const { file, characters } = this;
    return unpackWords({ memory, characters, abbreviations: file.abbreviations }, address, words, true);
  }

  isAbbreviation(address: number): boolean {
    const offset = address - this.file.abbreviations;
    return offset >= 0 && offset < ABBREVIATION_BYTES;
  }

  /** Takes in a memory of this story from elsewhere, whose abbreviations may have been changed there. */
  admit(memory: Uint8Array): void {
    if (this.abbreviationsVary) return;
    const { abbreviations, bytes } = this.file;
    const end = Math.min(abbreviations + ABBREVIATION_BYTES, memory.length);
    // A plain loop: with `some` putting back a state took 3 µs more of 8.
    let at = abbreviations;
    while (at < end && memory[at] === bytes[at]) at++;
    if (at < end) this.varyAbbreviations();
  }

  /** A machine changed an abbreviation, which texts are made of: from now on none is kept. */
  varyAbbreviations(): void {
    this.abbreviationsVary = true;
    this.texts.clear();
  }
}
