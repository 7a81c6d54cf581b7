import { Queue, Worker } from 'bullmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PlannedRun } from '../../src/runs/planned-run.ts';
import { jobIdOf, queueName } from '../../src/queue/queued-run.ts';
import { loadFromRedis, saveToRedis } from '../../src/queue/redis-checkpoints.ts';
import { runOnQueue } from '../../src/queue/run-on-queue.ts';
import type { RunCheckpoint } from '../../src/runs/run-checkpoint.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { shortRun } from '../planned-runs.ts';
import { hasRedis, startRedis, type RedisServer } from '../redis-server.ts';
import { waitFor } from '../wait-for.ts';
import { recordFor } from './record-for.ts';

/** Puts runs on the queue and keeps what is told of them. */
function putOnQueue({ url }: RedisServer, runs: readonly PlannedRun[], checkpoint?: RunCheckpoint, until?: number) {
  const stop = new AbortController();
  const told = {
    records: [] as RunRecord[],
    failures: [] as string[],
    steps: [] as number[],
    notices: [] as string[],
    checkpoints: [] as RunCheckpoint[],
  };
  const end = runOnQueue(
    url,
    'suite',
    50,
  )(runs, {
    loadCheckpoint: () => Promise.resolve(checkpoint),
    onStart: () => undefined,
    onProgress: (_, { step }) => told.steps.push(step),
    onCheckpoint: (_, made) =>
      until === undefined
        ? Promise.reject(new Error('no checkpoint is expected here'))
        : Promise.resolve(void told.checkpoints.push(made)),
    onRecord: (_, record) => Promise.resolve(void told.records.push(record)),
    onFailure: (_, message) => Promise.resolve(void told.failures.push(message)),
    onNotice: (line) => told.notices.push(line),
    signal: stop.signal,
    until,
  });
  return { told, end, stop: () => stop.abort() };
}

/** A worker that does what a test wants it to. */
function startWorker({ url }: RedisServer, work: (run: PlannedRun & { until?: number }) => unknown): void {
  const worker = new Worker<PlannedRun>(queueName, (job) => Promise.resolve(work(job.data)), { connection: { url } });
  worker.on('error', () => undefined);
  onTestFinished(() => worker.close(true));
}

function openQueue({ url }: RedisServer): Queue {
  const queue = new Queue(queueName, { connection: { url } });
  onTestFinished(() => queue.close());
  return queue;
}

const run = shortRun();
const jobId = jobIdOf('suite', run);

describe('jobIdOf', () => {
  it('tells runs apart by all that decides their results, and suites by name', () => {
    const ids = [
      jobIdOf('suite', run),
      jobIdOf('other', run),
      jobIdOf('suite', { ...run, seed: 1 }),
      jobIdOf('suite', { ...run, options: { ...run.options, epochs: 5 } }),
    ];
    expect(new Set(ids).size).toBe(4);
    // BullMQ takes neither colons nor integers.
    for (const id of ids) expect(id).toMatch(/^(?!\d+$)[0-9a-f]{32}$/);
    expect(ids).not.toContain(jobIdOf('suite', run, 500));
    expect(jobIdOf('suite', run, 600)).not.toBe(jobIdOf('suite', run, 500));
    const { id, ...rest } = run;
    expect(jobIdOf('suite', { ...rest, id })).toBe(ids[0]);
  });
});

