import { miniatureMethods, miniatureSettings } from '@gradus/llm-rlhf/miniature';
import { expect, it } from 'vitest';
import { makeRecord, readRecord, recordFiles } from '../../src/experiments/record.ts';
import { summariesSettings } from '../../src/experiments/summaries-settings.ts';

type Numbers = Parameters<typeof summariesSettings.verdict>[0];
type Trial = Numbers['trials'][number];

const chosenOf = (numbers: Numbers): string[][] =>
  summariesSettings
    .table(numbers)
    .rows.filter((row) => row[row.length - 1] === '✓')
    .map(([trained, learningRate, beta]) => [trained, learningRate, beta]);

/** Two trials of each method, the better one with the table's settings; what is left over is ±`noise` with both seeds. */
function numbersOf(
  noise: number,
  changes: Partial<Trial> = {},
  epochs = miniatureSettings.rewardModel.epochs,
): Numbers {
  const { learningRate } = miniatureSettings.rewardModel;
  const trials = miniatureMethods.flatMap((method): Trial[] => {
    const settings = miniatureSettings.methods[method];
    const other = { learningRate: 1, beta: 1, scores: [1 - noise, 2 + noise], rewards: [1.2, 2.2], kls: [1, 1] };
    const best = { ...settings, scores: [1.5 + noise, 2.5 - noise], rewards: [1.7, 2.7], kls: [2, 2] };
    return [
      { method, ...other },
      { method, ...best, ...(method === 'ppo' && changes) },
    ];
  });
  return {
    rewardModels: [
      { epochs: 1, learningRate: 1, accuracies: [0.8, 0.6] },
      { epochs, learningRate, accuracies: [0.75, 0.7] },
    ],
    judgeAccuracies: [0.7, 0.7],
    trials,
  };
}

it('takes the highest score where it stands out', () => {
  const { epochs, learningRate } = miniatureSettings.rewardModel;
  expect(chosenOf(numbersOf(0.1))).toEqual([
    [`reward model, ${epochs} epochs`, String(learningRate), '–'],
    ...miniatureMethods.map((method) => {
      const settings = miniatureSettings.methods[method];
      return [method, String(settings.learningRate), String(settings.beta)];
    }),
  ]);
});

it('takes the smallest divergence within one standard error of the highest score', () => {
  // By hand: residuals are ±noise, four of each method, which has one degree of freedom: s² = 4 noise², and a mean of two seeds has the
  // standard error √(s² / 2) = √2 noise, which reaches the half that lies between the two at 0.3536.
  const chosen = (noise: number): string => chosenOf(numbersOf(noise))[1][2];
  expect(chosen(0.353)).toBe(String(miniatureSettings.methods.dpo.beta));
  expect(chosen(0.354)).toBe('1');
});

it('holds where the table has what was chosen, and models that are maximized overrate', () => {
  const verdictOf = (numbers: Numbers): boolean[] => summariesSettings.verdict(numbers).map(({ holds }) => holds);
  const all = Array<boolean>(miniatureMethods.length + 2).fill(true);
  expect(verdictOf(numbersOf(0.1))).toEqual(all);
  expect(verdictOf(numbersOf(0.1, {}, 99))).toEqual(all.with(0, false));
  expect(verdictOf(numbersOf(0.1, { beta: 9 }))).toEqual(all.with(1 + miniatureMethods.indexOf('ppo'), false));
  expect(verdictOf(numbersOf(0.1, { rewards: [1.4, 2.4] }))).toEqual(all.with(all.length - 1, false));
});

it('one seed has no standard error', () => {
  const { trials, ...rest } = numbersOf(9);
  const one = trials.map((trial) => ({ ...trial, scores: [trial.scores[0]] }));
  expect(chosenOf({ ...rest, trials: one })[1][2]).toBe(String(miniatureSettings.methods.dpo.beta));
});

it('draws', () => {
  const files = recordFiles(makeRecord(summariesSettings, 2, numbersOf(0.1)));
  expect(Object.keys(files)).toEqual(['figure-1.svg', 'numbers.json', 'README.md']);
});

it('the miniature has the settings of the record', () => {
  const path = new URL('../../experiments/summaries-settings/numbers.json', import.meta.url).pathname;
  const { claims } = readRecord(summariesSettings, path);
  expect(claims.slice(0, miniatureMethods.length + 1).filter(({ holds }) => !holds)).toEqual([]);
});
