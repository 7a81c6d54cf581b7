import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dictionaryWords } from '../../../src/text/zmachine/dictionary.ts';
import { Machine } from '../../../src/text/zmachine/machine.ts';
import { run } from '../../../src/text/zmachine/run.ts';
import { readStoryFile } from '../../../src/text/zmachine/story-file.ts';
import { StoryError } from '../../../src/text/zmachine/story-error.ts';
import { StoryRandom } from '../../../src/text/zmachine/story-random.ts';
import { Story } from '../../../src/text/zmachine/story.ts';
import { OwnPlayer } from './own-player.ts';

const bytes = new Uint8Array(readFileSync(join(import.meta.dirname, '../../../stories/lighthouse.z5')));

/** The story with other bytes from `address` on. */
function changed(address: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, address);
  return copy;
}

test('reads the header', () => {
  expect(readStoryFile(bytes)).toMatchObject({ version: 5, release: 1, packedScale: 4, checksumMatches: true });
  expect(readStoryFile(changed(1000, bytes[1000] + 1)).checksumMatches).toBe(false);
});

test.each([
  ['nothing', new Uint8Array(), 'no story file: expected at least 64 bytes, got 0'],
  [
    'a text',
    new TextEncoder().encode('x'.repeat(100)),
    'no story file: expected it to begin with a version from 1 to 8, got 120',
  ],
  ['version 6', changed(0, 6), 'a story of version 6 of the Z-machine: expected version 3, 4, 5 or 8'],
  ['half of it', bytes.slice(0, 5000), 'a truncated story file: its header says that it has 9616 bytes, got 5000'],
  ['objects nowhere', changed(0x0a, 0, 1), 'a damaged story file: objects is at 1, expected 64 to'],
])('refuses %s in one line', (_, file, message) => {
  expect(() => readStoryFile(file)).toThrow(StoryError);
  expect(() => readStoryFile(file)).toThrow(message);
});

test('says that a path is not what is in the file', () => {
  expect(() => readStoryFile('story.z5' as never)).toThrow(
    'readStoryFile: expected file to be a Uint8Array, what is in a story file, got "story.z5": a path; the file has to be read first',
  );
});

test('finds the story in a Blorb', () => {
  const text = (name: string): number[] => Array.from(name, (letter) => letter.charCodeAt(0));
  const length = (value: number): number[] => [value >> 24, value >> 16, value >> 8, value].map((byte) => byte & 255);
  const chunk = (name: string, data: Uint8Array): number[] => [
    ...text(name),
    ...length(data.length),
    ...data,
    ...(data.length % 2 ? [0] : []),
  ];
  const blorb = (chunks: number[]): Uint8Array =>
    Uint8Array.from([...text('FORM'), ...length(chunks.length + 4), ...text('IFRS'), ...chunks]);
  const other = chunk('AUTH', Uint8Array.of(1, 2, 3));
  expect(readStoryFile(blorb([...other, ...chunk('ZCOD', bytes)]))).toMatchObject({
    version: 5,
    checksumMatches: true,
  });
  expect(() => readStoryFile(blorb(other))).toThrow('a Blorb without a story of the Z-machine: expected a chunk ZCOD');
});

test('refuses an instruction that there is none of, and a call of what is no routine', () => {
  const { initialPc } = readStoryFile(bytes);
  expect(() => new OwnPlayer(changed(initialPc, 0x00, 0, 0), 1)).toThrow(
    `no instruction of version 5 at address ${initialPc}: 2OP:0`,
  );
  // Routines begin with how many local variables they have.
  const target = 1 + bytes.findIndex((_, i) => i > 0 && i % 4 === 3 && bytes[i + 1] > 15);
  const CALL_1N = 0x8f;
  expect(() => new OwnPlayer(changed(initialPc, CALL_1N, target >> 10, target >> 2), 1)).toThrow(
    `a call of address ${target}, where no routine is`,
  );
});

