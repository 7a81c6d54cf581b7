import type { Machine } from '../machine.ts';
import { signed } from '../words.ts';
import { branching, endingItself, plain, storing, type Operation } from './operation.ts';

const callStoring = (machine: Machine, routine: number): void => machine.call(routine, machine.ending.target);
const callOnly = (machine: Machine, routine: number): void => machine.call(routine, -1);

/** Jumps, calls and returns. */
export const callOperations: readonly Operation[] = [
  endingItself('2OP:25', 'call_2s', 'stores', callStoring, { from: 4 }),
  plain('2OP:26', 'call_2n', callOnly, { from: 5 }),
  plain('2OP:28', 'throw', (machine, value, frame) => machine.throwTo(frame, value), { from: 5 }),
  endingItself('1OP:136', 'call_1s', 'stores', callStoring, { from: 4 }),
  plain('1OP:139', 'ret', (machine, value) => machine.return(value)),
  plain('1OP:140', 'jump', (machine, offset) => void (machine.pc += signed(offset) - 2)),
  plain('1OP:143', 'call_1n', callOnly, { from: 5 }),
  plain('0OP:176', 'rtrue', (machine) => machine.return(1)),
  plain('0OP:177', 'rfalse', (machine) => machine.return(0)),
  plain('0OP:180', 'nop', () => undefined),
  plain('0OP:184', 'ret_popped', (machine) => machine.return(machine.pop())),
  storing('0OP:185', 'catch', (machine) => machine.frame, { from: 5 }),
  endingItself('VAR:224', 'call_vs', 'stores', callStoring),
  endingItself('VAR:236', 'call_vs2', 'stores', callStoring, { from: 4 }),
  plain('VAR:249', 'call_vn', callOnly, { from: 5 }),
  plain('VAR:250', 'call_vn2', callOnly, { from: 5 }),
  branching('VAR:255', 'check_arg_count', (machine, number) => number <= machine.argumentCount, { from: 5 }),
];
