import type { Machine } from '../machine.ts';
import { endingItself, plain, type Operation } from './operation.ts';

/** Input, and whatever is done with a whole game. Games are saved in memory. */
export const gameOperations: readonly Operation[] = [
  plain('VAR:228', 'sread', (machine, letters, words) => machine.waitFor('line', letters, words), { until: 4 }),
  endingItself(
    'VAR:228',
    'aread',
    'stores',
    (machine, letters, words) => machine.waitFor('line', letters, machine.operandCount > 1 ? words : 0),
    { from: 5 },
  ),
  endingItself('VAR:246', 'read_char', 'stores', (machine) => machine.waitFor('key'), { from: 4 }),
  endingItself('0OP:181', 'save', 'branches', save, { until: 3 }),
  endingItself('0OP:181', 'save', 'stores', save, { from: 4, until: 4 }),
  endingItself('0OP:182', 'restore', 'branches', restore, { until: 3 }),
  endingItself('0OP:182', 'restore', 'stores', restore, { from: 4, until: 4 }),
  endingItself('EXT:0', 'save', 'stores', save, { from: 5 }),
  endingItself('EXT:1', 'restore', 'stores', restore, { from: 5 }),
  endingItself(
    'EXT:9',
    'save_undo',
    'stores',
    (machine) => {
      machine.saveUndo();
      machine.finish(machine.ending, 1);
    },
    { from: 5 },
  ),
  endingItself(
    'EXT:10',
    'restore_undo',
    'stores',
    (machine) => {
      machine.interventions++;
      if (!machine.restoreUndo()) machine.finish(machine.ending, 0);
    },
    { from: 5 },
  ),
  plain('0OP:183', 'restart', (machine) => {
    machine.interventions++;
    machine.start();
  }),
  plain('0OP:186', 'quit', (machine) => {
    machine.interventions++;
    machine.hasQuit = true;
    machine.isRunning = false;
  }),
];

/** Parts of memory, for which there are operands, cannot be saved: stories are told that it failed. */
function save(machine: Machine): void {
  machine.interventions++;
  const isWhole = machine.operandCount === 0;
  if (isWhole) machine.saveGame();
  machine.finish(machine.ending, isWhole ? 1 : 0);
}

function restore(machine: Machine): void {
  machine.interventions++;
  if (machine.operandCount > 0 || !machine.restoreGame()) machine.finish(machine.ending, 0);
}
