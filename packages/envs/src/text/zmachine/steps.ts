import { CONSTANT, LOCAL, decodeInstruction, type Instruction } from './instructions.ts';
import type { Machine } from './machine.ts';
import { StoryError } from './story-error.ts';

/** Those of one byte that never go on behind themselves: print_ret, restart, ret_popped, quit. */
const lastOnes = [0xb3, 0xb7, 0xb8, 0xba];

const RETURNS = [43, 48, 49];
const CALLS = [25, 26, 40, 64, 89];
export const JUMP = 44;

/** One instruction, where it is, and where the story may go on after it within the same call. */
export interface Step {
  readonly address: number;
  readonly instruction: Instruction;
  readonly isCall: boolean;
  /** Whether it may go on behind itself. */
  readonly goesOn: boolean;
  /** Behind a branch or jump; −1 where it has none, 0 and 1 for a return with that. */
  readonly jumpTo: number;
}

/** At most `most` instructions that can be reached from `start` without a return, in the order of addresses. Instructions that a story could change are left out. */
export function stepsFrom(machine: Machine, start: number, most: number): Step[] {
  const found = new Map<number, Step>();
  const queue = [start];
  for (let at = 0; at < queue.length && found.size < most; at++) {
    const address = queue[at];
    if (found.has(address) || address < machine.story.file.staticBase) continue;
    const step = stepAt(machine, address);
    if (!step) continue;
    found.set(address, step);
    if (step.goesOn) queue.push(step.instruction.ending.next);
    if (step.jumpTo > 1) queue.push(step.jumpTo);
  }
  return [...found.values()].sort((a, b) => a.address - b.address);
}

/** How many instructions are done one after the other from the `i`th on, whatever happens. `isEntry`: whether the story may come to an address from elsewhere. */
export function segmentLength(steps: readonly Step[], i: number, isEntry: (address: number) => boolean): number {
  let end = i;
  while (
    end + 1 < steps.length &&
    !endsSegment(steps[end]) &&
    steps[end + 1].address === steps[end].instruction.ending.next &&
    !isEntry(steps[end + 1].address)
  ) {
    end++;
  }
  return end - i + 1;
}

export function endsSegment({ instruction, goesOn, isCall }: Step): boolean {
  return !goesOn || isCall || instruction.ending.branches || instruction.run !== undefined;
}

/** How many local variables a call has that does these. */
export function localsOf(steps: readonly Step[]): number {
  const used = steps.flatMap(({ instruction: { kinds, values, ending, name } }) => [
    ...kinds.flatMap((kind, i) => (kind === LOCAL ? [values[i] + 1] : [])),
    ...(namesVariable(name) ? [values[0]] : []),
    ending.target,
  ]);
  return used.filter((variable) => variable < 16).reduce((most, variable) => Math.max(most, variable), 0);
}

/** Whether the first operand of instructions is a variable's number. */
export function namesVariable(name: string): boolean {
  return ['dec_chk', 'inc_chk', 'store', 'inc', 'dec', 'load', 'pull'].includes(name);
}

/** Undefined where there is none, and for those that are not as stories have them: the loop does them. */
function stepAt(machine: Machine, address: number): Step | undefined {
  let instruction: Instruction;
  try {
    instruction = decodeInstruction(machine, address);
  } catch (error) {
    if (error instanceof StoryError) return undefined;
    throw error;
  }
  const { run, number, values, ending } = instruction;
  const isJump = !run && number === JUMP;
  if (!run && !isUsual(machine, instruction)) return undefined;
  const isLast = run ? lastOnes.includes(machine.memory[address]) || instruction.endsItself : RETURNS.includes(number);
  const target = isJump ? ending.next + ((values[0] << 16) >> 16) - 2 : -1;
  if (isJump && target < 2) return undefined;
  return {
    address,
    instruction,
    isCall: !run && CALLS.includes(number),
    goesOn: !isLast && !isJump,
    jumpTo: isJump ? target : ending.branches && !instruction.endsItself ? ending.branchTo : -1,
  };
}

/** Whether there are as many operands as it looks at, and its variable or target is known before it runs, a variable within what may be written. */
function isUsual({ story }: Machine, { number, kinds, values }: Instruction): boolean {
  const isTwo = number > 1 && number < 32 && !CALLS.includes(number);
  const count = isTwo ? 2 : { 65: 3, 66: 3, 72: 1, 73: 1 }[number];
  if (count !== undefined && kinds.length !== count) return false;
  if (![4, 5, 13, 37, 38, JUMP, 46, 73].includes(number)) return true;
  if (kinds[0] !== CONSTANT) return false;
  const { globals, staticBase } = story.file;
  return number === JUMP || values[0] < 16 || globals + 2 * (values[0] - 16) + 1 < staticBase;
}
