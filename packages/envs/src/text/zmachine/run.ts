import { CONSTANT, decodeInstruction, GLOBAL, LOCAL, type Instruction } from './instructions.ts';
import type { Machine } from './machine.ts';
import { tokenise } from './operations/texts.ts';
import { StoryError } from './story-error.ts';
import type { Story } from './story.ts';
import { readWord } from './words.ts';
import { zsciiOf } from './zscii.ts';

/** Instructions by their addresses, but for those that a story might change. */
const decoded = new WeakMap<Story, (Instruction | undefined)[]>();

/**
 * Runs a story until it waits for input or has quit, for at most `budget` instructions, and returns how many it took. Throws `StoryError` where that is not enough, and for what the
 * Z-machine forbids; the machine is then in the middle of something, so that an earlier snapshot has to be restored.
 */
export function run(machine: Machine, budget: number): number {
  const { memory, stack, operands, story } = machine;
  const instructions = instructionsOf(story);
  let count = 0;
  while (machine.isRunning) {
    if (count++ === budget) throw new StoryError(`no end after ${budget} instructions`);
    const instruction = instructions[machine.pc] ?? decodeAt(machine, instructions);
    const { kinds, values } = instruction;
    const operandCount = values.length;
    for (let i = 0; i < operandCount; i++) {
      const kind = kinds[i];
      const value = values[i];
      if (kind === CONSTANT) operands[i] = value;
      else if (kind === LOCAL) operands[i] = stack[machine.frame + value];
      else if (kind === GLOBAL) operands[i] = readWord(memory, value);
      else operands[i] = machine.pop();
    }
    machine.operandCount = operandCount;
    const { ending } = instruction;
    machine.ending = ending;
    machine.pc = ending.next;
    const result = instruction.run(machine, operands[0], operands[1], operands[2], operands[3]);
    if (instruction.endsItself) continue;
    if (ending.target >= 0) {
      machine.setVariable(ending.target, result as number);
      if (ending.branches && (result !== 0) === ending.branchOn) machine.branch(ending);
    } else if (ending.branches && result === ending.branchOn) machine.branch(ending);
  }
  return count;
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

function instructionsOf(story: Story): (Instruction | undefined)[] {
  let instructions = decoded.get(story);
  if (!instructions) {
    instructions = new Array<Instruction | undefined>(story.file.bytes.length).fill(undefined);
    decoded.set(story, instructions);
  }
  return instructions;
}

function decodeAt(machine: Machine, instructions: (Instruction | undefined)[]): Instruction {
  const { pc } = machine;
  if (pc >= instructions.length) throw new StoryError(`the story goes on at address ${pc}, behind its end`);
  const instruction = decodeInstruction(machine, pc);
  if (pc >= machine.story.file.staticBase) instructions[pc] = instruction;
  return instruction;
}
