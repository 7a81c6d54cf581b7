import { miniatureMethods } from '@gradus/llm-rlhf/miniature';
import { expect, it } from 'vitest';
import { makeRecord, recordFiles } from '../../src/experiments/record.ts';
import { summariesTable } from '../../src/experiments/summaries-table.ts';

type Numbers = Parameters<typeof summariesTable.verdict>[0];
type Method = Numbers['methods'][number];

const good: Readonly<Record<string, number>> = {
  sft: 0.44,
  dpo: 0.62,
  reinforce: 0.72,
  ppo: 0.78,
  'rloo-2': 0.76,
  'rloo-4': 0.79,
  rebel: 0.75,
  'grpo-4': 0.6,
  'dr-grpo-4': 0.77,
};

/** Made-up numbers of three seeds: win rates one point to either side, gold that grows as fast as the win rate is high. */
function numbersOf(changes: Readonly<Record<string, number>> = {}, accuracy = 0.76): Numbers {
  const rates = { ...good, ...changes };
  const methodOf = (method: Method['method']): Method => {
    const rate = rates[method];
    const curve = (seed: number) =>
      Array.from({ length: method === 'sft' ? 1 : 6 }, (_, i) => ({
        ...{ episodes: 3840 * i, reward: i / 5, kl: i / 2 },
        gold: 1 + (i / 5) * 3 * (rate - 0.4) + 0.001 * seed,
      }));
    const around = [rate - 0.01, rate, rate + 0.01];
    return { method, winRates: around, greedyWinRates: around, curves: [curve(-1), curve(0), curve(1)] };
  };
  return {
    methods: (['sft', ...miniatureMethods] as const).map(methodOf),
    rewardModelAccuracies: [accuracy, 0.77, 0.78],
    sftSteps: [2500, 3000, 2750],
  };
}

const verdictOf = (numbers: Numbers): boolean[] => summariesTable.verdict(numbers).map(({ holds }) => holds);
const all = Array<boolean>(11).fill(true);
const allBut = (...wrong: number[]): boolean[] => all.map((_, i) => !wrong.includes(i));

it('holds where everything is as the lecture has it', () => {
  expect(verdictOf(numbersOf())).toEqual(all);
});

it('tells each claim that does not', () => {
  expect(verdictOf(numbersOf({}, 0.72))).toEqual(allBut(0));
  expect(verdictOf(numbersOf({ sft: 0.41 }))).toEqual(allBut(1));
  // A DPO that is as good as the best, or no better than what it began with.
  expect(verdictOf(numbersOf({ dpo: 0.79 }))).toEqual(allBut(2));
  expect(verdictOf(numbersOf({ dpo: 0.45 }))).toEqual(allBut(2, 8));
  expect(verdictOf(numbersOf({ 'rloo-2': 0.73 }))).toEqual(allBut(3));
  expect(verdictOf(numbersOf({ 'rloo-4': 0.73 }))).toEqual(allBut(4));
  expect(verdictOf(numbersOf({ ppo: 0.73 }))).toEqual(allBut(5));
  expect(verdictOf(numbersOf({ rebel: 0.71 }))).toEqual(allBut(6));
  expect(verdictOf(numbersOf({ reinforce: 0.67 }))).toEqual(allBut(7));
  expect(verdictOf(numbersOf({ reinforce: 0.79 }))).toEqual(allBut(9));
  expect(verdictOf(numbersOf({ 'dr-grpo-4': 0.61 }))).toEqual(allBut(10));
});

it('has a row for each method, and draws', () => {
  const numbers = numbersOf();
  const { head, rows } = summariesTable.table(numbers);
  expect(rows.map(([method]) => method)).toEqual(['sft', ...miniatureMethods]);
  expect(rows.every((row) => row.length === head.length)).toBe(true);
  expect(rows[1].slice(0, 3)).toEqual(['dpo', '68.4', '62.0']);
  const files = recordFiles(makeRecord(summariesTable, 3, numbers));
  expect(Object.keys(files)).toEqual(['figure-1.svg', 'figure-2.svg', 'numbers.json', 'README.md']);
});
