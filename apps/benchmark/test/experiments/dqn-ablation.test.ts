import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dqnAblation } from '../../src/experiments/dqn-ablation.ts';
import { findSuite } from '../../src/suites/suite.ts';
import { parsePage } from '../parse-page.ts';
import { runCommand } from '../run-command.ts';
import { syntheticRecords, writeResults } from '../synthetic-results.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const labels = ['linear', 'deep', 'deep-target', 'deep-replay', 'dqn'];

/** Results of made-up runs: for each game the mean scores of the variants, the seeds around them. */
function results(games: Readonly<Record<string, readonly number[]>>, seeds = [-1, 0, 1]): string {
  const groups = Object.entries(games).flatMap(([environment, means]) =>
    means.map((mean, i) => {
      return {
        label: labels[i],
        algorithm: 'dqn',
        environment,
        scores: seeds.map((shift) => mean + shift),
        steps: 1_000_000,
      };
    }),
  );
  const folder = join(temporaryFolder(), 'results');
  writeResults(folder, syntheticRecords(groups));
  return folder;
}

/** What the experiment computes from the seeds 0 … seeds − 1 of a results folder. */
async function numbersOf(folder: string, seeds = 3) {
  return await dqnAblation.run({
    seeds,
    results: folder,
    takes: '',
    command: ['gradus', 'experiment', 'dqn-ablation'],
  });
}

const asPublished = { 'MinAtar/Breakout-v0': [3, 4, 10, 40, 80], 'MinAtar/SpaceInvaders-v0': [30, 31, 37, 82, 108] };

it('reads the variants of its suite', () => {
  const { entries } = findSuite('dqn-ablation');
  expect(entries.map(({ label }) => label)).toEqual(labels);
});

describe('dqn-ablation', () => {
  it('finds the published order where it is', async () => {
    const numbers = await numbersOf(results(asPublished));
    const [breakout] = numbers.games;
    expect(breakout).toMatchObject({ environment: 'MinAtar/Breakout-v0', steps: 1_000_000 });
    expect(breakout.variants.map(({ label, value }) => [label, value])).toEqual(
      labels.map((label, i) => [label, asPublished['MinAtar/Breakout-v0'][i]]),
    );
    expect(breakout.variants[4]).toMatchObject({ scores: [79, 80, 81], low: 79, high: 81 });
    expect(dqnAblation.verdict(numbers).map(({ holds }) => holds)).toEqual(new Array(8).fill(true));
    // Of the full DQN: 40 / 80 here, 241 / 317 there.
    expect(dqnAblation.table(numbers).rows[3]).toEqual([
      'MinAtar/Breakout-v0',
      'deep-replay',
      '40.0',
      '[39.0, 41.0]',
      '0.50',
      '0.76',
    ]);
  });

  it.each([
    { what: 'replay alone is better than both', scores: [3, 4, 10, 90, 80], holds: [false, true, true, true] },
    {
      what: 'fixed targets are better than replay',
      scores: [3, 4, 50, 40, 80],
      holds: [true, false, true, true],
    },
    { what: 'fixed targets do harm', scores: [3, 14, 10, 40, 80], holds: [true, true, false, true] },
    { what: 'they do none beyond the intervals', scores: [3, 11, 10, 40, 80], holds: [true, true, true, true] },
    { what: 'the linear one is best', scores: [99, 4, 10, 40, 80], holds: [true, true, true, false] },
  ])('says so where $what', async ({ scores, holds }) => {
    const numbers = await numbersOf(results({ 'MinAtar/Breakout-v0': scores }));
    expect(dqnAblation.verdict(numbers).map((claim) => claim.holds)).toEqual(holds);
  });

  it('counts the seeds that it is asked for, whatever else is there', async () => {
    const folder = results({ 'MinAtar/Breakout-v0': [3, 4, 10, 40, 80] }, [0, 0, 900]);
    const numbers = await numbersOf(folder, 2);
    expect(numbers.games[0].variants.map(({ value }) => value)).toEqual([3, 4, 10, 40, 80]);
  });

  it('draws a figure for each game, beside the published scores where there are some', async () => {
    const numbers = await numbersOf(results({ ...asPublished, 'Other-v0': [1, 2, 3, 4, 5] }));
    const [breakout, , other] = dqnAblation.figures(numbers);
    const count = ({ svg }: typeof breakout, selector: string) =>
      parsePage(svg.markup).querySelectorAll(selector).length;
    expect([breakout, other].map((figure) => count(figure, '[aria-label="bar"] rect'))).toEqual([5, 5]);
    expect([breakout, other].map((figure) => count(figure, '[aria-label="dot"] path'))).toEqual([5, 0]);
  });
});

it('gradus experiment dqn-ablation --results writes its page without training', async () => {
  const out = join(temporaryFolder(), 'out');
  const { status, output, errors } = await runCommand(
    'experiment',
    'dqn-ablation',
    '--results',
    results(asPublished),
    '--out',
    out,
  );
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  expect(output).toContain('dqn-ablation holds: all 8 claims');
});

it('trains nothing where the results folder holds something else', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'thesis.txt'), 'mine');
  const command = ['experiment', 'dqn-ablation', '--results', folder, '--out', join(temporaryFolder(), 'out')];
  const { status, output, errors } = await runCommand(...command);
  expect({ status, output }).toEqual({ status: 1, output: '' });
  expect(errors).toMatch(
    /^running gradus bench dqn-ablation first, which takes about \d+ minutes on \d+ cores?; its results go to .*\nerror: .*thesis\.txt.*\n$/,
  );
});
