import { CONSTANT, GLOBAL, LOCAL, type Instruction } from './instructions.ts';
import { emptyStack, fullStack, STACK_LENGTH, type Machine } from './machine.ts';
import type { Program } from './program.ts';
import { refuseWrite } from './story-error.ts';
import { readWord } from './words.ts';

/**
 * Runs a story until it comes to what is compiled, waits for input or has quit, or has taken more instructions than the machine's limit; at least one. One that goes
 * through a table counts as one for each of its fields. Throws `StoryError` for what the Z-machine forbids.
 */
export function interpret(machine: Machine, program: Program): void {
  // The loop has all in variables and constants of its own, and written out: those of modules, and functions, are looked up and examined each time they are used, which takes longer than what
  // most instructions do. What the numbers are, `Program` says.
  const LOCAL = 1;
  const GLOBAL = 2;
  const STACK = 3;
  const { memory, stack, objects, operands, story } = machine;
  const { globals, bytes, staticBase } = story.file;
  const { limit } = machine;
  const { numbers } = program;
  const end = bytes.length;
  let { effort } = machine;
  let { pc, top, frame, floor } = machine;
  try {
    while (machine.isRunning) {
      if (effort++ >= limit) return;
      let at = pc << 3;
      let what = pc >>> 0 < end ? numbers[at] : 0;
      if (what === 0) {
        at = program.decode(machine, pc) << 3;
        what = numbers[at];
      }
      let a = numbers[at + 1];
      const firstKind = (what >> 12) & 3;
      if (firstKind === LOCAL) a = frame + a < floor ? stack[frame + a] : 0;
      else if (firstKind === GLOBAL) a = (memory[a] << 8) | memory[a + 1];
      else if (firstKind === STACK) a = top > floor ? stack[--top] : emptyStack();
      let b = numbers[at + 2];
      const secondKind = (what >> 14) & 3;
      if (secondKind === LOCAL) b = frame + b < floor ? stack[frame + b] : 0;
      else if (secondKind === GLOBAL) b = (memory[b] << 8) | memory[b + 1];
      else if (secondKind === STACK) b = top > floor ? stack[--top] : emptyStack();
      const count = (what >> 8) & 15;
      if (count > 2) {
        let c = numbers[at + 3];
        const thirdKind = (what >> 16) & 3;
        if (thirdKind === LOCAL) c = frame + c < floor ? stack[frame + c] : 0;
        else if (thirdKind === GLOBAL) c = (memory[c] << 8) | memory[c + 1];
        else if (thirdKind === STACK) c = top > floor ? stack[--top] : emptyStack();
        operands[2] = c;
        if (count > 3) {
          let d = numbers[at + 4];
          const fourthKind = (what >> 18) & 3;
          if (fourthKind === LOCAL) d = frame + d < floor ? stack[frame + d] : 0;
          else if (fourthKind === GLOBAL) d = (memory[d] << 8) | memory[d + 1];
          else if (fourthKind === STACK) d = top > floor ? stack[--top] : emptyStack();
          operands[3] = d;
        }
      }
      pc = numbers[at + 5];
      let result = 0;
      const number = what & 0xff;
      switch (number) {
        case 0: {
          machine.pc = pc;
          machine.top = top;
          machine.effort = effort;
          const isEnded = runOther(machine, program.others[at >> 3], a, b);
          ({ pc, top, frame, floor, effort } = machine);
          if (isEnded) continue;
          result = machine.result;
          break;
        }
        case 1: // je
          result = a === b || (count > 2 && a === operands[2]) || (count > 3 && a === operands[3]) ? 1 : 0;
          break;
        case 2: // jl
          result = a << 16 < b << 16 ? 1 : 0;
          break;
        case 3: // jg
          result = a << 16 > b << 16 ? 1 : 0;
          break;
        case 4: // dec_chk
        case 5: // inc_chk
        case 37: // inc
        case 38: {
          // dec
          const change = number === 5 || number === 37 ? 1 : -1;
          let value: number;
          if (a >= 16) {
            const address = globals + 2 * (a - 16);
            if (address + 1 >= staticBase) refuseWrite(address + 1);
            value = ((memory[address] << 8) | memory[address + 1]) + change;
            memory[address] = value >> 8;
            memory[address + 1] = value;
          } else {
            if (a === 0 && top <= floor) emptyStack();
            const place = a > 0 ? frame + a - 1 : top - 1;
            const isThere = a === 0 || place < floor;
            value = ((isThere ? stack[place] : 0) + change) & 0xffff;
            if (isThere) stack[place] = value;
          }
          if (number === 4) result = value << 16 < b << 16 ? 1 : 0;
          else if (number === 5) result = value << 16 > b << 16 ? 1 : 0;
          break;
        }
        case 6: // jin
          result = objects.parent(a) === b ? 1 : 0;
          break;
        case 7: // test
          result = (a & b) === b ? 1 : 0;
          break;
        case 8: // or
          result = a | b;
          break;
        case 9: // and
          result = a & b;
          break;
        case 10: // test_attr
          result = objects.hasAttribute(a, b) ? 1 : 0;
          break;
        case 13: // store
        case 73: {
          // pull
          if (number === 73) b = top > floor ? stack[--top] : emptyStack();
          if (a >= 16) {
            const address = globals + 2 * (a - 16);
            if (address + 1 >= staticBase) refuseWrite(address + 1);
            memory[address] = b >> 8;
            memory[address + 1] = b;
          } else {
            if (a === 0 && top <= floor) emptyStack();
            if (a === 0) stack[top - 1] = b;
            else if (frame + a <= floor) stack[frame + a - 1] = b;
          }
          break;
        }
        case 15: {
          // loadw
          const address = (a + 2 * b) & 0xffff;
          result = (memory[address] << 8) | memory[address + 1];
          break;
        }
        case 16: // loadb
          result = memory[(a + b) & 0xffff];
          break;
        case 17: // get_prop
          result = objects.property(a, b);
          break;
        case 18: // get_prop_addr
          result = objects.propertyAddress(a, b);
          break;
        case 20: // add
          result = a + b;
          break;
        case 21: // sub
          result = a - b;
          break;
        case 22: // mul
          result = Math.imul(a, b);
          break;
        case 25: // call_2s
        case 26: // call_2n
        case 40: // call_1s
        case 64: // call_vs
        case 89: // call_vn
          operands[1] = b;
          machine.pc = pc;
          machine.top = top;
          machine.call(a, numbers[at + 6], count - 1);
          ({ pc, top, frame, floor } = machine);
          if (program.codeAt(machine, pc)) return;
          continue;
        case 32: // jz
          result = a === 0 ? 1 : 0;
          break;
        case 33: // get_sibling
          result = objects.sibling(a);
          break;
        case 34: // get_child
          result = objects.child(a);
          break;
        case 35: // get_parent
          result = objects.parent(a);
          break;
        case 36: // get_prop_len
          result = objects.propertyLength(a);
          break;
        case 43: // ret
        case 48: // rtrue
        case 49: // rfalse
          machine.return(number === 43 ? a : 49 - number);
          ({ pc, top, frame, floor } = machine);
          if (program.codeAt(machine, pc)) return;
          continue;
        case 44: // jump
          pc += ((a << 16) >> 16) - 2;
          break;
        case 46: // load
          if (a >= 16) {
            const address = globals + 2 * (a - 16);
            result = (memory[address] << 8) | memory[address + 1];
          } else {
            if (a === 0 && top <= floor) emptyStack();
            if (a === 0) result = stack[top - 1];
            else result = frame + a <= floor ? stack[frame + a - 1] : 0;
          }
          break;
        case 65: // storew
          machine.writeWord((a + 2 * b) & 0xffff, count > 2 ? operands[2] : 0);
          break;
        case 66: // storeb
          machine.writeByte((a + b) & 0xffff, count > 2 ? operands[2] : 0);
          break;
        case 72: // push
          if (top >= STACK_LENGTH) fullStack();
          stack[top++] = a;
          break;
      }
      const target = numbers[at + 6];
      if (target >= 16) {
        const address = globals + 2 * (target - 16);
        memory[address] = result >> 8;
        memory[address + 1] = result;
      } else if (target > 0) {
        if (frame + target <= floor) stack[frame + target - 1] = result & 0xffff;
      } else if (target === 0) {
        if (top >= STACK_LENGTH) fullStack();
        stack[top++] = result & 0xffff;
      }
      // Whether it branches, and on what, are the two bits from 20 on.
      if ((what & 0x100000) !== 0 && (result !== 0) === ((what & 0x200000) !== 0)) {
        const to = numbers[at + 7];
        if (to >>> 0 < 2) {
          machine.return(to);
          ({ pc, top, frame, floor } = machine);
        } else pc = to;
      }
    }
  } finally {
    machine.pc = pc;
    machine.top = top;
    // Where `runOther` fails, it may have taken more.
    machine.effort = Math.max(effort, machine.effort);
  }
}

/** Does what the loop does not; the result is in the machine. Returns whether the instruction has ended by itself. */
export function runOther(machine: Machine, instruction: Instruction, a: number, b: number): boolean {
  const { operands } = machine;
  const { run, kinds, values, endsItself, ending } = instruction;
  for (let i = 4; i < kinds.length; i++) operands[i] = operand(machine, kinds[i], values[i]);
  // Those that are missing would be what an earlier instruction had, which no snapshot knows.
  for (let i = Math.max(2, kinds.length); i < 4; i++) operands[i] = 0;
  operands[0] = a;
  operands[1] = b;
  machine.operandCount = kinds.length;
  machine.ending = ending;
  machine.result = Number(run?.(machine, a, b, operands[2], operands[3]));
  return endsItself;
}

function operand(machine: Machine, kind: number, value: number): number {
  if (kind === LOCAL) return machine.getVariable(value + 1);
  if (kind === CONSTANT) return value;
  return kind === GLOBAL ? readWord(machine.memory, value) : machine.pop();
}
