import { generate, MOST_INSTRUCTIONS, type RunOther } from './generated.ts';
import { CONSTANT, STACK, type Instruction } from './instructions.ts';
import { fullStack, STACK_LENGTH, FRAME_HEADER, MAX_LOCALS, type Machine } from './machine.ts';
import { printAt } from './operations/texts.ts';
import { takeTooLong } from './run-limit.ts';
import { endsSegment, localsOf, namesVariable, segmentLength, stepsFrom, type Step } from './steps.ts';
import { structureOf, type Structure } from './structure.ts';
import { readWord } from './words.ts';
import { Writer } from './writer.ts';

/** A routine as a function of JavaScript: gets how much of the stack is taken, and all its local variables, and returns its result. */
export type RoutineCode = (machine: Machine, top: number, ...locals: number[]) => number;

/** Instructions that `runOther` does without the call that they are in: nothing else may be in a whole routine. */
const selfContained = [
  ...['print', 'print_addr', 'print_obj', 'print_paddr', 'print_char', 'print_num', 'new_line'],
  ...['set_attr', 'clear_attr', 'put_prop', 'get_next_prop', 'insert_obj', 'remove_obj'],
  ...['div', 'mod', 'not', 'log_shift', 'art_shift', 'random', 'scan_table', 'copy_table', 'nop'],
];

/**
 * The routines of a story that are whole functions of JavaScript, with variables of its own for their local variables and what they push: those that neither wait, save or end the story, nor call what is
 * only known when they run, and so on for all that they call. Engines see through them better than through parts: Mini-Zork's valid actions took 1.48 times as long without. Each is compiled when it is called
 * first.
 */
export class Routines {
  /** By number; those not yet called compile themselves. */
  readonly codes: RoutineCode[] = [];
  private readonly known = new Map<number, Routine | undefined>();
  private readonly runOther: RunOther;

  constructor(runOther: RunOther) {
    this.runOther = runOther;
  }

  /** The routine of a packed address; undefined where it is none of them. */
  find(machine: Machine, packed: number): Routine | undefined {
    if (!this.known.has(packed)) this.examine(machine, packed);
    return this.known.get(packed);
  }

  /** Decides about a routine, and all that it leads to. */
  private examine(machine: Machine, first: number): void {
    const candidates = new Map<number, Routine | undefined>();
    const queue = [first];
    for (const packed of queue) {
      if (this.known.has(packed) || candidates.has(packed)) continue;
      const routine = readRoutine(machine, packed);
      candidates.set(packed, routine);
      if (routine) queue.push(...routine.calls);
    }
    const isWhole = (packed: number): boolean => (candidates.get(packed) ?? this.known.get(packed)) !== undefined;
    for (let isChanged = true; isChanged;) {
      isChanged = false;
      for (const [packed, routine] of candidates) {
        if (!routine || routine.calls.every(isWhole)) continue;
        candidates.set(packed, undefined);
        isChanged = true;
      }
    }
    for (const [packed, routine] of candidates) {
      this.known.set(packed, routine);
      if (!routine) continue;
      routine.number = this.codes.length;
      this.codes.push((...given) => {
        const code = this.compile(machine, routine);
        this.codes[routine.number] = code;
        return code(...given);
      });
    }
  }

