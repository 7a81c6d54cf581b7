import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '@gradus/core';
import { expect, test } from 'vitest';
import { Machine } from '../../../src/text/zmachine/machine.ts';
import { Routines } from '../../../src/text/zmachine/routines.ts';
import { programOf, run } from '../../../src/text/zmachine/run.ts';
import { StoryError } from '../../../src/text/zmachine/story-error.ts';
import { readStoryFile } from '../../../src/text/zmachine/story-file.ts';
import { StoryRandom } from '../../../src/text/zmachine/story-random.ts';
import { Story } from '../../../src/text/zmachine/story.ts';

const original = readFileSync(join(import.meta.dirname, '../../../stories/lighthouse.z5'));
const { initialPc, staticBase } = readStoryFile(original);
/** The first routine; each has room for this many bytes. */
const FIRST = (initialPc + 64) & ~3;
const ROOM = 256;
const LOCALS = 4;
const [ONE, TWO, THREE] = [1, 2, 3];
/** The first global variable, and the stack. */
const GLOBAL = 16;
const STACK = 0;

// Instructions of version 5. A branch or jump leads to an instruction by its number in the routine.

/** Bytes, and a number of an instruction instead of two of them: the way there. */
type Code = readonly (number | { readonly to: number; readonly isBranch: boolean })[];

const branch = (to: number): Code => [{ to, isBranch: true }];
const jump = (to: number): Code => [0x8c, { to, isBranch: false }];
const add = (variable: number, value: number, target: number): Code => [0x54, variable, value, target];
const ifEqual = (variable: number, value: number, to: number): Code => [0x41, variable, value, ...branch(to)];
const ifLess = (variable: number, value: number, to: number): Code => [0x42, variable, value, ...branch(to)];
const countDown = (variable: number, until: number, to: number): Code => [0x04, variable, until, ...branch(to)];
const push = (variable: number): Code => [0xe8, 0xbf, variable];
const pull = (variable: number): Code => [0xe9, 0x7f, variable];
const printNumber = (variable: number): Code => [0xe6, 0xbf, variable];
const returnPopped: Code = [0xb8];
const returnTrue: Code = [0xb0];
const returnOf = (variable: number): Code => [0xab, variable];
const packed = (routine: number): number => (FIRST + routine * ROOM) / 4;
const call = (routine: number, variable: number, target: number): Code => [
  ...[0xe0, 0x2f, packed(routine) >> 8, packed(routine) & 255, variable, target],
];

/** A machine with these routines, which calls the first one with 5, puts its result into the first global variable, and quits. */
function machineWith(routines: readonly (readonly Code[])[], often: number): Machine {
  const story = Uint8Array.from(original);
  const begin = [0xe0, 0x1f, packed(0) >> 8, packed(0) & 255, 5, GLOBAL, 0xba];
  story.set(begin, initialPc);
  routines.forEach((codes, i) => story.set([LOCALS, ...assemble(codes)], FIRST + i * ROOM));
  const machine = new Machine(new Story(readStoryFile(story)), new StoryRandom('gradus', 1));
  programOf(machine.story).often = often;
  return machine;
}

function assemble(codes: readonly Code[]): number[] {
  const lengthOf = (code: Code): number =>
    code.reduce<number>((sum, part) => sum + (typeof part === 'number' ? 1 : 2), 0);
  const starts = codes.map((_, i) => codes.slice(0, i).reduce((sum, code) => sum + lengthOf(code), 0));
  return codes.flatMap((code, i) => {
    const next = starts[i] + lengthOf(code);
    return code.flatMap((part) => {
      if (typeof part === 'number') return [part];
      const offset = starts[part.to] - next + 2;
      return part.isBranch ? [0x80 | ((offset >> 8) & 0x3f), offset & 255] : [(offset >> 8) & 255, offset & 255];
    });
  });
}

/** What comes of running it, whole routines or one instruction after the other. */
function outcome(routines: readonly (readonly Code[])[], often: number, budget: number): unknown {
  const machine = machineWith(routines, often);
  const changeable = (): string => Buffer.from(machine.memory.subarray(0, staticBase)).toString('base64');
  try {
    const effort = run(machine, budget);
    return { ran: [effort, machine.getVariable(GLOBAL), machine.screen.take()], memory: changeable() };
  } catch (error) {
    if (!(error instanceof StoryError)) throw error;
    return error.message;
  }
}

const both = (routines: readonly (readonly Code[])[], budget = 1000): unknown[] =>
  [1, Infinity].map((often) => outcome(routines, often, budget));

const isWhole = (routines: readonly (readonly Code[])[]): boolean =>
  new Routines(() => false).find(machineWith(routines, 1), packed(0)) !== undefined;

