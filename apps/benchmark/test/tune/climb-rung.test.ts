import { encodeCheckpointFile } from '@gradus/core';
import type { RunCheckpoint } from '../../src/runs/run-checkpoint.ts';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noDisplay } from '../../src/suites/bench-display.ts';
import { ResultsFolder } from '../../src/results/results-folder.ts';
import type { ExecuteRuns } from '../../src/suites/run-locally.ts';
import { rungClimber } from '../../src/tune/climb-rung.ts';
import type { Rung } from '../../src/tune/rungs.ts';
import { ScoreFile } from '../../src/tune/score-file.ts';
import { recordOf, shortRun } from '../planned-runs.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const runs = [0, 1, 2].map((seed) => shortRun({ seed, episodes: 1 }));
const twoRungs: readonly Rung[] = [
  { trials: 3, steps: 1000, point: 1 },
  { trials: 1, steps: 2000, point: 2 },
];

async function openClimber(folder: string, execute: ExecuteRuns, rungs = twoRungs) {
  const description = { name: 'mine', description: '', command: '', versions: { gradus: '', node: '' }, runs };
  const results = await ResultsFolder.open(folder, description);
  const scores = await ScoreFile.open(folder);
  const close = async (): Promise<void> => {
    await scores.close();
    await results.close();
  };
  onTestFinished(() => close().catch(() => undefined));
  const { signal } = new AbortController();
  const climb = rungClimber({ rungs, folder: results, scores, execute, display: () => noDisplay, signal });
  return { climb, results, close };
}

/** Of no agent, but whole. */
const checkpointOf = (seed: number): RunCheckpoint =>
  encodeCheckpointFile({ algorithm: 'fake', state: { seed }, files: {} });

describe('rungClimber', () => {
  it('trains nothing again whose score or failure is known, and scores finished runs by their curves', async () => {
    const folder = temporaryFolder();
    const asked: string[][] = [];
    const execute: ExecuteRuns = async (open, hooks) => {
      asked.push(open.map(({ id }) => id));
      for (const run of open) {
        if (run.seed === 1) {
          await hooks.onFailure(run, 'broke');
          continue;
        }
        // Quicker than the interruption: it is finished on the first rung.
        const record = recordOf(run.seed);
        const curve = [960, 1024, 2048].map((step) => ({ step, mean_return: step + run.seed, std_return: 0 }));
        await hooks.onRecord(run, { ...record, curve });
      }
    };
    const first = await openClimber(folder, execute);
    const scores = [
      { run: runs[0].id, steps: 1000, score: 1024 },
      { run: runs[1].id, steps: 1000, score: null, error: 'broke' },
      { run: runs[2].id, steps: 1000, score: 1026 },
    ];
    expect(await first.climb(runs, 0)).toEqual(scores);
    await first.close();

    const second = await openClimber(folder, execute);
    expect(await second.climb(runs, 0)).toEqual(scores);
    expect(await second.climb([runs[2]], 1)).toEqual([
      { run: runs[2].id, steps: 2000, score: recordOf(2).mean_return },
    ]);
    expect(asked).toEqual([runs.map(({ id }) => id), [], []]);
  });

  it('takes no score for that of a rung which ends at another step', async () => {
    const folder = temporaryFolder();
    const asked: number[] = [];
    const execute: ExecuteRuns = async (open, hooks) => {
      asked.push(open.length);
      for (const run of open) await hooks.onFailure(run, 'broke');
    };
    const last = { trials: 1, steps: 4000, point: 4 };
    const threeRungs = [twoRungs[0], { trials: 2, steps: 2000, point: 2 }, last];
    const byTwo = await openClimber(folder, execute, threeRungs);
    await byTwo.climb(runs, 0);
    await byTwo.climb(runs, 1);
    await byTwo.close();
    // Another eta: the same runs, and the second rung is the end.
    const byFour = await openClimber(folder, execute, [twoRungs[0], last]);
    await byFour.climb(runs, 0);
    await byFour.climb(runs, 1);
    expect(asked).toEqual([3, 3, 0, 3]);
  });

  it('interrupts runs at the end of every rung but the last, and deletes the checkpoints of those that are given up', async () => {
    const folder = temporaryFolder();
    const until: unknown[] = [];
    const { climb, results } = await openClimber(folder, async (open, hooks) => {
      until.push(hooks.until);
      for (const run of open) await results.saveCheckpoint(run.id, checkpointOf(run.seed));
    });
    await climb(runs, 0);
    expect(readdirSync(join(folder, 'checkpoints'))).toHaveLength(3);
    await climb([runs[1]], 1);
    expect(await results.loadCheckpoint(runs[1].id)).toEqual(checkpointOf(1));
    expect(readdirSync(join(folder, 'checkpoints'))).toHaveLength(1);
    expect(until).toEqual([1000, undefined]);
  });
});
