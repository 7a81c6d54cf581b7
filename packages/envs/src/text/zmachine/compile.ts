import { CONSTANT, GLOBAL, LOCAL, decodeInstruction, type Instruction } from './instructions.ts';
import { emptyStack, fullStack, STACK_LENGTH, type Machine } from './machine.ts';
import { StoryError } from './story-error.ts';

/** Instructions as a function of JavaScript: runs them from one of its entries until they call, return, print the last or wait, and returns the address where the story goes on. */
export type Code = (machine: Machine, entry: number) => number;

/** Does an instruction that neither the loop nor compiled code do themselves, and returns whether it has ended by itself. */
export type RunOther = (machine: Machine, instruction: Instruction, a: number, b: number) => boolean;

/** What was compiled: the code, and its entries by address: where it begins, where calls return to, and where branches lead. */
export interface Compiled {
  readonly code: Code;
  readonly entries: ReadonlyMap<number, number>;
}

/** Of one function; it leaves where there are more. Larger ones are not made fast by engines. */
const MOST_INSTRUCTIONS = 400;
/** Those of one byte that never go on behind themselves: print_ret, restart, ret_popped, quit. */
const lastOnes = [0xb3, 0xb7, 0xb8, 0xba];

const RETURNS = [43, 48, 49];
const CALLS = [25, 26, 40, 64, 89];
const JUMP = 44;

/** One instruction, where it is, and where the story may go on after it within the same call. */
interface Step {
  readonly address: number;
  readonly instruction: Instruction;
  readonly goesOn: boolean;
  /** Behind a branch or jump; −1 where it has none. */
  readonly jumpTo: number;
}

/**
 * Compiles what a routine may do from `start` on. Undefined where functions cannot be made of text, as a page may forbid. Instructions that a story could change are left out.
 *
 * What the code does is what the loop of `interpret` does, number by number; it has the same names there.
 */
export function compile(machine: Machine, start: number, runOther: RunOther): Compiled | undefined {
  const steps = stepsFrom(machine, start);
  const within = new Set(steps.map(({ address }) => address));
  const isEntry = new Set([start]);
  for (const { instruction, jumpTo } of steps) {
    if (jumpTo > 1) isEntry.add(jumpTo);
    if (!instruction.run && CALLS.includes(instruction.number)) isEntry.add(instruction.ending.next);
  }
  const entries = new Map([...isEntry].filter((address) => within.has(address)).map((address, i) => [address, i]));
  const others: Instruction[] = [];
  const lines: string[] = [];
  steps.forEach((step, i) => {
    const { address, instruction } = step;
    const entry = entries.get(address);
    if (entry !== undefined) lines.push(`case ${entry}:`);
    if (i === 0 || entry !== undefined || endsSegment(steps[i - 1])) lines.push(`effort += ${segmentLength(i)};`);
    const { globals } = machine.story.file;
    lines.push(...new Writer(step, entries, globals, others).lines());
    const { next } = instruction.ending;
    if (step.goesOn && steps[i + 1]?.address !== next)
      lines.push(...new Writer(step, entries, globals, others).go(next));
  });
  const text = `return (machine, entry) => {
const { memory, stack, objects, operands, frame, floor, limit } = machine;
let { top, effort } = machine;
let a = 0, b = 0, c = 0, d = 0, result = 0;
for (;;) switch (entry) {
${lines.join('\n')}
}
};`;
  try {
    const make = new Function('others', 'runOther', 'emptyStack', 'fullStack', text) as (...values: unknown[]) => Code;
    return { code: make(others, runOther, emptyStack, fullStack), entries };
  } catch {
    return undefined;
  }

  /** Instructions from `i` on that are done one after the other, whatever happens. */
  function segmentLength(i: number): number {
    let end = i;
    while (
      end + 1 < steps.length &&
      !endsSegment(steps[end]) &&
      steps[end + 1].address === steps[end].instruction.ending.next &&
      !entries.has(steps[end + 1].address)
    ) {
      end++;
    }
    return end - i + 1;
  }
}

function endsSegment({ instruction, goesOn }: Step): boolean {
  return !goesOn || instruction.ending.branches || instruction.run !== undefined;
}

