import { generate, MOST_INSTRUCTIONS, type RunOther } from './generated.ts';
import { CONSTANT, type Instruction } from './instructions.ts';
import { emptyStack, fullStack, STACK_LENGTH, type Machine } from './machine.ts';
import type { Routines } from './routines.ts';
import { endsSegment, localsOf, segmentLength, stepsFrom, type Step } from './steps.ts';
import { Writer } from './writer.ts';

/** Instructions as a function of JavaScript: runs them from one of its entries until they call, return, print the last or wait, and returns the address where the story goes on. */
export type Code = (machine: Machine, entry: number) => number;

/** What was compiled: the code, and its entries by address: where it begins, where calls return to, and where branches lead. */
export interface Compiled {
  readonly code: Code;
  readonly entries: ReadonlyMap<number, number>;
  /** How many local variables a call must have. */
  readonly locals: number;
}

/**
 * Compiles what a routine may do from `start` on. Undefined where functions cannot be made of text, as a page may forbid. Instructions that a story could change are left out.
 * Calls of what `routines` has are done within.
 */
export function compile(machine: Machine, start: number, routines: Routines, runOther: RunOther): Compiled | undefined {
  const steps = stepsFrom(machine, start, MOST_INSTRUCTIONS);
  const within = new Set(steps.map(({ address }) => address));
  const isEntry = new Set([start]);
  for (const { instruction, jumpTo, isCall } of steps) {
    if (jumpTo > 1) isEntry.add(jumpTo);
    if (isCall) isEntry.add(instruction.ending.next);
  }
  const entries = new Map([...isEntry].filter((address) => within.has(address)).map((address, i) => [address, i]));
  const others: Instruction[] = [];
  const lines: string[] = [];
  steps.forEach((step, i) => {
    const entry = entries.get(step.address);
    if (entry !== undefined) lines.push(`case ${entry}:`);
    if (i === 0 || entry !== undefined || endsSegment(steps[i - 1])) {
      lines.push(`effort += ${segmentLength(steps, i, (address) => entries.has(address))};`);
    }
    const { next } = step.instruction.ending;
    const writer = new SegmentWriter(step, machine, entries, routines, others);
    lines.push(...writer.lines());
    if (step.goesOn && steps[i + 1]?.address !== next) lines.push(...writer.go(next));
  });
  const text = `return function part${start}(machine, entry) {
const { memory, stack, objects, operands, frame, floor, limit } = machine;
let { top, effort } = machine;
let a = 0, b = 0, c = 0, d = 0, result = 0;
for (;;) switch (entry) {
${lines.join('\n')}
}
};`;
  const given = { others, routines: routines.codes, runOther, emptyStack, fullStack };
  const code = generate(text, given) as Code | undefined;
  return code && { code, entries, locals: localsOf(steps) };
}

const LEAVE = 'machine.top = top; machine.effort = effort;';

/** Writes instructions for a function that is entered in many places and left at each call, with local variables and all that is pushed in the machine's stack. */
class SegmentWriter extends Writer {
  private readonly machine: Machine;
  private readonly entries: ReadonlyMap<number, number>;
  private readonly routines: Routines;
  private readonly others: Instruction[];

  constructor(
    step: Step,
    machine: Machine,
    entries: ReadonlyMap<number, number>,
    routines: Routines,
    others: Instruction[],
  ) {
    super(step, machine.story.file.globals);
    this.machine = machine;
    this.entries = entries;
    this.routines = routines;
    this.others = others;
  }

  override go(address: number): string[] {
    if (address === 0 || address === 1) return this.return(String(address));
    const entry = this.entries.get(address);
    const leave = `${LEAVE} return ${address};`;
    if (entry === undefined) return [leave];
    // A loop without an end has to be seen.
    const check = address <= this.step.address ? [`if (effort > limit) { ${leave} }`] : [];
    return [...check, `entry = ${entry}; continue;`];
  }

  protected override local(i: number): string {
    return `stack[frame + ${i}]`;
  }

  protected override peek(): string {
    return '(top > floor ? stack[top - 1] : emptyStack())';
  }

  protected override pop(): string {
    return '(top > floor ? stack[--top] : emptyStack())';
  }

  protected override replaceTop(value: string): string {
    return `if (top <= floor) emptyStack(); stack[top - 1] = ${value};`;
  }

  protected override push(value: string): string {
    return `if (top >= ${STACK_LENGTH}) fullStack(); stack[top++] = ${value};`;
  }

  protected override return(value: string): string[] {
    return [`${LEAVE} machine.return(${value}); return machine.pc;`];
  }

  protected override call([a, b, c, d]: readonly string[]): string[] {
    const { kinds, values, ending } = this.step.instruction;
    const routine = kinds[0] === CONSTANT ? this.routines.find(this.machine, values[0]) : undefined;
    if (routine) {
      const call = routine.call('top', ['b', 'c', 'd'].slice(0, kinds.length - 1));
      return [
        `b = ${b}; c = ${c}; d = ${d}; machine.effort = effort; a = ${call}; effort = machine.effort;`,
        ...this.store('a'),
      ];
    }
    return [
      `a = ${a}; operands[1] = ${b}; operands[2] = ${c}; operands[3] = ${d};`,
      `machine.pc = ${ending.next}; ${LEAVE}`,
      `machine.call(a, ${ending.target}, ${kinds.length - 1}); return machine.pc;`,
    ];
  }

  protected override other([a, b, c, d]: readonly string[]): string[] {
    const { ending } = this.step.instruction;
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
}
