import type { Machine } from '../machine.ts';
import { readWord, signed } from '../words.ts';
import { branching, common, plain, searching, type Operation } from './operation.ts';

const WORDS = 0x80;
const DEFAULT_FORM = 0x82;

/** Memory and tables in it. Addresses have 16 bits: those beyond begin from 0. */
export const memoryOperations: readonly Operation[] = [
  common('2OP:15', 'loadw', ['stores']),
  common('2OP:16', 'loadb', ['stores']),
  common('VAR:225', 'storew'),
  common('VAR:226', 'storeb'),
  searching('VAR:247', 'scan_table', scanTable, { from: 4 }),
  plain('VAR:253', 'copy_table', copyTable, { from: 5 }),
  branching('0OP:189', 'verify', ({ story }) => story.file.checksumMatches),
  branching('0OP:191', 'piracy', () => true, { from: 5 }),
];

/** The address of the first field that begins with `wanted`, 0 for none. The form: the length of fields, and bit 7 for words. */
function scanTable(machine: Machine, wanted: number, table: number, count: number, given: number): number {
  const { memory, operandCount } = machine;
  const form = operandCount > 3 ? given : DEFAULT_FORM;
  const read = (address: number): number => ((form & WORDS) > 0 ? readWord(memory, address) : memory[address]);
  for (let i = 0; i < count; i++) {
    machine.effort++;
    const address = (table + i * (form & 0x7f)) & 0xffff;
    if (read(address) === wanted) return address;
  }
  return 0;
}

/** Copies bytes so that they arrive whole, forward whatever that does for a size below zero; no target clears. */
function copyTable(machine: Machine, source: number, target: number, size: number): void {
  const length = Math.abs(signed(size));
  machine.effort += length;
  const read = (i: number): number => machine.memory[source + i];
  if (target === 0) {
    for (let i = 0; i < length; i++) machine.writeByte(source + i, 0);
  } else if (signed(size) < 0 || source > target) {
    for (let i = 0; i < length; i++) machine.writeByte(target + i, read(i));
  } else {
    for (let i = length - 1; i >= 0; i--) machine.writeByte(target + i, read(i));
  }
}
