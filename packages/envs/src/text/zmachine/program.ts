import { decodeInstruction, type Instruction } from './instructions.ts';
import { compile, type Code } from './compile.ts';
import type { RunOther } from './generated.ts';
import type { Machine } from './machine.ts';
import { Routines } from './routines.ts';
import { StoryError } from './story-error.ts';
import type { Story } from './story.ts';

/** Numbers of an instruction. */
const NUMBERS = 8;

/**
 * The instructions of a story, decoded when they are run first: side by side for each address eight numbers, which take the least time to read, zeros where nothing is decoded.
 *
 * The first number is made of bits: 0 to 7 the instruction's number for `run`, 0 where it is one of `others`; 8 to 11 how many operands it has; 12 to 19 how four of them are given, two bits for
 * each; 20 whether it branches; 21 whether it does so when the condition holds; 22 is always set. Then come the values of four operands, zeros where there are none, the address behind it,
 * the variable for the result, and where it branches to, as in `Instruction` and `Ending`.
 */
export class Program {
  readonly numbers: Int32Array;
  /** Those that `run` does not do itself, by their addresses. */
  readonly others: Instruction[];
  /** What is compiled, and by which entry it is entered, by addresses. */
  private readonly codes: (Code | undefined)[];
  readonly entries: Uint16Array;
  /** How many local variables it is for. */
  private readonly locals: Uint8Array;
  /** How often a story comes to an address before it is compiled from there: once takes as long as a hundred commands. */
  often = 50;
  private readonly counts: Uint8Array;
  private readonly length: number;
  private readonly routines: Routines;
  private readonly runOther: RunOther;

  /** `runOther`: what compiled code calls for instructions that it does not do itself. */
  constructor({ file }: Story, runOther: RunOther) {
    this.length = file.bytes.length;
    this.runOther = runOther;
    this.routines = new Routines(runOther);
    this.codes = new Array<Code | undefined>(this.length);
    this.entries = new Uint16Array(this.length);
    this.locals = new Uint8Array(this.length);
    this.counts = new Uint8Array(this.length);
    // The last one is for instructions that a story might change: they are decoded again each time.
    this.numbers = new Int32Array(NUMBERS * (this.length + 1));
    this.others = new Array<Instruction>(this.length + 1);
  }

  /** Decodes what is at an address, and returns under which its numbers are. Throws `StoryError` where no instruction is. */
  decode(machine: Machine, address: number): number {
    const { numbers, others, length } = this;
    if (address < 0 || address >= length) {
      throw new StoryError(`the story goes on at address ${address}, behind its end`);
    }
    const instruction = decodeInstruction(machine, address);
    const { number, run, ending, kinds, values } = instruction;
    const { next, target, branches, branchOn, branchTo } = ending;
    const place = address >= machine.story.file.staticBase ? address : length;
    const operands = [0, 1, 2, 3].map((i) => values[i] ?? 0);
    const given = [0, 1, 2, 3].reduce((bits, i) => bits | ((kinds[i] ?? 0) << (2 * i)), 0);
    const what =
      (run ? 0 : number) | (kinds.length << 8) | (given << 12) | (Number(branches) << 20) | (Number(branchOn) << 21);
    numbers.set([what | (1 << 22), ...operands, next, target, branchTo], NUMBERS * place);
    if (run) others[place] = instruction;
    return place;
  }

  /** The compiled code for an address that the story has come to once more, undefined where there is none yet. */
  codeAt(machine: Machine, address: number): Code | undefined {
    const code = this.codes[address];
    // Of a routine that does not have them all, the loop knows what they are.
    if (code) return this.locals[address] > machine.floor - machine.frame ? undefined : code;
    if (!(this.counts[address] < this.often)) return undefined;
    if (++this.counts[address] < this.often || address < machine.story.file.staticBase) return undefined;
    const compiled = compile(machine, address, this.routines, this.runOther);
    compiled?.entries.forEach((number, entry) => {
      this.codes[entry] = compiled.code;
      this.entries[entry] = number;
      this.locals[entry] = compiled.locals;
    });
    return compiled && this.codeAt(machine, address);
  }
}
