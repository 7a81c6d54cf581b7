import { describe, expect, it } from 'vitest';
import type { Trial } from '../../src/tune/plan-trials.ts';
import { halvingRungs } from '../../src/tune/rungs.ts';
import { searchTrials, type ClimbRung } from '../../src/tune/search-trials.ts';
import { shortRun } from '../planned-runs.ts';

const trials = [0, 1, 2, 3, 4, 5, 6, 7].map((index): Trial => ({
  index,
  parameters: { index },
  runs: [0, 1].map((seed) => shortRun({ label: `trial-${index}`, seed })),
}));

/** Scores by rung and trial; seed 0 gets one more, seed 1 one less. */
function climber(scores: readonly (readonly (number | null)[])[]): { climb: ClimbRung; climbed: string[][] } {
  const climbed: string[][] = [];
  const climb: ClimbRung = (runs, rung) => {
    climbed.push(runs.map(({ label }) => label));
    return Promise.resolve(
      runs.map(({ id, label, seed }) => {
        const score = scores[rung][Number(label.split('-')[1])];
        if (score === null)
          return { run: id, steps: 100 * (rung + 1), score: seed === 0 ? 1000 : null, error: `${label} broke` };
        return { run: id, steps: 100 * (rung + 1), score: score + (seed === 0 ? 1 : -1) };
      }),
    );
  };
  return { climb, climbed };
}

const labels = (...indices: number[]): string[] => indices.flatMap((index) => [`trial-${index}`, `trial-${index}`]);

describe('searchTrials', () => {
  it('lets the better half go on, of equals the first', async () => {
    const { climb, climbed } = climber([
      [1, 5, 5, 2, 5, 9, 5, 0],
      [0, 4, 8, 0, 3, 3, 0, 0],
      [0, 70, 60, 0, 0, 0, 0, 0],
      [0, 7, 0, 0, 0, 0, 0, 0],
    ]);
    const results = await searchTrials(trials, halvingRungs(8, 800, 2), climb);
    expect(climbed).toEqual([labels(0, 1, 2, 3, 4, 5, 6, 7), labels(5, 1, 2, 4), labels(2, 1), labels(1)]);
    expect(results.map(({ trial, rung, score }) => [trial.index, rung, score])).toEqual(
      [
        [1, 3, 7],
        [2, 2, 60],
        [4, 1, 3],
        [5, 1, 3],
        [6, 0, 5],
        [3, 0, 2],
        [0, 0, 1],
        [7, 0, 0],
      ].map(([index, rung, score]) => [index, rung, score]),
    );
    expect(results[0].scores).toEqual([8, 6]);
  });

  it('lets no trial go on that broke on any seed', async () => {
    const { climb, climbed } = climber([
      [null, null, 1, null, null, null, null, null],
      [0, 0, null, 0, 0, 0, 0, 0],
    ]);
    const results = await searchTrials(trials, halvingRungs(8, 800, 2), climb);
    expect(climbed).toEqual([labels(0, 1, 2, 3, 4, 5, 6, 7), labels(2)]);
    expect(results).toHaveLength(8);
    expect(results[0]).toMatchObject({ trial: trials[2], rung: 1, score: undefined, error: 'trial-2 broke' });
    expect(results[1]).toMatchObject({ trial: trials[0], rung: 0, scores: [1000, null], error: 'trial-0 broke' });
  });
});
