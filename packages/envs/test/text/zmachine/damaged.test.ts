import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '@gradus/core';
import { expect, test } from 'vitest';
import { Machine } from '../../../src/text/zmachine/machine.ts';
import { enter, programOf, run } from '../../../src/text/zmachine/run.ts';
import { StoryError } from '../../../src/text/zmachine/story-error.ts';
import { readStoryFile } from '../../../src/text/zmachine/story-file.ts';
import { StoryRandom } from '../../../src/text/zmachine/story-random.ts';
import { Story } from '../../../src/text/zmachine/story.ts';

const folder = join(import.meta.dirname, '../../../stories');
const read = (version: string): Uint8Array => readFileSync(join(folder, `lighthouse.${version}`));
const kinds = [
  ['one by one', Infinity],
  ['compiled', 1],
] as const;

function machineOf(bytes: Uint8Array, often: number): Machine {
  const machine = new Machine(new Story(readStoryFile(bytes)), new StoryRandom('gradus', 1));
  programOf(machine.story).often = often;
  return machine;
}

/** The own story of version 5 with these instructions, and then `quit`, where it begins; it is in what cannot be written. */
function machineAt(
  often: number,
  instructions: readonly number[],
  header: readonly (readonly number[])[] = [],
): Machine {
  const story = read('z5').slice();
  const { initialPc } = readStoryFile(story);
  story.set([...instructions, 0xba], initialPc);
  for (const [at, value] of header) story.set([value >> 8, value & 255], at);
  return machineOf(story, often);
}

/** Global variables that begin 2 bytes before the end of what may be written: of them only the first, g0, is within. */
const atTheEnd = [[0x0c, readStoryFile(read('z5')).staticBase - 2]];

test.each(
  kinds.flatMap(([kind, often]) =>
    (
      [
        // Object 5,000 would be in what cannot be written.
        ['set_attr', [0xcb, 0x1f, 0x13, 0x88, 0], []],
        ['clear_attr', [0xcc, 0x1f, 0x13, 0x88, 0], []],
        ['insert_obj', [0xce, 0x1f, 0x13, 0x88, 1], []],
        ['add 1 1 -> g1', [0x14, 1, 1, 17], atTheEnd],
        ['store g1 5', [0x0d, 17, 5], atTheEnd],
        ['inc g1', [0x95, 17], atTheEnd],
        ['dec_chk g1 0', [0x04, 17, 0, 0xc2], atTheEnd],
        ['push 5, pull g1', [0xe8, 0x7f, 5, 0xe9, 0x7f, 17], atTheEnd],
        // Of a variable whose number is another's value, which may be more than 255.
        ['store g0 17, store (g0) 5', [0x0d, 16, 17, 0x4d, 16, 5], atTheEnd],
        ['store g0 17, inc (g0)', [0x0d, 16, 17, 0xa5, 16], atTheEnd],
      ] as const
    ).map(([name, ...rest]) => [name, kind, often, ...rest] as const),
  ),
)('only what may be written is: %s, %s', (_name, _kind, often, instructions, header) => {
  const machine = machineAt(often, instructions, header);
  const { staticBase } = machine.story.file;
  const before = machine.memory.slice(staticBase);
  expect(() => run(machine, 100)).toThrow(/^a write to address \d+, where memory can only be read$/);
  expect(machine.memory.subarray(staticBase)).toEqual(before);
});

test.each(kinds)('variables up to where what may be written ends can be, %s', (_kind, often) => {
  const machine = machineAt(often, [0x14, 1, 1, 16, 0x95, 16], atTheEnd); // add 1 1 -> g0, inc g0
  run(machine, 100);
  expect(machine.getVariable(16)).toBe(3);
});

test.each(kinds)('a throw leads to a call that there is, %s', (_kind, often) => {
  expect(() => run(machineAt(often, [0x1c, 7, 0]), 100)).toThrow('a throw to 0, where no call is'); // throw 7 0
});

