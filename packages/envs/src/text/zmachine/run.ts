import { CONSTANT, decodeInstruction, GLOBAL, LOCAL, type Instruction } from './instructions.ts';
import type { Machine } from './machine.ts';
import { tokenise } from './operations/texts.ts';
import { StoryError } from './story-error.ts';
import type { Story } from './story.ts';
import { readWord, signed } from './words.ts';
import { zsciiOf } from './zscii.ts';

/** Instructions by their addresses, but for those that a story might change. */
const decoded = new WeakMap<Story, (Instruction | undefined)[]>();

/**
 * Runs a story until it waits for input or has quit, for at most `budget` instructions, and returns how many it took; one that goes through a table counts as one for
 * each of its fields. Throws `StoryError` where that is not enough, and for what the Z-machine forbids; the machine is then in the middle of something, so that an
 * earlier snapshot has to be restored.
 */
export function run(machine: Machine, budget: number): number {
  const { memory, objects, operands, story } = machine;
  const instructions = instructionsOf(story);
  const before = machine.effort;
  const limit = before + budget;
  while (machine.isRunning) {
    if (machine.effort++ >= limit) throw new StoryError(`no end after ${budget} instructions`);
    const instruction = instructions[machine.pc] ?? decodeAt(machine, instructions);
    const { operandCount, ending, run: runOther } = instruction;
    const a = operandCount > 0 ? operand(machine, instruction.firstKind, instruction.firstValue) : 0;
    const b = operandCount > 1 ? operand(machine, instruction.secondKind, instruction.secondValue) : 0;
    for (let i = 2; i < operandCount; i++) operands[i] = operand(machine, instruction.kinds[i], instruction.values[i]);
    operands[0] = a;
    operands[1] = b;
    machine.pc = ending.next;
    let result = 0;
    if (runOther) {
      machine.operandCount = operandCount;
      machine.ending = ending;
      const returned = runOther(machine, a, b, operands[2], operands[3]);
      if (instruction.endsItself) continue;
      result = Number(returned);
    } else {
      switch (instruction.number) {
        case 1: // je
          result = bit(a === b || (operandCount > 2 && a === operands[2]) || (operandCount > 3 && a === operands[3]));
          break;
        case 2: // jl
          result = bit(signed(a) < signed(b));
          break;
        case 3: // jg
          result = bit(signed(a) > signed(b));
          break;
        case 4: // dec_chk
          result = bit(add(machine, a, -1) < signed(b));
          break;
        case 5: // inc_chk
          result = bit(add(machine, a, 1) > signed(b));
          break;
        case 6: // jin
          result = bit(objects.parent(a) === b);
          break;
        case 7: // test
          result = bit((a & b) === b);
          break;
        case 8: // or
          result = a | b;
          break;
        case 9: // and
          result = a & b;
          break;
        case 10: // test_attr
          result = bit(objects.hasAttribute(a, b));
          break;
        case 13: // store
          machine.replaceVariable(a, b);
          break;
        case 15: // loadw
          result = readWord(memory, (a + 2 * b) & 0xffff);
          break;
        case 16: // loadb
          result = memory[(a + b) & 0xffff];
          break;
        case 17: // get_prop
          result = objects.property(a, b);
          break;
        case 18: // get_prop_addr
          result = objects.propertyAddress(a, b);
          break;
        case 25: // call_2s
        case 136: // call_1s
        case 224: // call_vs
          machine.call(a, ending.target, operandCount - 1);
          continue;
        case 26: // call_2n
        case 249: // call_vn
          machine.call(a, -1, operandCount - 1);
          continue;
        case 20: // add
          result = a + b;
          break;
        case 21: // sub
          result = a - b;
          break;
        case 22: // mul
          result = Math.imul(a, b);
          break;
        case 128: // jz
          result = bit(a === 0);
          break;
        case 129: // get_sibling
          result = objects.sibling(a);
          break;
        case 130: // get_child
          result = objects.child(a);
          break;
        case 131: // get_parent
          result = objects.parent(a);
          break;
        case 132: // get_prop_len
          result = objects.propertyLength(a);
          break;
        case 133: // inc
          add(machine, a, 1);
          break;
        case 134: // dec
          add(machine, a, -1);
          break;
        case 139: // ret
          machine.return(a);
          break;
        case 140: // jump
          machine.pc += signed(a) - 2;
          break;
        case 142: // load
          result = machine.peekVariable(a);
          break;
        case 176: // rtrue
          machine.return(1);
          break;
        case 177: // rfalse
          machine.return(0);
          break;
        case 225: // storew
          machine.writeWord((a + 2 * b) & 0xffff, operands[2]);
          break;
        case 226: // storeb
          machine.writeByte((a + b) & 0xffff, operands[2]);
          break;
        case 232: // push
          machine.push(a);
          break;
        case 233: // pull
          machine.replaceVariable(a, machine.pop());
          break;
      }
    }
    if (ending.target >= 0) machine.setVariable(ending.target, result);
    if (ending.branches && (result !== 0) === ending.branchOn) machine.branch(ending);
  }
  return machine.effort - before;
}

function operand(machine: Machine, kind: number, value: number): number {
  if (kind === LOCAL) return machine.stack[machine.frame + value];
  if (kind === CONSTANT) return value;
  return kind === GLOBAL ? readWord(machine.memory, value) : machine.pop();
}

function bit(condition: boolean): number {
  return condition ? 1 : 0;
}

/** Changes a variable, and returns its new value with its sign. */
function add(machine: Machine, variable: number, change: number): number {
  const value = signed(machine.peekVariable(variable) + change);
  machine.replaceVariable(variable, value);
  return value;
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