test('a story that tells without end is refused before it fills memory', () => {
  const { initialPc } = readStoryFile(bytes);
  const [PRINT, JUMP] = [0xb2, 0x8c];
  // Three letters each, the last ones with the bit that ends a text; the jump leads back to where it begins.
  const words = Array.from({ length: 100 }, (_, i) => [i === 99 ? 0x98 : 0x18, 0xc6]).flat();
  const offset = 2 - (1 + words.length + 3);
  expect(() => new OwnPlayer(changed(initialPc, PRINT, ...words, JUMP, (offset >> 8) & 255, offset & 255), 1)).toThrow(
    'no end of what is told after 1048576 characters',
  );
});

test('an instruction that goes through a table counts as one for each of its fields', () => {
  const { initialPc } = readStoryFile(bytes);
  // Bytes, among which there is no number of two: from address 0, 65,535 of them; the result is pushed.
  const [SCAN_TABLE, QUIT] = [0xf7, 0xba];
  const operands = [0x01, 0x12, 0x34, 0, 0, 0xff, 0xff, 0x01];
  const story = new Story(readStoryFile(changed(initialPc, SCAN_TABLE, ...operands, 0, 0xc2, QUIT)));
  const machine = (): Machine => new Machine(story, new StoryRandom('gradus', 1));
  expect(() => run(machine(), 1000)).toThrow('no end after 1000 instructions');
  expect(run(machine(), 100_000)).toBe(2 + 0xffff);
});

test('a table that is printed lies within the story', () => {
  const operands = [0x03, 0x01, 0x00, 0xff, 0xff, 0xff, 0xff]; // 256 65535 65535
  const PRINT_TABLE = 0xfe;
  expect(() => run(machineAt(PRINT_TABLE, ...operands), 1000)).toThrow(
    'a table of 65535 × 65535 at address 256, behind the end of the story',
  );
});

/** A story with a dictionary of 32,767 words of 1 byte each, in the midst of 100,000 zeros, of which none ends a text. */
function endless(): Uint8Array {
  const story = new Uint8Array(110_000);
  story.set(bytes);
  const dictionary = 10_000;
  story.set([0, 1, 0x7f, 0xff], dictionary);
  story.set([dictionary >> 8, dictionary & 255], 0x08);
  story.set([(110_000 / 4) >> 8, (110_000 / 4) & 255], 0x1a);
  return story;
}

test('words of dictionaries and names of objects have as much memory as they say, whether they end there or not', () => {
  const story = new Story(readStoryFile(endless()));
  const { memory } = new Machine(story, new StoryRandom('gradus', 1));
  const source = { memory, characters: story.characters, abbreviations: story.file.abbreviations };
  const words = dictionaryWords(story.dictionary, source);
  expect(words.size).toBe(32_767);
  expect(words.get(20_000)).toBe(' '.repeat(9));
  expect(story.nameAt(memory, { address: 20_000, words: 2 })).toBe(' '.repeat(6));
  expect(story.nameAt(memory, { address: 20_000, words: 0 })).toBe('');
  expect(story.textAt(memory, 20_000).length).toBeGreaterThan(100_000);
});

test('a text has an end, whatever it abbreviates', () => {
  const story = endless();
  // An abbreviation that is all of the zeros, twenty times.
  const { abbreviations } = readStoryFile(story);
  story.set([15_000 >> 8, 15_000 & 255], abbreviations);
  const text = 12_000;
  story.set(
    Array.from({ length: 20 }, () => [0x04, 0x00]).flat(), // abbreviation 0 of the first bank, and a space
    text,
  );
  const damaged = new Story(readStoryFile(story));
  const { memory } = new Machine(damaged, new StoryRandom('gradus', 1));
  expect(() => damaged.textAt(memory, text)).toThrow(new StoryError('no end of a text after 1048576 characters'));
});

