import { join } from 'node:path';
import { expect, it } from 'vitest';
import { zerothAndFirstOrder } from '../../src/experiments/zeroth-and-first-order.ts';
import { identifyRun } from '../../src/runs/planned-run.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { findSuite } from '../../src/suites/suite.ts';
import { syntheticRecords, writeResults } from '../synthetic-results.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const searches = ['cem', 'cma-es', 'ars', 'es'];
const gradients = ['reinforce', 'ppo'];

/**
 * Runs of 40 points whose return rises by `slopes` in each 100k steps: searches take 4M steps in 4 seconds, policy gradients 100k in 2.
 */
function results(slopes: Readonly<Record<string, number>>): string {
  const folder = join(temporaryFolder(), 'results');
  const records = [...searches, ...gradients].flatMap((label) => {
    const steps = searches.includes(label) ? 4_000_000 : 100_000;
    const made = syntheticRecords([
      { label, algorithm: label, environment: 'CartPole-v1', scores: [0, 0], start: 0, steps },
    ]);
    return made.map((record, seed): RunRecord => {
      const points = Array.from({ length: 40 }, (_, i) => ((i + 1) * steps) / 40);
      const curve = points.map((step) => {
        return { step, mean_return: (slopes[label] * step) / 100_000 + seed, std_return: 0 };
      });
      const seconds = searches.includes(label) ? 4 : 2;
      return {
        ...record,
        run: identifyRun({ ...record.run, evaluations: 40 }),
        steps,
        // Slopes are positive: the last is the best.
        best: { step: steps, mean_return: record.mean_return, std_return: record.std_return },
        curve,
        timing: { seconds, steps_per_second: steps / seconds },
      };
    });
  });
  writeResults(folder, records);
  return folder;
}

async function numbersOf(folder: string) {
  return await zerothAndFirstOrder.run({ seeds: 2, results: folder, takes: '', command: ['gradus'] });
}

const slopes = { cem: 10, 'cma-es': 20, ars: 5, es: 1, reinforce: 30, ppo: 50 };

it('reads the methods of its suite, four searches with forty times the steps of two policy gradients', () => {
  const { entries } = findSuite('zeroth-and-first-order');
  expect(entries.map(({ label }) => label)).toEqual([...searches, ...gradients]);
  expect(entries.map(({ steps }) => steps)).toEqual([4e6, 4e6, 4e6, 4e6, 1e5, 1e5]);
});

it('compares after the same steps, and after the time of PPO', async () => {
  const { tasks } = await numbersOf(results(slopes));
  const [{ environment, seconds, methods }] = tasks;
  expect([environment, seconds]).toEqual(['CartPole-v1', 2]);
  // In 2 seconds a search has done 2M steps; seeds 0 and 1 differ by 1.
  expect(methods.map(({ label, atSteps, atSeconds }) => [label, atSteps.value, atSeconds.value])).toEqual([
    ['cem', 10.5, 200.5],
    ['cma-es', 20.5, 400.5],
    ['ars', 5.5, 100.5],
    ['es', 1.5, 20.5],
    ['reinforce', 30.5, 30.5],
    ['ppo', 50.5, 50.5],
  ]);
  expect(methods[0].bySeconds[19]).toMatchObject({ x: 2, value: 200.5 });
});

it.each([
  { what: 'it is as expected', changes: {}, holds: [true, true] },
  { what: 'a search is better by samples', changes: { es: 60 }, holds: [false, true] },
  { what: 'policy gradients are better by time', changes: { reinforce: 500 }, holds: [true, false] },
])('says so where $what', async ({ changes, holds }) => {
  const numbers = await numbersOf(results({ ...slopes, ...changes }));
  expect(zerothAndFirstOrder.verdict(numbers).map((claim) => claim.holds)).toEqual(holds);
  expect(zerothAndFirstOrder.figures(numbers).map(({ name }) => name)).toEqual([
    'CartPole-v1-samples',
    'CartPole-v1-time',
  ]);
  expect(zerothAndFirstOrder.table(numbers).rows).toHaveLength(6);
});
