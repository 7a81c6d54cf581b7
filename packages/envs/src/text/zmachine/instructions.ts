import type { Ending } from './ending.ts';
import type { Machine } from './machine.ts';
import { callOperations } from './operations/calls.ts';
import { gameOperations } from './operations/games.ts';
import { memoryOperations } from './operations/memory.ts';
import { numberOperations } from './operations/numbers.ts';
import { objectOperations } from './operations/objects.ts';
import type { Operation, Run } from './operations/operation.ts';
import { textOperations } from './operations/texts.ts';
import { windowOperations } from './operations/windows.ts';
import { textEnd } from './packed-text.ts';
import type { StoryVersion } from './story-file.ts';
import { refuseWrite, StoryError } from './story-error.ts';
import { readWord } from './words.ts';

/** How an operand is given. */
export const CONSTANT = 0;
export const LOCAL = 1;
export const GLOBAL = 2;
export const STACK = 3;

/** An instruction: what it does, to which operands, and how it ends. */
export interface Instruction {
  /** Undefined for those that `run` does itself, by `number`. */
  readonly run: Run | undefined;
  readonly name: string;
  readonly number: number;
  readonly endsItself: boolean;
  readonly ending: Ending;
  /** Of its operands, how each is given, and the constant, the local variable from 0, or the global one's address. */
  readonly kinds: readonly number[];
  readonly values: readonly number[];
}

const operations: readonly Operation[] = [
  ...numberOperations,
  ...memoryOperations,
  ...objectOperations,
  ...callOperations,
  ...textOperations,
  ...windowOperations,
  ...gameOperations,
];

/** Types of operands, two bits each (Standard 1.1, §4.2). */
const LARGE = 0;
const SMALL = 1;
const VARIABLE = 2;
const OMITTED = 3;

const EXTENDED = 0xbe;
/** Those whose text follows them. */
const printing = ['0OP:178', '0OP:179'];
/** Those with two bytes of types, for up to eight operands. */
const long = ['VAR:236', 'VAR:250'];

const sets = new Map<StoryVersion, ReadonlyMap<string, Operation>>();

/** Decodes the instruction at `address` (Standard 1.1, §4). Throws `StoryError` where none is. */
export function decodeInstruction(machine: Machine, address: number): Instruction {
  const { memory, story } = machine;
  const { version, globals, staticBase } = story.file;
  const start = address;
  const opcode = memory[address++];
  const isExtended = opcode === EXTENDED && version >= 5;
  const code = isExtended ? `EXT:${memory[address++]}` : codeOf(opcode);
  const operation = operationsOf(version).get(code);
  if (!operation) throw new StoryError(`no instruction of version ${version} at address ${start}: ${code}`);

  const types: number[] = [];
  if (isExtended || opcode >= 0xc0) {
    const bytes = long.includes(code) ? 2 : 1;
    for (let i = 0; i < bytes; i++, address++) {
      for (let shift = 6; shift >= 0; shift -= 2) types.push((memory[address] >> shift) & 3);
    }
    if (types.includes(OMITTED)) types.length = types.indexOf(OMITTED);
  } else if (opcode >= 0x80) {
    if (opcode < 0xb0) types.push((opcode >> 4) & 3);
  } else {
    types.push((opcode & 0x40) > 0 ? VARIABLE : SMALL, (opcode & 0x20) > 0 ? VARIABLE : SMALL);
  }

  const kinds: number[] = [];
  const values: number[] = [];
  for (const type of types) {
    const value = type === LARGE ? readWord(memory, address) : memory[address];
    address += type === LARGE ? 2 : 1;
    if (type !== VARIABLE) add(CONSTANT, value);
    else if (value === 0) add(STACK, 0);
    else if (value < 16) add(LOCAL, value - 1);
    else add(GLOBAL, globals + 2 * (value - 16));
  }
  if (printing.includes(code)) {
    add(CONSTANT, address);
    address = textEnd(memory, address);
  }
  const target = operation.stores ? memory[address++] : -1;
  const last = globals + 2 * (target - 16) + 1;
  if (target >= 16 && last >= staticBase) refuseWrite(last);
  let [branchOn, branchTo] = [false, 0];
  if (operation.branches) {
    const first = memory[address++];
    branchOn = first >= 0x80;
    let offset = first & 0x3f;
    // Two bytes have 14 bits, with a sign.
    if ((first & 0x40) === 0) offset = (((offset << 8) | memory[address++]) << 18) >> 18;
    branchTo = offset === 0 || offset === 1 ? offset : address + offset - 2;
  }
  const { name, run, endsItself, branches } = operation;
  const ending = { next: address, target, branches, branchOn, branchTo };
  return { name, run, number: numberOf(code), endsItself, ending, kinds, values };

  function add(kind: number, value: number): void {
    kinds.push(kind);
    values.push(value);
  }
}

/** How the Standard names an opcode of one byte. */
function codeOf(opcode: number): string {
  if (opcode >= 0xe0) return `VAR:${opcode}`;
  if (opcode >= 0xc0 || opcode < 0x80) return `2OP:${opcode & 31}`;
  return opcode >= 0xb0 ? `0OP:${opcode}` : `1OP:${128 + (opcode & 15)}`;
}

/** What `run` knows an instruction by: small numbers without gaps are found in a table. 2OP:n is n, 1OP:n n − 96, 0OP:n n − 128 and VAR:n n − 160. */
function numberOf(code: string): number {
  const [kind, number] = code.split(':');
  return Number(number) - ({ '1OP': 96, '0OP': 128, VAR: 160 }[kind] ?? 0);
}

function operationsOf(version: StoryVersion): ReadonlyMap<string, Operation> {
  let set = sets.get(version);
  if (!set) {
    const isIn = ({ versions: { from = 3, until = 8 } }: Operation): boolean => from <= version && version <= until;
    set = new Map(operations.filter(isIn).map((operation) => [operation.code, operation]));
    sets.set(version, set);
  }
  return set;
}
