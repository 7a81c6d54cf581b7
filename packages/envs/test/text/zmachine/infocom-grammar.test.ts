import { expect, test } from 'vitest';
import { infocomDirections, infocomGrammar } from '../../../src/text/zmachine/grammar/infocom-grammar.ts';
import { Vocabulary } from '../../../src/text/zmachine/grammar/vocabulary.ts';
import { Machine } from '../../../src/text/zmachine/machine.ts';
import { packWord } from '../../../src/text/zmachine/packed-text.ts';
import { readStoryFile } from '../../../src/text/zmachine/story-file.ts';
import { StoryRandom } from '../../../src/text/zmachine/story-random.ts';
import { Story } from '../../../src/text/zmachine/story.ts';
import { writeWord } from '../../../src/text/zmachine/words.ts';
import { readCharacters, zsciiOf } from '../../../src/text/zmachine/zscii.ts';

const [OBJECTS, GLOBALS, STATIC] = [64, 200, 700];

/** Words with their flags and two bytes, as Infocom's dictionaries have them: the lowest bits of the flags say what the first byte is for. */
const words: readonly (readonly [string, number, number, number])[] = [
  ['get', 0x41, 255, 0],
  ['in', 0x08, 1, 0],
  ['invent', 0x41, 252, 0],
  ['lamp', 0x80, 1, 0],
  // A noun, and a verb, whose number comes first.
  ['light', 0xc1, 253, 1],
  ['n', 0x13, 31, 0],
  ['north', 0x13, 31, 0],
  ['put', 0x41, 254, 0],
  ['take', 0x41, 255, 0],
  // A direction, whose number comes first, and a preposition.
  ['up', 0x1b, 29, 2],
  ['with', 0x08, 3, 0],
];

/** A story of version 3 that has these words and, where static memory begins, the lines of four verbs. */
function machineWith(verbs: readonly (readonly (readonly number[])[])[]): Machine {
  const bytes = new Uint8Array(2000);
  bytes[0] = 3;
  const parts = { 0x06: STATIC, 0x0a: OBJECTS, 0x0c: GLOBALS, 0x0e: STATIC };
  for (const [at, address] of Object.entries(parts)) writeWord(bytes, Number(at), address);
  let at = STATIC + 2 * verbs.length;
  verbs.forEach((lines, verb) => {
    writeWord(bytes, STATIC + 2 * verb, at);
    bytes.set([lines.length, ...lines.flat()], at);
    at += 1 + lines.flat().length;
  });
  writeWord(bytes, 0x08, at);
  bytes.set([0, 7, 0, words.length], at);
  at += 4;
  const characters = readCharacters({ ...readStoryFile(bytes), alphabet: 0, unicode: 0 });
  for (const [word, ...data] of words) {
    packWord(characters, zsciiOf(characters, word), 2).forEach((packed, i) => writeWord(bytes, at + 2 * i, packed));
    bytes.set(data, at + 4);
    at += 7;
  }
  return new Machine(new Story(readStoryFile(bytes)), new StoryRandom('gradus', 1));
}

/** In hands, where a thing must be; the same, but it is taken first; in the room. */
const HAVE_HELD = 0x82;
const TAKE_HELD = 0x8a;
const IN_ROOM = 0x30;

const anywhere = { kind: '0', isHeld: false };
const expected = [
  { text: 'take OBJ', action: 10, holes: [anywhere] },
  { text: 'take OBJ with OBJ', action: 11, holes: [anywhere, { kind: '2', isHeld: true }] },
  { text: 'put OBJ in OBJ', action: 12, holes: [{ kind: '10', isHeld: false }, anywhere] },
  { text: 'light up OBJ', action: 13, holes: [anywhere] },
  { text: 'inventory', action: 14, holes: [] },
];

test.each([
  [
    'lines of eight bytes',
    [
      [
        [1, 0, 0, 9, 0, IN_ROOM, 0, 10],
        [2, 0, 3, 9, 9, IN_ROOM, HAVE_HELD, 11],
      ],
      [[2, 0, 1, 0, 0, TAKE_HELD, IN_ROOM, 12]],
      [[1, 2, 0, 0, 0, IN_ROOM, 0, 13]],
      [[0, 0, 0, 0, 0, 0, 0, 14]],
    ],
  ],
  [
    'lines of two, four and seven bytes',
    [
      [
        [0x40, 10, 9, IN_ROOM],
        [0x80, 11, 9, IN_ROOM, 3, 9, HAVE_HELD],
      ],
      [[0x80, 12, 0, TAKE_HELD, 1, 0, IN_ROOM]],
      [[0x42, 13, 0, IN_ROOM]],
      [[0, 14]],
    ],
  ],
])('reads grammars of %s', (_, verbs) => {
  const machine = machineWith(verbs);
  const vocabulary = new Vocabulary(machine);
  expect(infocomGrammar(machine.memory, STATIC, vocabulary)).toEqual(expected);
  expect(infocomDirections(vocabulary)).toEqual(['north', 'up']);
});

test('a table of neither format is none', () => {
  const machine = machineWith([[[1, 0, 0]], [[9]], [[2, 2, 2, 2]], []]);
  expect(infocomGrammar(machine.memory, STATIC, new Vocabulary(machine))).toBeUndefined();
});