  private compile(machine: Machine, routine: Routine): RoutineCode {
    const { steps, structure, locals } = routine;
    const others: Instruction[] = [];
    const lines: string[] = [];
    const isTarget = (address: number): boolean => structure.targets.has(address);
    const called = (packed: number): Routine | undefined => this.find(machine, packed);
    steps.forEach((step, i) => {
      lines.push(...structure.before[i]);
      if (i === 0 || isTarget(step.address) || endsSegment(steps[i - 1])) {
        lines.push(`effort += ${segmentLength(steps, i, isTarget)};`);
      }
      const { next } = step.instruction.ending;
      const writer = new RoutineWriter(step, machine, routine, called, others);
      lines.push(...writer.lines());
      if (step.goesOn) lines.push(...(steps[i + 1]?.address === next ? writer.level(next) : writer.go(next)));
    });
    lines.push(...structure.before[steps.length]);
    const numbers = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}${i}`);
    const pushed = numbers('s', routine.depth).map((name) => `${name} = 0`);
    const text = `return function routine${routine.steps[0].address}(${['machine', 'top', ...numbers('l', locals.length)].join()}) {
if (top > ${routine.room}) fullStack();
if (machine.effort > machine.limit) takeTooLong(machine);
const { memory, objects } = machine;
let ${['effort = 0', 'a = 0', 'b = 0', 'c = 0', 'd = 0', 'result = 0', ...pushed].join()};
${lines.join('\n')}
};`;
    const given = { others, routines: this.codes, runOther: this.runOther, fullStack, takeTooLong, printAt };
    const code = generate(text, given) as RoutineCode | undefined;
    // What calls it was made of text too.
    if (!code) throw new Error('no function can be made of text any more');
    return code;
  }
}

/** A routine that is a whole function, or will be. */
class Routine {
  /** In `Routines.codes`. */
  number = -1;
  readonly steps: readonly Step[];
  readonly structure: Structure;
  /** What its local variables are where they are not given. */
  readonly locals: readonly number[];
  /** How much is pushed before the step at an address; and the most. */
  readonly depths: ReadonlyMap<number, number>;
  readonly depth: number;
  /** Packed addresses. */
  readonly calls: readonly number[];

  constructor(
    steps: readonly Step[],
    structure: Structure,
    locals: readonly number[],
    depths: ReadonlyMap<number, number>,
    depth: number,
  ) {
    this.steps = steps;
    this.structure = structure;
    this.locals = locals;
    this.depths = depths;
    this.depth = depth;
    const calls = steps.filter(({ isCall }) => isCall).map(({ instruction }) => instruction.values[0]);
    this.calls = [...new Set(calls)].filter((packed) => packed !== 0);
  }

  /** How much of the stack may be taken before. */
  get room(): number {
    return STACK_LENGTH - FRAME_HEADER - this.locals.length - this.depth;
  }

  /** Calls it with the arguments that there are. */
  call(top: string, given: readonly string[]): string {
    const locals = this.locals.map((value, i) => given[i] ?? String(value));
    return `routines[${this.number}](${['machine', top, ...locals].join()})`;
  }
}

/** Undefined where a routine is none of those that can be whole functions, as far as that can be seen in itself. */
function readRoutine(machine: Machine, packed: number): Routine | undefined {
  const { memory, story } = machine;
  const { packedScale, staticBase, version, bytes } = story.file;
  const address = packed * packedScale;
  if (address < staticBase || address >= bytes.length) return undefined;
  const count = memory[address];
  if (count > MAX_LOCALS) return undefined;
  const hasDefaults = version < 5;
  const start = address + 1 + (hasDefaults ? 2 * count : 0);
  const locals = Array.from({ length: count }, (_, i) => (hasDefaults ? readWord(memory, address + 1 + 2 * i) : 0));
  const steps = stepsFrom(machine, start, MOST_INSTRUCTIONS);
  if (steps[0]?.address !== start || localsOf(steps) > count || !steps.every(isContained)) return undefined;
  const structure = structureOf(steps);
  const pushed = depthsOf(steps);
  return structure && pushed && new Routine(steps, structure, locals, pushed.depths, pushed.most);
}

/** Whether an instruction has to do with no call but its own. */
function isContained({ instruction, isCall }: Step): boolean {
  const { run, name, kinds } = instruction;
  if (run && !['ret_popped', 'print_ret', ...selfContained].includes(name)) return false;
  return kinds.length <= 4 && (!isCall || kinds[0] === CONSTANT);
}

/**
 * Of each step, how many numbers are pushed before it, and the most; undefined where more are taken than there are. What a way leaves there that others do not, as results that nobody asked for, counts as no more
 * than what the story has of the stack: what comes next must not take it.
 */
function depthsOf(steps: readonly Step[]): { depths: ReadonlyMap<number, number>; most: number } | undefined {
  const byAddress = new Map(steps.map((step) => [step.address, step]));
  const depths = new Map<number, number>();
  /** Of what is pushed, so much must not be taken. */
  const floors = new Map<number, number>();
  let most = 0;
  const queue: (readonly [address: number, depth: number, floor: number])[] = [[steps[0].address, 0, 0]];
  for (const [address, depthThere, floorThere] of queue) {
    const step = byAddress.get(address);
    if (!step) return undefined;
    const [known, knownFloor] = [depths.get(address) ?? depthThere, floors.get(address) ?? floorThere];
    const depth = Math.min(known, depthThere);
    const floor = known === depthThere ? Math.max(knownFloor, floorThere) : depth;
    if (depths.get(address) === depth && floors.get(address) === floor) continue;
    depths.set(address, depth);
    floors.set(address, floor);
    const { name, kinds, values, ending } = step.instruction;
    const taken = kinds.filter((kind) => kind === STACK).length + Number(TAKING.includes(name));
    const isReplaced = namesVariable(name) && values[0] === 0;
    if (depth - floor < taken + Number(isReplaced)) return undefined;
    const behind = depth - taken + Number(name === 'push' || ending.target === 0);
    most = Math.max(most, behind);
    for (const next of [...(step.goesOn ? [ending.next] : []), ...(step.jumpTo > 1 ? [step.jumpTo] : [])]) {
      queue.push([next, behind, floor]);
    }
  }
  return { depths, most };
}

/** What takes a number from the stack besides its operands. */
const TAKING = ['pull', 'ret_popped'];

/** Writes instructions for a whole routine. */
class RoutineWriter extends Writer {
  private readonly routine: Routine;
  private readonly called: (packed: number) => Routine | undefined;
  private readonly others: Instruction[];
  /** How much is pushed. */
  private depth: number;

  constructor(
    step: Step,
    machine: Machine,
    routine: Routine,
    called: (packed: number) => Routine | undefined,
    others: Instruction[],
  ) {
    super(step, machine.story.file.globals);
    this.routine = routine;
    this.depth = routine.depths.get(step.address) ?? 0;
    this.called = called;
    this.others = others;
  }

  override go(address: number): string[] {
    if (address === 0 || address === 1) return this.return(String(address));
    const isBack = address <= this.step.address;
    // A loop without an end has to be seen.
    const check = isBack ? [`${COUNT} if (machine.effort > machine.limit) takeTooLong(machine);`] : [];
    return [...this.level(address), ...check, this.routine.structure.jump(address, isBack)];
  }

  /** Makes what is pushed and has no variable at an address a part of what is taken. */
  level(address: number): string[] {
    const more = this.depth - (this.routine.depths.get(address) ?? this.depth);
    return more === 0 ? [] : [`if ((top += ${more}) > ${this.routine.room}) fullStack();`];
  }

  protected override local(i: number): string {
    return `l${i}`;
  }

  protected override peek(): string {
    return `s${this.depth - 1}`;
  }

  protected override pop(): string {
    return `s${--this.depth}`;
  }

  protected override replaceTop(value: string): string {
    return `${this.peek()} = ${value};`;
  }

  protected override push(value: string): string {
    return `s${this.depth++} = ${value};`;
  }

  protected override return(value: string): string[] {
    return [`${COUNT} return ${value};`];
  }

  protected override call([, b, c, d]: readonly string[]): string[] {
    const { kinds, values } = this.step.instruction;
    const given = [b, c, d].slice(0, kinds.length - 1);
    // Behind what this call has of the stack by then.
    const taken = FRAME_HEADER + this.routine.locals.length + this.depth;
    const call = this.called(values[0])?.call(`top + ${taken}`, given);
    return call === undefined ? this.store('0') : [`${COUNT} a = ${call};`, ...this.store('a')];
  }

  protected override other([a, b, c, d]: readonly string[]): string[] {
    const { instruction } = this.step;
    if (instruction.name === 'print_ret') {
      return [`printAt(machine, ${a}); machine.print('\\n');`, ...this.return('1')];
    }
    const index = this.others.push(instruction) - 1;
    return [
      `a = ${a}; b = ${b}; machine.operands[2] = ${c}; machine.operands[3] = ${d};`,
      `${COUNT} runOther(machine, others[${index}], a, b);`,
      ...(instruction.ending.target >= 0 || instruction.ending.branches
        ? this.store('(result = machine.result) & 65535')
        : []),
      ...(instruction.ending.branches ? this.branch('result !== 0') : []),
    ];
  }
}

/** Counts what was done since the last time. */
const COUNT = 'machine.effort += effort; effort = 0;';