test.each(kinds)('a branch to an address below 0 is no return, %s', (_kind, often) => {
  // In a routine at the beginning of what cannot be written, which has no local variables: jz 0, 8,192 bytes back.
  const story = read('z3').slice();
  const { staticBase, initialPc } = readStoryFile(story);
  const routine = (staticBase + 1) & ~1;
  story.set([0, 0x90, 0, 0xa0, 0], routine);
  story.set([0xe0, 0x3f, routine >> 9, (routine >> 1) & 255, 0, 0xba], initialPc); // call_vs -> sp, quit
  expect(() => run(machineOf(story, often), 100)).toThrow(
    `the story goes on at address ${routine + 5 - 8192 - 2}, behind its end`,
  );
});

test.each(kinds)('operands that are missing are 0, those too many are taken off the stack, %s', (_kind, often) => {
  const push = (value: number): number[] => [0xe8, 0x7f, value];
  // je 1 2 3 3, whose last operands are not those of what follows.
  const before = [0xc1, 0x55, 1, 2, 3, 3, 0xc2];
  const address = 0x40;
  const storeByte = [0xe2, 0x5f, address, 1]; // storeb 64 1, and no value
  const machine = machineAt(often, [...before, ...storeByte, ...push(8), ...push(9), 0xd4, 0x5b, 1, 2, 0, 16]); // add 1 2 sp -> g0
  machine.memory[address + 1] = 7;
  run(machine, 100);
  expect(machine.memory[address + 1]).toBe(0);
  expect(machine.getVariable(16)).toBe(3);
  expect(machine.pop()).toBe(8);
});

test.each(['z3', 'z4', 'z5', 'z8'])(
  'damaged stories come to the same states compiled and one by one, and change nothing that cannot be written: lighthouse.%s',
  (version) => {
    for (let seed = 0; seed < 40; seed++) {
      const story = damaged(read(version), seed);
      const [interpreted, compiled] = kinds.map(([, often]) => play(story, often, seed));
      expect(compiled, `seed ${seed}`).toEqual(interpreted);
    }
  },
);

/** With 60 bits of other values behind the header, of two stories of three where code is. */
function damaged(bytes: Uint8Array, seed: number): Uint8Array {
  const random = new Random(seed);
  const story = bytes.slice();
  const { initialPc } = readStoryFile(story);
  for (let i = 0; i < 60; i++) {
    const at = seed % 3 === 0 ? 64 + random.integer(story.length - 64) : initialPc + random.integer(3000);
    story[at] ^= 1 << random.integer(8);
  }
  return story;
}

function play(bytes: Uint8Array, often: number, seed: number): unknown[] {
  const outcomes: unknown[] = [];
  try {
    const machine = machineOf(bytes, often);
    const { staticBase } = machine.story.file;
    const before = machine.memory.slice(staticBase);
    const attempt = (begin: () => void): boolean => {
      const snapshot = machine.snapshot();
      machine.effort = 0;
      try {
        begin();
        run(machine, 2000 + 97 * seed);
      } catch (error) {
        if (!(error instanceof StoryError)) throw error;
        outcomes.push(error.message);
        machine.restore(snapshot);
        return false;
      }
      const { memory, stack, effort, pc, top, frame } = machine;
      const hash = Buffer.from(memory.subarray(0, staticBase)).toString('base64');
      outcomes.push([effort, pc, frame, [...stack.subarray(0, top)], machine.screen.take(), hash]);
      return true;
    };
    const commands = [
      'look',
      'north',
      'east',
      'take all',
      'inventory',
      'save',
      'undo',
      'restore',
      'examine me',
      'score',
    ];
    if (attempt(() => undefined)) {
      for (const command of commands) if (machine.waiting) attempt(() => enter(machine, command));
    }
    expect(Buffer.compare(machine.memory.subarray(staticBase), before)).toBe(0);
  } catch (error) {
    if (!(error instanceof StoryError)) throw error;
    outcomes.push(error.message);
  }
  return outcomes;
}