describe.skipIf(!hasRedis())('runOnQueue', () => {
  it('asks once for a run that is asked for twice', async () => {
    const server = await startRedis({ persistent: false });
    const queue = openQueue(server);
    const first = putOnQueue(server, [run]);
    const second = putOnQueue(server, [run]);
    await waitFor(async () => (await queue.getJob(jobId)) ?? undefined);
    first.stop();
    second.stop();
    await Promise.all([first.end, second.end]);
    const third = putOnQueue(server, [run]);
    await waitFor(() => third.told.notices[0]);
    expect(await queue.getJobCounts('wait', 'active', 'completed', 'failed')).toEqual({
      wait: 1,
      active: 0,
      completed: 0,
      failed: 0,
    });
    expect(third.told.notices[0]).toMatch(
      /^no worker of gradus .* yet; to start one: gradus worker --queue redis:\/\/127/,
    );
    third.stop();
    await third.end;
  });

  it('hands on the record and leaves nothing behind', async () => {
    const server = await startRedis({ persistent: false });
    const runs = [0, 1, 2].map((seed) => shortRun({ seed }));
    startWorker(server, recordFor);
    const { told, end } = putOnQueue(server, runs);
    await end;
    expect(told.failures).toEqual([]);
    expect(told.records).toHaveLength(3);
    expect(told.records).toEqual(expect.arrayContaining(runs.map(recordFor)));
    expect(await openQueue(server).getJobCounts('wait', 'active', 'completed', 'failed')).toEqual({
      wait: 0,
      active: 0,
      completed: 0,
      failed: 0,
    });
  });

  it.each([
    { what: 'nothing', give: () => null, message: /^its worker returned no valid record: / },
    {
      what: 'a record that lacks its returns',
      give: () => ({ ...recordFor(run), returns: undefined }),
      message: /^its worker returned no valid record: /,
    },
    {
      what: 'the record of another run',
      give: () => recordFor(shortRun({ seed: 5 })),
      message: /^its worker returned the record of another run$/,
    },
  ])('takes $what for a failure', async ({ give, message }) => {
    const server = await startRedis({ persistent: false });
    startWorker(server, give);
    const { told, end } = putOnQueue(server, [run]);
    await end;
    expect(told.records).toEqual([]);
    expect(told.failures).toEqual([expect.stringMatching(message)]);
  });

  it('tells of a failure after the second attempt, and tries again when asked again', async () => {
    const server = await startRedis({ persistent: false });
    let attempts = 0;
    startWorker(server, () => {
      attempts++;
      if (attempts < 4) throw new Error(`broke ${attempts} times`);
      return recordFor(run);
    });
    const first = putOnQueue(server, [run]);
    await first.end;
    expect(first.told).toMatchObject({ records: [], failures: ['broke 2 times'] });
    const second = putOnQueue(server, [run]);
    await second.end;
    expect(second.told).toMatchObject({ records: [recordFor(run)], failures: [] });
  });

  it('brings the checkpoint of a run that was begun here', async () => {
    const server = await startRedis({ persistent: false });
    // A view at an odd offset, with every byte.
    const weights = Uint8Array.from({ length: 259 }, (_, i) => i).subarray(3);
    const { end, stop } = putOnQueue(server, [run], weights);
    await waitFor(async () => (await openQueue(server).getJob(jobId)) ?? undefined);
    const there = await loadFromRedis(server.redis, jobId);
    expect(there).toEqual(Uint8Array.from(weights));
    stop();
    await end;
  });

  it('hands on the checkpoints of runs that end on the way, and has one done again that Redis lost', async () => {
    const server = await startRedis({ persistent: false });
    let executions = 0;
    startWorker(server, async ({ until, ...rest }) => {
      executions++;
      const id = jobIdOf('suite', rest, until);
      if (executions > 1) await saveToRedis(server.redis, id, Uint8Array.of(1, 2, 3));
      return { reached: until };
    });
    const { told, end } = putOnQueue(server, [run], undefined, 500);
    await end;
    expect(executions).toBe(2);
    expect(told).toMatchObject({ records: [], failures: [], checkpoints: [Uint8Array.of(1, 2, 3)] });
    expect(await server.redis.keys('*:checkpoint:*')).toEqual([]);
  });

  it('takes a run that ended elsewhere for a failure', async () => {
    const server = await startRedis({ persistent: false });
    startWorker(server, () => ({ reached: 400 }));
    const { told, end } = putOnQueue(server, [run], undefined, 500);
    await end;
    expect(told.failures).toEqual([expect.stringMatching(/^its worker returned no valid record: /)]);
  });
});
