import { expect, it } from 'vitest';
import { overOptimization } from '../../src/experiments/over-optimization.ts';
import { makeRecord, recordFiles } from '../../src/experiments/record.ts';

type Numbers = Parameters<typeof overOptimization.verdict>[0];

interface Shape {
  /** What β = 0 gains after its best, at point 4 of 8: of gold, and of reward. */
  readonly lateGold: number;
  readonly lateReward: number;
  /** Divergence, reward and gold in the end, by β. */
  readonly kl: readonly number[];
  readonly reward: readonly number[];
  readonly gold: readonly number[];
  /** Gold of the best of 64. */
  readonly best: number;
}

const good: Shape = {
  lateGold: -0.5,
  lateReward: 0.5,
  kl: [9, 6, 3, 1],
  reward: [3, 2.5, 2, 1],
  gold: [1.9, 2.1, 2.4, 2],
  best: 2.5,
};

/** Made-up numbers of three seeds. */
function numbersOf(changes: Partial<Shape> = {}): Numbers {
  const { lateGold, lateReward, kl, reward, gold, best } = { ...good, ...changes };
  const curve = (beta: number, seed: number) =>
    Array.from({ length: 9 }, (_, i) => ({
      episodes: 2400 * i,
      kl: (kl[beta] * i) / 8,
      reward: beta === 0 && i <= 4 ? ((reward[0] - lateReward) * i) / 4 : reward[beta] * (i === 8 ? 1 : i / 8),
      gold: (beta === 0 && i <= 4 ? (gold[0] - lateGold) * (i / 4) : gold[beta] * (i === 8 ? 1 : i / 9)) + 0.01 * seed,
    }));
  return {
    curves: [-1, 0, 1].map((seed) => [0, 1, 2, 3].map((beta) => curve(beta, seed))),
    best: [-1, 0, 1].map((seed) =>
      [1, 2, 4, 8, 16, 32, 64].map((samples, i) => ({ samples, reward: i, gold: (best * (i + 1)) / 7 + 0.01 * seed })),
    ),
  };
}

const verdictOf = (numbers: Numbers): boolean[] => overOptimization.verdict(numbers).map(({ holds }) => holds);

it('holds where everything is as the papers have it', () => {
  expect(verdictOf(numbersOf())).toEqual([true, true, true, true, true]);
});

it('tells each claim that does not', () => {
  // Gold that hardly falls, and a reward that falls with it.
  expect(verdictOf(numbersOf({ lateGold: -0.05, gold: [2.35, 2.1, 2.4, 2] }))[0]).toBe(false);
  expect(verdictOf(numbersOf({ lateReward: -0.1 }))[0]).toBe(false);
  expect(verdictOf(numbersOf({ kl: [9, 3, 6, 1] }))).toEqual([true, false, true, true, true]);
  expect(verdictOf(numbersOf({ reward: [3, 2, 2.5, 1] }))).toEqual([true, true, false, true, true]);
  expect(verdictOf(numbersOf({ gold: [1.9, 1.8, 1.905, 1] }))).toEqual([true, true, true, false, true]);
  expect(verdictOf(numbersOf({ best: 1 }))).toEqual([true, true, true, true, false]);
});

it('has a row for each β and each n, with the divergence of the best of n, and draws', () => {
  const numbers = numbersOf();
  const { head, rows } = overOptimization.table(numbers);
  expect(rows).toHaveLength(4 + 7);
  expect(rows.every((row) => row.length === head.length)).toBe(true);
  expect(rows[0]).toEqual(['RLOO, β = 0', '9.00', '3.00', '1.90', '[1.89, 1.91]', '2.40']);
  // log 64 − 63 / 64.
  expect(rows[10].slice(0, 2)).toEqual(['best of 64', '3.17']);
  const files = recordFiles(makeRecord(overOptimization, 3, numbers));
  expect(Object.keys(files)).toEqual(['figure-1.svg', 'figure-2.svg', 'numbers.json', 'README.md']);
});
