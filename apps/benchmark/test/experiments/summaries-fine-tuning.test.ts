import { expect, it } from 'vitest';
import { makeRecord, recordFiles } from '../../src/experiments/record.ts';
import { summariesFineTuning } from '../../src/experiments/summaries-fine-tuning.ts';

type Numbers = Parameters<typeof summariesFineTuning.verdict>[0];

const enough = [1.1, 0.7, 0.57];
const short = [1.2, 1, 0.9, 0.8, 0.75, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.69];

/** Made-up losses of three seeds, of which so many get there: with a deviation of 0.05 and 0.15, each at once and rising first. */
function numbersOf(counts: readonly number[]): Numbers {
  const kinds = [0.05, 0.15].flatMap((deviation) => [false, true].map((risesFirst) => ({ deviation, risesFirst })));
  return {
    trials: kinds.map((kind, i) => ({ ...kind, losses: [0, 1, 2].map((seed) => (seed < counts[i] ? enough : short)) })),
  };
}

const verdictOf = (counts: readonly number[]): boolean[] =>
  summariesFineTuning.verdict(numbersOf(counts)).map(({ holds }) => holds);

it('holds where both changes help, and both together help every seed', () => {
  expect(verdictOf([1, 2, 2, 3])).toEqual([true, true, true]);
});

it('tells each claim that does not', () => {
  expect(verdictOf([1, 2, 2, 2])).toEqual([false, true, true]);
  expect(verdictOf([3, 3, 3, 3])).toEqual([true, false, false]);
  expect(verdictOf([1, 1, 2, 3])).toEqual([true, true, false]);
  expect(verdictOf([1, 2, 1, 3])).toEqual([true, true, false]);
});

it('has a row for each kind, and draws', () => {
  const numbers = numbersOf([0, 2, 2, 3]);
  const { head, rows } = summariesFineTuning.table(numbers);
  expect(rows.every((row) => row.length === head.length)).toBe(true);
  expect(rows[0]).toEqual(['0.05', 'at once', '0 of 3', '–', '0.690', '0.690']);
  expect(rows[1]).toEqual(['0.05', 'rises first', '2 of 3', '750', '0.610', '0.690']);
  const files = recordFiles(makeRecord(summariesFineTuning, 3, numbers));
  expect(Object.keys(files)).toEqual(['figure-1.svg', 'numbers.json', 'README.md']);
});