/** What can be reached from `start` without a return, in the order of addresses. */
function stepsFrom(machine: Machine, start: number): Step[] {
  const found = new Map<number, Step>();
  const queue = [start];
  for (let at = 0; at < queue.length && found.size < MOST_INSTRUCTIONS; at++) {
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

const LEAVE = 'machine.top = top; machine.effort = effort;';

/** Writes the code of an instruction. */
class Writer {
  private readonly step: Step;
  private readonly entries: ReadonlyMap<number, number>;
  private readonly globals: number;
  private readonly others: Instruction[];

  constructor(step: Step, entries: ReadonlyMap<number, number>, globals: number, others: Instruction[]) {
    this.step = step;
    this.entries = entries;
    this.globals = globals;
    this.others = others;
  }

  lines(): string[] {
    const { instruction } = this.step;
    if (instruction.run) return this.other();
    const { number, kinds, values, ending } = instruction;
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => this.operand(i));
    const count = kinds.length;
    switch (number) {
      case 1: // je
        if (count <= 2) return this.branch(`${a} === ${b}`);
        return [
          `a = ${a}; b = ${b}; c = ${c}; d = ${count > 3 ? d : 'c'};`,
          ...this.branch('a === b || a === c || a === d'),
        ];
      case 2: // jl
        return this.branch(`${a} << 16 < ${b} << 16`);
      case 3: // jg
        return this.branch(`${a} << 16 > ${b} << 16`);
      case 4: // dec_chk
      case 5: // inc_chk
      case 37: // inc
      case 38: {
        // dec
        const change = number === 5 || number === 37 ? '+ 1' : '- 1';
        const lines = [`b = ${b};`, `result = ${this.variable(values[0])} ${change} & 65535;`];
        lines.push(this.setVariable(values[0], 'result'));
        if (number > 5) return lines;
        return [...lines, ...this.branch(`result << 16 ${number === 4 ? '<' : '>'} b << 16`)];
      }
      case 6: // jin
        return this.branch(`objects.parent(${a}) === ${b}`);
      case 7: // test
        return [`a = ${a}; b = ${b};`, ...this.branch('(a & b) === b')];
      case 8: // or
        return this.store(`${a} | ${b}`);
      case 9: // and
        return this.store(`${a} & ${b}`);
      case 10: // test_attr
        return this.branch(`objects.hasAttribute(${a}, ${b})`);
      case 13: // store
        return [`b = ${b};`, this.setVariable(values[0], 'b')];
      case 15: // loadw
        return [`a = ${a} + 2 * ${b} & 65535;`, ...this.store('memory[a] << 8 | memory[a + 1]')];
      case 16: // loadb
        return this.store(`memory[${a} + ${b} & 65535]`);
      case 17: // get_prop
        return this.store(`objects.property(${a}, ${b})`);
      case 18: // get_prop_addr
        return this.store(`objects.propertyAddress(${a}, ${b})`);
      case 20: // add
        return this.store(`${a} + ${b} & 65535`);
      case 21: // sub
        return this.store(`${a} - ${b} & 65535`);
      case 22: // mul
        return this.store(`Math.imul(${a}, ${b}) & 65535`);
      case 25: // call_2s
      case 26: // call_2n
      case 40: // call_1s
      case 64: // call_vs
      case 89: // call_vn
        return [
          `a = ${a}; operands[1] = ${b}; operands[2] = ${c}; operands[3] = ${d};`,
          `machine.pc = ${ending.next}; ${LEAVE}`,
          `machine.call(a, ${ending.target}, ${count - 1}); return machine.pc;`,
        ];
      case 32: // jz
        return this.branch(`${a} === 0`);
      case 33: // get_sibling
        return [...this.store(`result = objects.sibling(${a})`), ...this.branch('result !== 0')];
      case 34: // get_child
        return [...this.store(`result = objects.child(${a})`), ...this.branch('result !== 0')];
      case 35: // get_parent
        return this.store(`objects.parent(${a})`);
      case 36: // get_prop_len
        return this.store(`objects.propertyLength(${a})`);
      case 43: // ret
        return [`a = ${a};`, ...this.return('a')];
      case 48: // rtrue
        return this.return('1');
      case 49: // rfalse
        return this.return('0');
      case JUMP:
        return this.go(this.step.jumpTo);
      case 46: // load
        return [`b = ${this.variable(values[0])};`, ...this.store('b')];
      case 65: // storew
        return [`machine.writeWord(${a} + 2 * ${b} & 65535, ${c});`];
      case 66: // storeb
        return [`machine.writeByte(${a} + ${b} & 65535, ${c});`];
      case 72: // push
        return [`a = ${a};`, ...this.push('a')];
      case 73: // pull
        return [`b = top > floor ? stack[--top] : emptyStack();`, this.setVariable(values[0], 'b')];
      default:
        throw new Error(`no code for instruction ${number}`);
    }
  }

  /** Goes on at an address, or returns with 0 or 1. */
  go(address: number): string[] {
    if (address === 0 || address === 1) return this.return(String(address));
    const entry = this.entries.get(address);
    const leave = `${LEAVE} return ${address};`;
    if (entry === undefined) return [leave];
    // A loop without an end has to be seen.
    const check = address <= this.step.address ? [`if (effort > limit) { ${leave} }`] : [];
    return [...check, `entry = ${entry}; continue;`];
  }

  private other(): string[] {
    const { ending } = this.step.instruction;
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => this.operand(i));
    const index = this.others.push(this.step.instruction) - 1;
    const lines = [
      `a = ${a}; b = ${b}; operands[2] = ${c}; operands[3] = ${d};`,
      `machine.pc = ${ending.next}; ${LEAVE} runOther(machine, others[${index}], a, b);`,
    ];
    if (!this.step.goesOn) return [...lines, 'return machine.pc;'];
    lines.push('({ top, effort } = machine);', ...this.store('(result = machine.result) & 65535'));
    if (ending.branches) return [...lines, ...this.branch('result !== 0')];
    return [
      ...lines,
      `if (machine.pc !== ${ending.next} || machine.frame !== frame || !machine.isRunning) { machine.top = top; return machine.pc; }`,
    ];
  }

  private operand(i: number): string {
    const { kinds, values } = this.step.instruction;
    const value = values[i];
    switch (kinds[i]) {
      case undefined:
        return '0';
      case CONSTANT:
        return String(value);
      case LOCAL:
        return `stack[frame + ${value}]`;
      case GLOBAL:
        return `(memory[${value}] << 8 | memory[${value + 1}])`;
      default:
        return '(top > floor ? stack[--top] : emptyStack())';
    }
  }

  /** The value of a variable by its number; the stack's top stays there. */
  private variable(variable: number): string {
    if (variable === 0) return '(top > floor ? stack[top - 1] : emptyStack())';
    if (variable < 16) return `stack[frame + ${variable - 1}]`;
    const address = this.globals + 2 * (variable - 16);
    return `(memory[${address}] << 8 | memory[${address + 1}])`;
  }

  /** Sets a variable to what `value` names; the stack's top is replaced. */
  private setVariable(variable: number, value: string): string {
    if (variable === 0) return `if (top <= floor) emptyStack(); stack[top - 1] = ${value};`;
    if (variable < 16) return `stack[frame + ${variable - 1}] = ${value};`;
    const address = this.globals + 2 * (variable - 16);
    return `memory[${address}] = ${value} >> 8; memory[${address + 1}] = ${value};`;
  }

  /** Puts a result where the instruction has it. */
  private store(value: string): string[] {
    const { target } = this.step.instruction.ending;
    if (target < 0) return [`${value};`];
    if (target === 0) return [`c = ${value};`, ...this.push('c')];
    return target < 16 ? [this.setVariable(target, `(${value})`)] : [`c = ${value};`, this.setVariable(target, 'c')];
  }

  private push(value: string): string[] {
    return [`if (top >= ${STACK_LENGTH}) fullStack(); stack[top++] = ${value};`];
  }

  private branch(condition: string): string[] {
    const { branchOn, branchTo } = this.step.instruction.ending;
    return [`if (${branchOn ? condition : `!(${condition})`}) {`, ...this.go(branchTo), '}'];
  }

  private return(value: string): string[] {
    return [`${LEAVE} machine.return(${value}); return machine.pc;`];
  }
}
