import type { Code } from './compile.ts';
import { fullStack, type Machine } from './machine.ts';
import { interpret, runOther } from './interpret.ts';
import { tokenise } from './operations/texts.ts';
import { Program } from './program.ts';
import { takeTooLong } from './run-limit.ts';
import { StoryError } from './story-error.ts';
import type { Story } from './story.ts';
import { zsciiOf } from './zscii.ts';

/** What was decoded for all machines that play a story. */
const programs = new WeakMap<Story, Program>();

/**
 * Runs a story until it waits for input or has quit, for at most `budget` instructions, and returns how many it took. Throws `StoryError` where that is not enough, and for what the Z-machine
 * forbids; the machine is then in the middle of something, so that an earlier snapshot has to be restored.
 */
export function run(machine: Machine, budget: number): number {
  const before = machine.effort;
  const limit = before + budget;
  machine.budget = budget;
  machine.limit = limit;
  const program = programOf(machine.story);
  while (machine.isRunning) {
    const { pc } = machine;
    const code = program.codeAt(machine, pc);
    if (code) machine.pc = runCompiled(machine, code, program.entries[pc]);
    else interpret(machine, program);
    if (machine.effort > limit) takeTooLong(machine);
  }
  return machine.effort - before;
}

/** Calls of whole routines are calls of functions, for which an engine may have less room than the story's stack. */
function runCompiled(machine: Machine, code: Code, entry: number): number {
  try {
    return code(machine, entry);
  } catch (error) {
    // What engines throw then: V8 and JavaScriptCore the first, SpiderMonkey the second.
    if (error instanceof Error && ['RangeError', 'InternalError'].includes(error.name)) fullStack();
    throw error;
  }
}

/** Gives a waiting story a line, cut to what it has room for, or the first character of it as a key. */
export function enter(machine: Machine, input: string): void {
  const { waiting, memory, story } = machine;
  if (!waiting) throw new StoryError('the story does not wait for input');
  const { characters, file } = story;
  const { kind, letters, words, ending } = waiting;
  machine.waiting = undefined;
  machine.isRunning = true;
  if (kind === 'key') {
    machine.finish(ending, zsciiOf(characters, input.slice(0, 1) || '\n')[0]);
    return;
  }
  const hasCount = file.version >= 5;
  const room = memory[letters] - (hasCount ? 0 : 1);
  const codes = zsciiOf(characters, input.toLowerCase()).slice(0, Math.max(0, room));
  const first = letters + (hasCount ? 2 : 1);
  if (hasCount) machine.writeByte(letters + 1, codes.length);
  codes.forEach((code, i) => machine.writeByte(first + i, code));
  if (!hasCount) machine.writeByte(first + codes.length, 0);
  if (words > 0) tokenise(machine, letters, words);
  const RETURN = 13;
  machine.finish(ending, RETURN);
}

/** What is known of a story's instructions. */
export function programOf(story: Story): Program {
  let program = programs.get(story);
  if (!program) {
    program = new Program(story, runOther);
    programs.set(story, program);
  }
  return program;
}