/** A machine at the first of these instructions of version 5, followed by `quit`. */
function machineAt(...instructions: readonly number[]): Machine {
  const QUIT = 0xba;
  const { initialPc } = readStoryFile(bytes);
  const story = new Story(readStoryFile(changed(initialPc, ...instructions, QUIT)));
  return new Machine(story, new StoryRandom('gradus', 1));
}

test.each([
  ['add sp 1 -> sp', [0x54, 0, 1, 0]],
  ['add 1 sp -> sp', [0x34, 1, 0, 0]],
  ['je 1 2 sp', [0xc1, 0x5b, 1, 2, 0, 0xc2]],
  ['je 1 2 3 sp', [0xc1, 0x56, 1, 2, 3, 0, 0xc2]],
  ['inc sp', [0x95, 0]],
  ['dec sp', [0x96, 0]],
  ['inc_chk sp 1', [0x05, 0, 1, 0xc2]],
  ['load sp -> sp', [0x9e, 0, 0]],
  ['store sp 5', [0x0d, 0, 5]],
  ['pull g0', [0xe9, 0x7f, 16]],
  ['push 5, pull sp', [0xe8, 0x7f, 5, 0xe9, 0x7f, 0]],
])('nothing is taken from an empty stack: %s', (_, instructions) => {
  expect(() => run(machineAt(...instructions), 100)).toThrow('a number is taken from an empty stack');
});

test.each([
  // Each with a jump back to it.
  ['push 5', [0xe8, 0x7f, 5, 0x8c, 0xff, 0xfc]],
  ['add 1 1 -> sp', [0x14, 1, 1, 0, 0x8c, 0xff, 0xfb]],
])('the stack has an end: %s', (_, instructions) => {
  expect(() => run(machineAt(...instructions), 100_000)).toThrow('the stack is full');
});

test('operands are taken from the stack in their order', () => {
  const push = (value: number): number[] => [0xe8, 0x7f, value];
  const subtract = [...push(7), ...push(3), 0x75, 0, 0, 16]; // sub sp sp -> g0
  const compare = [...push(9), ...push(5), ...push(4), ...push(9), 0xc1, 0xaa, 0, 0, 0, 0, 0xc3]; // je sp sp sp sp, over one byte
  const machine = machineAt(...subtract, ...compare, 0xba, 0x0d, 17, 1); // quit, store g1 1
  machine.setVariable(17, 0);
  expect(run(machine, 100)).toBe(10);
  expect([machine.getVariable(16), machine.getVariable(17)]).toEqual([0xfffc, 1]);
});

test('instructions that a story changes are those that it has changed them to', () => {
  const story = bytes.slice();
  const start = 0x40;
  const code = [
    ...[0x14, 1, 1, 16], // add 1 1 -> g0
    ...[0xe2, 0x17, 0, start + 1, 0, 5], // storeb: the first operand becomes 5
    ...[0x05, 17, 1, 0xc5], // inc_chk g1 1, over the jump
    ...[0x8c, 0xff, 0xf1], // jump to the first
    0xba,
  ];
  story.set(code, start);
  story.set([0, start], 6);
  const machine = new Machine(new Story(readStoryFile(story)), new StoryRandom('gradus', 1));
  machine.setVariable(17, 0);
  run(machine, 100);
  expect([machine.getVariable(16), machine.hasQuit]).toEqual([6, true]);
});

test('the instructions of a run that fails are counted, with the fields of tables', () => {
  const endless = machineAt(0x8c, 0xff, 0xff); // a jump to itself
  expect(() => run(endless, 50)).toThrow('no end after 50 instructions');
  expect(endless.effort).toBe(51);
  // 100 bytes cleared, then a write where memory can only be read.
  const failing = machineAt(0xfd, 0x17, 0xff, 0x00, 0, 100);
  expect(() => run(failing, 50)).toThrow('a write to address');
  expect(failing.effort).toBe(101);
});
