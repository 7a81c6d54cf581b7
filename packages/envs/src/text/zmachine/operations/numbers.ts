import { StoryError } from '../story-error.ts';
import { signed } from '../words.ts';
import type { Machine } from '../machine.ts';
import { branching, plain, storing, type Operation } from './operation.ts';

/** Arithmetic, comparisons and variables (Standard 1.1, §15). Results are cut to 16 bits where they are stored. */
export const numberOperations: readonly Operation[] = [
  branching('2OP:1', 'je', (machine, a, b, c, d) => {
    const count = machine.operandCount;
    return a === b || (count > 2 && a === c) || (count > 3 && a === d);
  }),
  branching('2OP:2', 'jl', (_, a, b) => signed(a) < signed(b)),
  branching('2OP:3', 'jg', (_, a, b) => signed(a) > signed(b)),
  branching('2OP:4', 'dec_chk', (machine, variable, limit) => add(machine, variable, -1) < signed(limit)),
  branching('2OP:5', 'inc_chk', (machine, variable, limit) => add(machine, variable, 1) > signed(limit)),
  branching('2OP:7', 'test', (_, bits, mask) => (bits & mask) === mask),
  storing('2OP:8', 'or', (_, a, b) => a | b),
  storing('2OP:9', 'and', (_, a, b) => a & b),
  plain('2OP:13', 'store', (machine, variable, value) => machine.replaceVariable(variable, value)),
  storing('2OP:20', 'add', (_, a, b) => a + b),
  storing('2OP:21', 'sub', (_, a, b) => a - b),
  storing('2OP:22', 'mul', (_, a, b) => Math.imul(a, b)),
  storing('2OP:23', 'div', (_, a, b) => Math.trunc(signed(a) / divisor(b))),
  storing('2OP:24', 'mod', (_, a, b) => signed(a) % divisor(b)),
  branching('1OP:128', 'jz', (_, a) => a === 0),
  plain('1OP:133', 'inc', (machine, variable) => void add(machine, variable, 1)),
  plain('1OP:134', 'dec', (machine, variable) => void add(machine, variable, -1)),
  storing('1OP:142', 'load', (machine, variable) => machine.peekVariable(variable)),
  storing('1OP:143', 'not', (_, a) => ~a, { until: 4 }),
  storing('VAR:248', 'not', (_, a) => ~a, { from: 5 }),
  plain('0OP:185', 'pop', (machine) => void machine.pop(), { until: 4 }),
  plain('VAR:232', 'push', (machine, value) => machine.push(value)),
  plain('VAR:233', 'pull', (machine, variable) => {
    const value = machine.pop();
    machine.replaceVariable(variable, value);
  }),
  storing('VAR:231', 'random', (machine, range) => machine.random.draw(signed(range))),
  storing('EXT:2', 'log_shift', (_, a, b) => (signed(b) >= 0 ? a << b : a >>> -signed(b)), { from: 5 }),
  storing('EXT:3', 'art_shift', (_, a, b) => (signed(b) >= 0 ? a << b : signed(a) >> -signed(b)), { from: 5 }),
];

/** Changes a variable, and returns its new value with its sign. */
function add(machine: Machine, variable: number, change: number): number {
  const value = signed(machine.peekVariable(variable) + change);
  machine.replaceVariable(variable, value);
  return value;
}

function divisor(word: number): number {
  if (word === 0) throw new StoryError('a division by zero');
  return signed(word);
}
