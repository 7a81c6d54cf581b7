import { StoryError } from '../story-error.ts';
import { signed } from '../words.ts';
import { common, plain, storing, type Operation } from './operation.ts';

/** Arithmetic, comparisons and variables (Standard 1.1, §15). Results are cut to 16 bits where they are stored. */
export const numberOperations: readonly Operation[] = [
  common('2OP:1', 'je', ['branches']),
  common('2OP:2', 'jl', ['branches']),
  common('2OP:3', 'jg', ['branches']),
  common('2OP:4', 'dec_chk', ['branches']),
  common('2OP:5', 'inc_chk', ['branches']),
  common('2OP:7', 'test', ['branches']),
  common('2OP:8', 'or', ['stores']),
  common('2OP:9', 'and', ['stores']),
  common('2OP:13', 'store'),
  common('2OP:20', 'add', ['stores']),
  common('2OP:21', 'sub', ['stores']),
  common('2OP:22', 'mul', ['stores']),
  storing('2OP:23', 'div', (_, a, b) => Math.trunc(signed(a) / divisor(b))),
  storing('2OP:24', 'mod', (_, a, b) => signed(a) % divisor(b)),
  common('1OP:128', 'jz', ['branches']),
  common('1OP:133', 'inc'),
  common('1OP:134', 'dec'),
  common('1OP:142', 'load', ['stores']),
  storing('1OP:143', 'not', (_, a) => ~a, { until: 4 }),
  storing('VAR:248', 'not', (_, a) => ~a, { from: 5 }),
  plain('0OP:185', 'pop', (machine) => void machine.pop(), { until: 4 }),
  common('VAR:232', 'push'),
  common('VAR:233', 'pull'),
  storing('VAR:231', 'random', (machine, range) => machine.random.draw(signed(range))),
  storing('EXT:2', 'log_shift', (_, a, b) => (signed(b) >= 0 ? a << b : a >>> -signed(b)), { from: 5 }),
  storing('EXT:3', 'art_shift', (_, a, b) => (signed(b) >= 0 ? a << b : signed(a) >> -signed(b)), { from: 5 }),
];

function divisor(word: number): number {
  if (word === 0) throw new StoryError('a division by zero');
  return signed(word);
}
