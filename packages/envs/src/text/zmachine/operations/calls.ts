import type { Machine } from '../machine.ts';
import { branching, common, endingItself, plain, storing, type Operation } from './operation.ts';

const callStoring = (machine: Machine, routine: number): void =>
  machine.call(routine, machine.ending.target, machine.operandCount - 1);
const callOnly = (machine: Machine, routine: number): void => machine.call(routine, -1, machine.operandCount - 1);

/** Jumps, calls and returns. */
export const callOperations: readonly Operation[] = [
  common('2OP:25', 'call_2s', ['stores'], { from: 4 }),
  common('2OP:26', 'call_2n', [], { from: 5 }),
  plain('2OP:28', 'throw', (machine, value, frame) => machine.throwTo(frame, value), { from: 5 }),
  common('1OP:136', 'call_1s', ['stores'], { from: 4 }),
  common('1OP:139', 'ret'),
  common('1OP:140', 'jump'),
  plain('1OP:143', 'call_1n', callOnly, { from: 5 }),
  common('0OP:176', 'rtrue'),
  common('0OP:177', 'rfalse'),
  plain('0OP:180', 'nop', () => undefined),
  plain('0OP:184', 'ret_popped', (machine) => machine.return(machine.pop())),
  storing('0OP:185', 'catch', (machine) => machine.frame, { from: 5 }),
  common('VAR:224', 'call_vs', ['stores']),
  endingItself('VAR:236', 'call_vs2', 'stores', callStoring, { from: 4 }),
  common('VAR:249', 'call_vn', [], { from: 5 }),
  plain('VAR:250', 'call_vn2', callOnly, { from: 5 }),
  branching('VAR:255', 'check_arg_count', (machine, number) => number <= machine.argumentCount, { from: 5 }),
];
