import { expect, it } from 'vitest';
import type { GamesResult } from '@gradus/envs/backgammon';
import { recordFiles, makeRecord } from '../../src/experiments/record.ts';
import { tdGammonCurve, tdGammonExperiment, type TdGammonPoint } from '../../src/experiments/td-gammon.ts';
import type { Judge } from '../../src/backgammon/equity-loss.ts';

const judge: Judge = {
  choose: () => 0,
  evaluate: async () => Promise.resolve(Float64Array.of(0.5, 0, 0, 0, 0)),
};

it('examines the net where it is asked to, and the same seed gives the same numbers', async () => {
  const examination = { points: [10, 30], games: 4, decisions: 5 };
  const curve = await tdGammonCurve(1, judge, examination);
  expect(curve.map(({ games, random, pubeval, loss }) => [games, random.games, pubeval.games, loss.decisions])).toEqual(
    [
      [10, 4, 4, 5],
      [30, 4, 4, 5],
    ],
  );
  // To this judge all is worth the same.
  expect(curve.map(({ loss }) => loss.loss)).toEqual([0, 0]);
  expect(await tdGammonCurve(1, judge, examination)).toEqual(curve);
  expect(await tdGammonCurve(2, judge, examination)).not.toEqual(curve);
  expect(Object.keys(recordFiles(makeRecord(tdGammonExperiment, 1, { curves: [curve] })))).toContain('numbers.json');
});

it('each claim fails by itself', () => {
  const result = (winRate: number, pointsPerGame: number): GamesResult => {
    return { games: 100, won: [1, 1, 1], lost: [1, 1, 1], winRate, pointsPerGame, standardError: 0.01 };
  };
  const point = (games: number, changes: Partial<TdGammonPoint> = {}): TdGammonPoint => ({
    games,
    random: result(0.95, 2),
    pubeval: result(0.5, 0.25),
    loss: { loss: 0.025, standardError: 0.001, decisions: 10 },
    ...changes,
  });
  const verdict = (
    first: Partial<TdGammonPoint>,
    third: Partial<TdGammonPoint>,
    last: Partial<TdGammonPoint>,
  ): boolean[] => {
    const curve = [point(1000, first), point(10_000), point(100_000, third), point(400_000, last)];
    return tdGammonExperiment.verdict({ curves: [curve] }).map(({ holds }) => holds);
  };
  expect(verdict({}, {}, {})).toEqual([true, true, true, true, true]);
  expect(verdict({ random: result(0.94, 2) }, {}, {})).toEqual([false, true, true, true, true]);
  expect(verdict({}, { pubeval: result(0.49, 0.1) }, {})).toEqual([true, false, true, true, true]);
  expect(verdict({}, { pubeval: result(0.51, -0.1) }, {})).toEqual([true, true, false, true, true]);
  expect(verdict({}, {}, { pubeval: result(0.5, 0.24) })).toEqual([true, true, true, false, true]);
  expect(verdict({}, {}, { loss: { loss: 0.026, standardError: 0, decisions: 1 } })).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(tdGammonExperiment.verdict({ curves: [] }).some(({ holds }) => holds)).toBe(false);
});
