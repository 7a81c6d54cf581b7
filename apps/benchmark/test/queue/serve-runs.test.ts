import { Queue } from 'bullmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RunInterrupted, type ExecuteRunOptions } from '../../src/runs/execute-run.ts';
import type { PlannedRun } from '../../src/runs/planned-run.ts';
import { jobIdOf, queueName } from '../../src/queue/queued-run.ts';
import { loadFromRedis, saveToRedis } from '../../src/queue/redis-checkpoints.ts';
import { connectRedis } from '../../src/queue/redis.ts';
import { serveRuns } from '../../src/queue/serve-runs.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { shortRun } from '../planned-runs.ts';
import { hasRedis, startRedis, type RedisServer } from '../redis-server.ts';
import { waitFor } from '../wait-for.ts';
import { recordFor } from './record-for.ts';

/** A run that a pool was given, and how to end it. */
interface Execution {
  readonly run: PlannedRun;
  readonly options: ExecuteRunOptions;
  readonly finish: () => void;
  /** Ends it at `until`, with this checkpoint or none. */
  readonly reach: (checkpoint?: Uint8Array<ArrayBuffer>) => void;
  readonly fail: (message: string) => void;
}

/** A worker whose runs end when a test says so. */
async function serve({ url }: RedisServer, lock?: number) {
  const executions: Execution[] = [];
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const pool = {
    workers: 2,
    run: (run: PlannedRun, options: ExecuteRunOptions = {}) =>
      new Promise<RunRecord>((resolve, reject) => {
        const fail = (message: string): void => reject(new Error(message));
        const reach = (checkpoint?: Uint8Array<ArrayBuffer>): void => {
          if (checkpoint !== undefined) options.onCheckpoint?.(checkpoint);
          reject(new RunInterrupted('reached'));
        };
        executions.push({ run, options, finish: () => resolve(recordFor(run)), reach, fail });
        options.signal?.addEventListener('abort', () => {
          options.onCheckpoint?.(Uint8Array.of(1, 2, 3));
          reject(new RunInterrupted('interrupted'));
        });
      }),
  };
  const stop = new AbortController();
  const connection = await connectRedis(url, say);
  const end = serveRuns({ connection, pool, checkpointInterval: 15, lock, signal: stop.signal, say });
  onTestFinished(async () => {
    stop.abort();
    await end;
  });
  const queue = new Queue<unknown, unknown>(queueName, { connection: { url } });
  queue.on('error', () => undefined);
  onTestFinished(() => queue.close());
  const nth = (n: number): Promise<Execution> => waitFor(() => executions[n]);
  const stopAndWait = async (): Promise<void> => {
    stop.abort();
    await end;
  };
  return { executions, lines, queue, nth, stop: stopAndWait };
}

const run = shortRun();
const jobId = jobIdOf('suite', run);

describe.skipIf(!hasRedis())('serveRuns', () => {
  it.each([
    { what: 'no run', data: { command: 'rm -rf /' } },
    { what: 'a run with something besides', data: { ...run, code: 'process.exit()' } },
    { what: 'an unknown algorithm', data: { ...run, algorithm: 'constructor' } },
  ])('refuses $what, once and for all', async ({ data }) => {
    const server = await startRedis({ persistent: false });
    const { queue, executions } = await serve(server);
    await queue.add('bad', data, { jobId: 'bad', attempts: 3 });
    const reason = await waitFor(async () => {
      const job = await queue.getJob('bad');
      return job?.finishedOn === undefined ? undefined : job.failedReason;
    });
    expect(reason).toMatch(
      /^expected a run, got \{|^unknown algorithm 'constructor'; if it is your own, start workers with --import$/,
    );
    expect((await queue.getJob('bad'))?.attemptsMade).toBe(1);
    expect(executions).toEqual([]);
  });

  it('goes on from the checkpoint, and starts over where that breaks it', async () => {
    const server = await startRedis({ persistent: false });
    const { queue, nth, lines } = await serve(server);
    await saveToRedis(server.redis, jobId, Uint8Array.of(9));
    await queue.add(run.id, run, { jobId, attempts: 2 });
    const first = await nth(0);
    expect(first.options.checkpoint).toEqual(Uint8Array.of(9));
    first.fail('checkpoint: corrupt');
    const second = await nth(1);
    expect(second.options.checkpoint).toBeUndefined();
    second.finish();
    const job = await waitFor(async () => {
      const found = await queue.getJob(jobId);
      return found?.finishedOn === undefined ? undefined : found;
    });
    expect(job.returnvalue).toEqual(recordFor(run));
    expect(lines).toEqual([
      `${run.id}: is taken up again`,
      `${run.id}: failed: checkpoint: corrupt`,
      `${run.id}: begins`,
      `${run.id}: finished with a mean return of 0.0`,
    ]);
  });

  it('hands runs back with their checkpoints when it is stopped', async () => {
    const server = await startRedis({ persistent: false });
    const { queue, nth, stop } = await serve(server);
    await queue.add(run.id, run, { jobId });
    await nth(0);
    await stop();
    expect(await (await queue.getJob(jobId))?.getState()).toBe('waiting');
    expect(await loadFromRedis(server.redis, jobId)).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('ends a run where it should, with its checkpoint, or fails', async () => {
    const server = await startRedis({ persistent: false });
    const { queue, nth } = await serve(server);
    for (const n of [0, 1]) await queue.add(run.id, { ...run, until: 500 }, { jobId: `${jobId}-${n}` });
    const finished = (n: number) =>
      waitFor(async () => {
        const job = await queue.getJob(`${jobId}-${n}`);
        return job?.finishedOn === undefined ? undefined : job;
      });
    const first = await nth(0);
    expect(first).toMatchObject({ run, options: { until: 500 } });
    first.reach(Uint8Array.of(7));
    expect((await finished(0)).returnvalue).toEqual({ reached: 500 });
    expect(await loadFromRedis(server.redis, `${jobId}-0`)).toEqual(Uint8Array.of(7));
    (await nth(1)).reach();
    expect((await finished(1)).failedReason).toBe('its checkpoint of step 500 could not be kept');
  });

  it('executes a run once that a Redis without memory hands out again', async () => {
    const server = await startRedis({ persistent: false });
    const { queue, nth, executions } = await serve(server);
    await queue.add(run.id, run, { jobId });
    const { finish } = await nth(0);
    await server.redis.flushall();
    await queue.add(run.id, run, { jobId });
    await waitFor(async () => ((await (await queue.getJob(jobId))?.isActive()) === true ? true : undefined));
    finish();
    const job = await waitFor(async () => {
      const found = await queue.getJob(jobId);
      return found?.finishedOn === undefined ? undefined : found;
    });
    expect(job.returnvalue).toEqual(recordFor(run));
    expect(executions).toHaveLength(1);
  });

  it('gives up a run that another worker has taken over, and keeps its checkpoint', async () => {
    const server = await startRedis({ persistent: false });
    // It looks after its hold on runs twice in that time.
    const { queue, nth } = await serve(server, 1000);
    await queue.add(run.id, run, { jobId });
    const { options } = await nth(0);
    await server.redis.set(`bull:${queueName}:${jobId}:lock`, 'of another worker');
    await waitFor(() => options.signal?.aborted === true || undefined);
    const kept = await waitFor(() => loadFromRedis(server.redis, jobId));
    expect(kept).toEqual(Uint8Array.of(1, 2, 3));
    expect(await (await queue.getJob(jobId))?.getState()).toBe('active');
  });
});
