import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evolve } from '../../src/tune/evolve.ts';
import { planTrials, type Trial } from '../../src/tune/plan-trials.ts';
import type { TrialResult } from '../../src/tune/search-trials.ts';
import { readSpace } from '../../src/tune/space.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const base = {
  name: 'bred',
  // Made in no time.
  algorithm: 'q-learning',
  environment: 'FrozenLake-v1',
  settings: 'default',
  steps: 100,
  trials: 60,
  seeds: [1000],
  strategy: 'evolution',
  evolution: { population: 6, elite: 1 },
  parameters: { gamma: { uniform: [0, 1] }, alpha: { uniform: [0, 1] } },
};

function plan(changes: object = {}) {
  const path = join(temporaryFolder(), 'space.json');
  writeFileSync(path, JSON.stringify({ ...base, ...changes }));
  return planTrials(readSpace(path), 'wasm');
}

/** Highest, 0, at γ = 0.3 and α = 0.8. */
function score({ parameters }: Trial): number {
  return -((Number(parameters.gamma) - 0.3) ** 2) - (Number(parameters.alpha) - 0.8) ** 2;
}

function result(trial: Trial, rung = 0, value: number | undefined = score(trial)): TrialResult {
  return { trial, rung, scores: [value ?? null], score: value };
}

describe('evolve', () => {
  it('comes nearer to the best than as many draws do', async () => {
    const planned = plan();
    const generations: (readonly Trial[])[] = [];
    const found = await evolve(planned, 1, (trials, generation) => {
      expect(generation).toBe(generations.length);
      generations.push(trials);
      return Promise.resolve(trials.map((trial) => result(trial)));
    });
    expect(generations.map((trials) => trials.length)).toEqual(Array(10).fill(6));
    const all = generations.flat();
    expect(all.map(({ index }) => index)).toEqual(all.map((_, i) => i));
    expect(new Set(all.map(({ parameters }) => JSON.stringify(parameters))).size).toBe(60);
    expect(all.flatMap(({ runs }) => runs.map(({ seed }) => seed))).toEqual(Array(60).fill(1000));
    expect(found.map((each) => each.score)).toEqual(found.map((each) => Number(each.score)).sort((a, b) => b - a));
    const draws = plan({ strategy: 'random', evolution: undefined });
    expect(draws.trials).toHaveLength(60);
    const best = Math.max(...draws.trials.map(score));
    expect(found[0].score).toBeGreaterThan(best);
    const mean = (trials: readonly Trial[]): number => trials.reduce((sum, each) => sum + score(each), 0) / 6;
    expect(mean(generations[9])).toBeGreaterThan(mean(generations[0]));
  });

  it('breeds the same again from the same results', async () => {
    const bred = async (): Promise<unknown[]> => {
      const all: Trial[] = [];
      await evolve(plan(), 1, (trials) => {
        all.push(...trials);
        return Promise.resolve(trials.map((trial) => result(trial)));
      });
      return all.map(({ parameters, runs }) => [parameters, runs.map(({ id }) => id)]);
    };
    expect(await bred()).toEqual(await bred());
  });

  it('has as parents the last generation and the best of those before, best first', async () => {
    const told: number[][] = [];
    const trial = (index: number): Trial => ({ index, parameters: {}, runs: [] });
    const scores = [5, 9, 7, 1, undefined, 2, 4, 3, 8];
    await evolve(
      {
        trials: [0, 1, 2].map(trial),
        generations: 3,
        breed: (parents) => {
          told.push(parents.map(({ index }) => index));
          return [0, 1, 2].map((i) => trial(3 * told.length + i));
        },
      },
      2,
      (trials) =>
        Promise.resolve(
          // Trial 3 came further than all others.
          trials.map((each) => ({ ...result(each, each.index === 3 ? 1 : 0), score: scores[each.index] })),
        ),
    );
    expect(told).toEqual([
      [1, 2, 0],
      [3, 1, 2, 5, 4],
    ]);
  });

  it('ends where the space does', async () => {
    const planned = plan({ parameters: { alpha: { choice: [0.1, 0.2, 0.3] }, gamma: { choice: [0.7, 0.8, 0.9] } } });
    const sizes: number[] = [];
    const found = await evolve(planned, 1, (trials) => {
      sizes.push(trials.length);
      return Promise.resolve(trials.map((each) => result(each, 0, each.index)));
    });
    expect(sizes).toEqual([6, 3]);
    expect(found).toHaveLength(9);
  });

  it('takes other draws where children do not fit', async () => {
    // One pair in four makes no agent.
    const parameters = { batchSize: { choice: [64, 128] }, numEnvs: { choice: [2, 4] }, gamma: { uniform: [0, 1] } };
    const options = { steps: 32, hidden: [4] };
    const ppo = { algorithm: 'ppo', environment: 'CartPole-v1' };
    const planned = plan({ ...ppo, parameters, options, trials: 12 });
    const found = await evolve(planned, 1, (trials) =>
      Promise.resolve(trials.map((each) => result(each, 0, -Number(each.parameters.numEnvs)))),
    );
    expect(found).toHaveLength(12);
    expect(planned.rejected.length).toBeGreaterThan(0);
    expect(found.some(({ trial: { parameters: p } }) => p.batchSize === 128 && p.numEnvs === 2)).toBe(false);
  });
});

describe('planTrials of an evolution', () => {
  it('has five generations of ten, where nothing else is asked for', () => {
    const { trials, generations, rungs } = plan({ trials: undefined, evolution: undefined });
    expect([trials.length, generations]).toEqual([10, 5]);
    expect(rungs).toEqual([{ trials: 10, steps: 100, point: 1 }]);
  });

  it('halves each generation with minSteps', () => {
    const { rungs } = plan({ minSteps: 20, eta: 2 });
    expect(rungs.map(({ trials, steps }) => [trials, steps])).toEqual([
      [6, 25],
      [3, 50],
      [1, 100],
    ]);
  });

  it.each([
    { changes: { trials: 61 }, message: 'trials: expected a multiple of 6, the population, got 61' },
    { changes: { strategy: 'random' }, message: 'evolution: expected none but for the strategy evolution, got {' },
    { changes: { evolution: { population: 1 } }, message: 'evolution.population: expected number to be >=2, got 1' },
    { changes: { evolution: { mutation: 1.5 } }, message: 'evolution.mutation: expected number to be <=1, got 1.5' },
    {
      changes: { evolution: { mutationScale: 0 } },
      message: 'evolution.mutationScale: expected number to be >0, got 0',
    },
    { changes: { evolution: { elites: 1 } }, message: "unknown key 'elites'; did you mean elite?" },
    { changes: { seeds: [1, 1] }, message: 'seeds: expected different seeds, got [1,1]' },
    {
      changes: { parameters: { gamma: { logNormal: [0.5, 3] } } },
      message:
        'parameters.gamma.logNormal (4 deviations): options: q-learning: expected gamma to be a number in [0, 1], got 40.5',
    },
    {
      changes: { parameters: { gamma: { logNormal: [0.5, 1] } } },
      message: 'parameters.gamma.logNormal[1]: expected number to be >1, got 1',
    },
  ])('refuses by name: $changes', ({ changes, message }) => {
    expect(() => plan(changes)).toThrow(message);
  });
});
