import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OwnPlayer } from './own-player.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/zmachine');

/** What `opcodes.inf` prints, worked out from the Standard by hand. */
const inAllVersions = [
  'arithmetic',
  // 32767 + 2, −32768 − 1 and 300 · 300 in 16 bits; −11 and 13 by 2 and −5, towards zero, with the remainder's sign that of the dividend.
  '-32767 32767 24464 -5 -1 -2 3',
  '240 4095 -4081',
  'branches',
  '6 -6 1 0',
  'variables',
  // Variable 0 as an operand is the top of the stack where it is.
  '2 31 1 0 -1',
  'memory',
  '30 8 50 255 254 255 20',
  'objects',
  'cardboard box 1 1 1 1',
  '1 1 1',
  '1 1',
  '0 1',
  // A property, set to −3; the default of another object; the third word of a list of 6 bytes; no address, and so no length.
  '300 -3 77 3 6 0 0 1 0',
  'calls',
  '6 1 610 0',
  'texts',
  'lower UPPER 0123456789 .,!?_#\'"/\\-:() äéß¿ $',
  '-32768 x',
  'a text',
  'returned',
];

const later = [
  'later',
  // 0x8001 by one place to the left, to the right with zeros, and with its sign.
  '2 16384 -16384',
  '4 3 0',
  // Copied; onto itself two places on, whole; the same forward, so that it repeats; cleared.
  '12345678',
  '12123456',
  '12121212',
  '00021212',
  '1 2 0',
  // Twelve characters went into a table: the first three, and all as a rectangle of three rows.
  '12 int into',
  ' a t',
  'able é',
];

/** `Look, the.boxes separable`: lengths, positions, and whether the dictionary, which has `separately`, knows them: it compares 6 characters in version 3 and 9 later. */
const input = (first: number, knows: 0 | 1): string[] => [
  'input',
  `4 ${first} 1`,
  `1 ${first + 4} 0`,
  `3 ${first + 6} 0`,
  `1 ${first + 9} 0`,
  `5 ${first + 10} 0`,
  `9 ${first + 16} ${knows}`,
];

const stories: readonly (readonly [string, readonly string[]])[] = [
  ['z3', [...inAllVersions, ...input(1, 1)]],
  ['z5', [...inAllVersions, ...later, ...input(2, 0)]],
  ['z8', [...inAllVersions, ...later, ...input(2, 0)]],
];

test.each(
  stories.flatMap(([version, lines]) => [
    [version, 'one by one', Infinity, lines] as const,
    [version, 'compiled', 1, lines] as const,
  ]),
)('instructions do what the Standard says, in opcodes.%s %s', (version, _, often, lines) => {
  const player = new OwnPlayer(readFileSync(join(fixtures, `opcodes.${version}`)), 1, 'gradus', often);
  player.enter('Look, the.boxes separable');
  expect(player.take().split('\n')).toEqual([...lines, '']);
  expect(player.hasQuit).toBe(true);
});