test('a loop that is entered in its middle', () => {
  const routine = [jump(2), printNumber(ONE), countDown(ONE, 0, 4), jump(1), returnOf(ONE)];
  expect(isWhole([routine])).toBe(true);
  const [compiled, interpreted] = both([routine]);
  expect(compiled).toEqual(interpreted);
  expect(compiled).toMatchObject({ ran: [20, 0xffff, '43210'] });
});

test('results that nobody takes stay on the stack, one more in each round', () => {
  const routine = [ifEqual(ONE, 3, 2), call(1, ONE, STACK), countDown(ONE, 0, 4), jump(0), push(TWO), returnPopped];
  expect(isWhole([routine, [returnTrue]])).toBe(true);
  const [compiled, interpreted] = both([routine, [returnTrue]]);
  expect(compiled).toEqual(interpreted);
  // What is taken there depends on the way, so that it is no whole routine, with the same result.
  const taking = [push(ONE), ifEqual(ONE, 5, 3), push(TWO), returnPopped];
  expect(isWhole([taking])).toBe(false);
  expect(both([taking])[0]).toEqual(both([taking])[1]);
  expect(both([taking])[0]).toMatchObject({ ran: [5, 5, ''] });
});

test('calls and rounds without an end', () => {
  const calling = [call(0, ONE, ONE), returnTrue];
  const going = [add(ONE, 1, ONE), jump(0)];
  const leaving = [call(1, ONE, STACK), jump(0)];
  expect([[calling], [going], [leaving, [returnTrue]]].map(isWhole)).toEqual([true, true, true]);
  expect(both([calling], 100_000)).toEqual(['the stack is full', 'the stack is full']);
  expect(both([calling], 300)).toEqual(['no end after 300 instructions', 'no end after 300 instructions']);
  expect(both([going])).toEqual(['no end after 1000 instructions', 'no end after 1000 instructions']);
  expect(both([leaving, [returnTrue]], 1_000_000)).toEqual(['the stack is full', 'the stack is full']);
});

test('calls as deep as the stack has room for', () => {
  // Each takes nine of its 32,768 numbers.
  const deep = (calls: number): unknown[] => {
    const begin: Code[] = [[0xcd, 0x4f, THREE, calls >> 8, calls & 255], call(1, THREE, ONE), returnOf(ONE)]; // store l3 calls
    const descend: Code[] = [ifEqual(ONE, 0, 3), [0x55, ONE, 1, TWO], call(1, TWO, THREE), returnOf(ONE)]; // sub l1 1 -> l2
    expect(isWhole([begin, descend])).toBe(true);
    return both([begin, descend], 100_000);
  };
  const [compiled, interpreted] = deep(3600);
  expect(compiled).toEqual(interpreted);
  expect(compiled).toMatchObject({ ran: [4 * 3600 + 7, 3600, ''] });
  expect(deep(3700)).toEqual(['the stack is full', 'the stack is full']);
});

test('local variables that a routine does not have are 0, whatever is put there', () => {
  const routine = [add(9, 7, 9), push(9), pull(TWO), add(TWO, 1, ONE), returnOf(ONE)];
  expect(isWhole([routine])).toBe(false);
  const [compiled, interpreted] = both([routine]);
  expect(compiled).toEqual(interpreted);
  expect(compiled).toMatchObject({ ran: [7, 1, ''] });
});

test('whatever routines do, whole or one instruction after the other comes to the same', () => {
  const random = new Random(17);
  const [kinds, COUNT, ROUTINES] = [11, 14, 3];
  let [whole, ended] = [0, 0];
  for (let i = 0; i < 400; i++) {
    const variable = (): number => [STACK, ONE, ONE, TWO, THREE, GLOBAL + 1][random.integer(6)];
    const local = (): number => 1 + random.integer(LOCALS);
    const codes = (): Code[] =>
      Array.from({ length: COUNT }, (_, at) => {
        if (at === COUNT - 1) return returnOf(local());
        const to = random.integer(COUNT);
        const makers = [
          () => add(variable(), random.integer(9), variable()),
          () => add(local(), random.integer(9), local()),
          () => ifEqual(local(), random.integer(4), to),
          () => ifLess(local(), random.integer(9), to),
          () => countDown(local(), random.integer(3), to),
          () => push(local()),
          () => pull(local()),
          () => printNumber(local()),
          () => call(random.integer(ROUTINES), local(), variable()),
          () => jump(Math.min(COUNT - 1, at + 1 + random.integer(4))),
          () => (random.integer(4) === 0 ? returnPopped : returnOf(local())),
        ];
        return makers[random.integer(kinds)]();
      });
    const routines = Array.from({ length: ROUTINES }, codes);
    const [compiled, interpreted] = both(routines, 500 + 10 * i);
    expect(compiled, `program ${i}`).toEqual(interpreted);
    whole += Number(isWhole(routines));
    ended += Number(typeof compiled !== 'string');
  }
  // Enough of each kind that this says something.
  expect([whole > 60, whole < 340, ended > 100, ended < 390]).toEqual([true, true, true, true]);
});
