import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { executeRun, RunInterrupted, type RunProgress } from '../../src/runs/execute-run.ts';
import { decodeRunCheckpoint, type RunCheckpoint } from '../../src/runs/run-checkpoint.ts';
import { RunPool, type RunPoolOptions } from '../../src/runs/run-pool.ts';
import { devicesHere, resultOf, shortDqnRun, shortRun } from '../planned-runs.ts';

function openPool(options: RunPoolOptions): RunPool {
  const pool = new RunPool(options);
  onTestFinished(() => pool.close());
  return pool;
}

describe('RunPool', () => {
  // One for all that end no thread.
  const pool = new RunPool({ workers: 3 });
  afterAll(() => pool.close());

  it.each(devicesHere())('gives, with several runs at a time, the results of the main thread on %s', async (device) => {
    const runs = [0, 1, 2].flatMap((seed) => [shortRun({ seed, device }), shortDqnRun({ seed, device })]);
    const records = await Promise.all(runs.map((run) => pool.run(run)));
    for (const [i, run] of runs.entries()) {
      expect(resultOf(records[i])).toEqual(resultOf(await executeRun(run)));
    }
  });

  it('goes on with the others when a thread ends', async () => {
    const crashing = openPool({ workers: 2, workerFile: join(import.meta.dirname, '../fixtures/crashing-worker.mjs') });
    const outcomes = await Promise.allSettled([0, 1, 2, 1, 3, 2, 4].map((seed) => crashing.run(shortRun({ seed }))));
    const told = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.run.seed : (outcome.reason as Error).message,
    );
    const exited = 'its worker thread failed: it ended with status 7';
    const thrown = 'its worker thread failed: out of turn';
    expect(told).toEqual([0, exited, thrown, exited, 3, thrown, 4]);
  });

  it('fails where threads cannot be started', async () => {
    const missing = openPool({ workers: 2, workerFile: join(import.meta.dirname, '../fixtures/not-there.mjs') });
    const outcomes = await Promise.allSettled([0, 1, 2].map((seed) => missing.run(shortRun({ seed }))));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { message: /its worker thread failed: .*not-there/ },
      });
    }
  });

  it('tells what a run fails with', async () => {
    await expect(pool.run(shortRun({ options: { batchSize: 7 } }))).rejects.toThrow(
      new Error('Ppo: expected batchSize to be a divisor of 8192 (steps × copies), got 7'),
    );
  });

  it('forwards checkpoints, and goes on from them', async () => {
    const run = shortRun();
    const checkpoints: RunCheckpoint[] = [];
    const onCheckpoint = (checkpoint: RunCheckpoint): void => {
      checkpoints.push(checkpoint);
    };
    const whole = await pool.run(run, { checkpointInterval: 0, onCheckpoint });
    const resumed = await pool.run(run, { checkpoint: checkpoints[2] });
    expect(resumed.origin.resumed_at).toEqual([768]);
    expect(resultOf(resumed)).toEqual(resultOf(whole));
  });

  it('forwards progress, and aborts with a checkpoint', async () => {
    // Longer than any test may take.
    const run = shortRun({ steps: 1e9 });
    const controller = new AbortController();
    const seen: RunProgress[] = [];
    const checkpoints: RunCheckpoint[] = [];
    const onCheckpoint = (checkpoint: RunCheckpoint): void => {
      checkpoints.push(checkpoint);
    };
    const onProgress = (progress: RunProgress): void => {
      seen.push(progress);
      controller.abort();
    };
    const aborted = pool.run(run, { signal: controller.signal, checkpointInterval: 1e6, onProgress, onCheckpoint });
    await expect(aborted).rejects.toThrow(RunInterrupted);
    expect(seen[0].step).toBeGreaterThan(0);
    expect(checkpoints).toHaveLength(1);
    const { state } = decodeRunCheckpoint(checkpoints[0], run.id);
    expect(state.seconds).toBeGreaterThan(0);
  });

  it('does not begin a run that was aborted before', async () => {
    const checkpoints: RunCheckpoint[] = [];
    const onCheckpoint = (checkpoint: RunCheckpoint): void => {
      checkpoints.push(checkpoint);
    };
    const aborted = pool.run(shortRun(), { signal: AbortSignal.abort(), onCheckpoint });
    await expect(aborted).rejects.toThrow(RunInterrupted);
    expect(checkpoints).toEqual([]);
  });
});
