import { expect, it } from 'vitest';
import { makeRecord, recordFiles } from '../../src/experiments/record.ts';
import { weakRewardModel } from '../../src/experiments/weak-reward-model.ts';

type Numbers = Parameters<typeof weakRewardModel.verdict>[0];

/** Win rates by number of labels, of DPO, RLOO and PPO. */
const good = [
  [0.55, 0.5, 0.5],
  [0.58, 0.6, 0.58],
  [0.62, 0.7, 0.68],
  [0.65, 0.78, 0.76],
];

/** Made-up numbers of three seeds, one point to either side. */
function numbersOf(rates: readonly (readonly number[])[] = good, accuracies = [0.6, 0.65, 0.7, 0.75]): Numbers {
  return {
    seeds: [-0.01, 0, 0.01].map((shift) => ({
      accuracies,
      outcomes: rates.map((own) => own.map((rate) => ({ winRate: rate + shift, gold: 3 * rate, reward: 1, kl: 2 }))),
      sft: 0.45 + shift,
    })),
  };
}

const verdictOf = (numbers: Numbers): boolean[] => weakRewardModel.verdict(numbers).map(({ holds }) => holds);
const allBut = (...wrong: number[]): boolean[] => Array.from({ length: 8 }, (_, i) => !wrong.includes(i));

it('holds where labels help all, and those most who maximize a reward model', () => {
  expect(verdictOf(numbersOf())).toEqual(allBut());
});

it('tells each claim that does not', () => {
  expect(verdictOf(numbersOf(good, [0.6, 0.7, 0.65, 0.75]))).toEqual(allBut(0));
  const withLast = (...last: number[]) => [...good.slice(0, 3), last];
  const withFirst = (...first: number[]) => [first, ...good.slice(1)];
  expect(verdictOf(numbersOf(withLast(0.56, 0.78, 0.76)))).toEqual(allBut(1));
  expect(verdictOf(numbersOf(withFirst(0.8, 0.77, 0.5)))).toEqual(allBut(1, 2));
  expect(verdictOf(numbersOf(withFirst(0.55, 0.5, 0.75)))).toEqual(allBut(3, 7));
  expect(verdictOf(numbersOf(withLast(0.77, 0.78, 0.76)))).toEqual(allBut(5));
  expect(verdictOf(numbersOf(withLast(0.79, 0.78, 0.8)))).toEqual(allBut(4));
  expect(verdictOf(numbersOf(withFirst(0.55, 0.56, 0.5)))).toEqual(allBut(6));
});

it('has a row for each method and number of labels after that of supervised fine-tuning, and draws', () => {
  const numbers = numbersOf();
  const { head, rows } = weakRewardModel.table(numbers);
  expect(rows).toHaveLength(1 + 4 * 3);
  expect(rows.every((row) => row.length === head.length)).toBe(true);
  expect(rows[0].slice(0, 4)).toEqual(['0', '–', 'supervised fine-tuning', '45.0']);
  expect(rows[10].slice(0, 4)).toEqual(['44,000', '75.0', 'dpo', '65.0']);
  const files = recordFiles(makeRecord(weakRewardModel, 3, numbers));
  expect(Object.keys(files)).toEqual(['figure-1.svg', 'figure-2.svg', 'numbers.json', 'README.md']);
});
