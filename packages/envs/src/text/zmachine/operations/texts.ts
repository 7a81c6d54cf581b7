import { lookUp, splitWords, wordLength } from '../dictionary.ts';
import type { Machine } from '../machine.ts';
import { packWord } from '../packed-text.ts';
import { StoryError } from '../story-error.ts';
import { signed } from '../words.ts';
import { plain, storing, type Operation } from './operation.ts';

/** Printing, and words. Texts that stand in the instruction itself are its first operand, an address. */
export const textOperations: readonly Operation[] = [
  plain('0OP:178', 'print', (machine, address) => printAt(machine, address)),
  plain('0OP:179', 'print_ret', (machine, address) => {
    printAt(machine, address);
    machine.print('\n');
    machine.return(1);
  }),
  plain('0OP:187', 'new_line', (machine) => machine.print('\n')),
  plain('1OP:135', 'print_addr', (machine, address) => printAt(machine, address)),
  plain('1OP:138', 'print_obj', (machine, object) => {
    machine.print(machine.story.nameAt(machine.memory, machine.objects.name(object)));
  }),
  plain('1OP:141', 'print_paddr', (machine, packed) => printAt(machine, packed * machine.story.file.packedScale)),
  plain('VAR:229', 'print_char', (machine, code) => printCode(machine, code)),
  plain('VAR:230', 'print_num', (machine, value) => machine.print(String(signed(value)))),
  plain('VAR:254', 'print_table', printTable, { from: 5 }),
  plain('EXT:11', 'print_unicode', (machine, code) => machine.print(String.fromCharCode(code)), { from: 5 }),
  storing('EXT:12', 'check_unicode', () => 3, { from: 5 }),
  plain('VAR:251', 'tokenise', tokeniseAgain, { from: 5 }),
  plain('VAR:252', 'encode_text', encodeText, { from: 5 }),
];

export function printAt(machine: Machine, address: number): void {
  machine.print(machine.story.textAt(machine.memory, address));
}

function printCode(machine: Machine, code: number): void {
  machine.print(machine.story.characters.fromZscii[code] ?? '');
}

/** A rectangle of codes; in the upper window each row begins under the first. */
function printTable(machine: Machine, address: number, width: number, givenHeight: number, givenSkip: number): void {
  const { screen, operandCount } = machine;
  const height = operandCount > 2 ? givenHeight : 1;
  const skip = operandCount > 3 ? givenSkip : 0;
  const [row, column] = screen.cursor;
  const { length } = machine.memory;
  if (height > 0 && address + height * width + (height - 1) * skip > length) {
    throw new StoryError(`a table of ${width} × ${height} at address ${address}, behind the end of the story`);
  }
  machine.effort += (width + 1) * height;
  for (let y = 0; y < height; y++) {
    if (y > 0 && screen.window === 0) machine.print('\n');
    else if (y > 0) screen.setCursor(row + y, column);
    for (let x = 0; x < width; x++) printCode(machine, machine.memory[address++]);
    address += skip;
  }
}

/**
 * Looks up the words of an input, and writes into a table how many there are and of each its address in the dictionary, its length, and where it begins
 * (Standard 1.1, §13.6). `keepsUnknown` leaves the entries of unknown words as they were.
 */
export function tokenise(machine: Machine, letters: number, words: number, dictionary = 0, keepsUnknown = false): void {
  const { memory, story } = machine;
  const hasCount = story.file.version >= 5;
  const first = letters + (hasCount ? 2 : 1);
  const end = hasCount ? first + memory[letters + 1] : memory.indexOf(0, first);
  const known = machine.dictionaryAt(dictionary);
  const codes = memory.slice(first, end);
  const bounds = splitWords(known, codes);
  const count = Math.min(bounds.length / 2, memory[words]);
  machine.writeByte(words + 1, count);
  for (let i = 0; i < count; i++) {
    const [start, behind] = [bounds[2 * i], bounds[2 * i + 1]];
    const address = lookUp(known, story.characters, codes, start, behind);
    if (keepsUnknown && address === 0) continue;
    const entry = words + 2 + 4 * i;
    machine.writeWord(entry, address);
    machine.writeByte(entry + 2, behind - start);
    machine.writeByte(entry + 3, first - letters + start);
  }
}

function tokeniseAgain(machine: Machine, letters: number, words: number, dictionary: number, flag: number): void {
  const { operandCount } = machine;
  tokenise(machine, letters, words, operandCount > 2 ? dictionary : 0, operandCount > 3 && flag !== 0);
}

function encodeText(machine: Machine, letters: number, length: number, from: number, target: number): void {
  const { memory, story } = machine;
  const zscii = [...memory.subarray(letters + from, letters + from + length)];
  packWord(story.characters, zscii, wordLength(story.file.version)).forEach((word, i) =>
    machine.writeWord(target + 2 * i, word),
  );
}
