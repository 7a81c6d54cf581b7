import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { importModules } from '../../src/catalog/user-modules.ts';
import { planRuns } from '../../src/suites/plan-runs.ts';
import type { PlannedRun } from '../../src/runs/planned-run.ts';
import { jobIdOf, queueName } from '../../src/queue/queued-run.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { executeRun } from '../../src/runs/execute-run.ts';
import { suiteSchema } from '../../src/suites/suite.ts';
import { startGradus, type GradusProcess } from '../gradus-process.ts';
import { resultOf } from '../planned-runs.ts';
import { hasRedis, startRedis, type RedisServer } from '../redis-server.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitFor } from '../wait-for.ts';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const slowCartPole = join(import.meta.dirname, '../fixtures/slow-cart-pole.mjs');
await importModules([slowCartPole]);

/** Has runs in processes that are started from now on last until what is returned is called. */
function holdRuns(): () => void {
  const file = join(temporaryFolder(), 'slow');
  writeFileSync(file, '');
  vi.stubEnv('SLOW_CART_POLE', file);
  return () => rmSync(file);
}

const suite = {
  name: 'distributed',
  imports: [slowCartPole],
  seeds: 2,
  episodes: 10,
  evaluations: 4,
  evaluationEpisodes: 5,
  entries: [
    {
      algorithm: 'ppo',
      environment: 'SlowCartPole',
      settings: 'default',
      numEnvs: 4,
      steps: 8000,
      options: { steps: 64, hidden: [16] },
    },
    {
      algorithm: 'dqn',
      environment: 'SlowCartPole',
      settings: 'default',
      steps: 4000,
      seeds: 1,
      options: { hidden: [16], bufferSize: 2000, learningStarts: 100 },
    },
  ],
};

function suiteFolder(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'suite.json'), JSON.stringify(suite));
  return folder;
}

const bench = ['bench', 'suite.json', '--device', 'wasm', '--out', 'results'];

/** A worker that is ready to take one run at a time. */
async function startWorker({ url }: RedisServer): Promise<GradusProcess> {
  const options = ['--queue', url, '--workers', '1', '--checkpoint-every', '0.1', '--import', slowCartPole];
  const worker = startGradus(temporaryFolder(), 'worker', ...options);
  await waitFor(() => worker.output.includes('taking runs') || undefined);
  return worker;
}

function readRecords(folder: string): RunRecord[] {
  const lines = readFileSync(join(folder, 'results', 'results.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as RunRecord);
}

/** Results without what depends on machine and time, in an order that does not depend on them either. */
function resultsOf(records: readonly RunRecord[]): unknown[] {
  return records.map(resultOf).sort((a, b) => (a.run.id < b.run.id ? -1 : 1));
}

/** The run that a worker has begun first, as soon as it has. */
function begunBy(worker: GradusProcess): Promise<string> {
  return waitFor(() => /^(\S+): begins$/m.exec(worker.output)?.[1]);
}

/** The key of a run's checkpoint. */
function checkpointKey(runs: readonly PlannedRun[], id: string): string {
  return `${queueName}:checkpoint:${jobIdOf(
    suite.name,
    runs.find((run) => run.id === id)!,
  )}`;
}

describe.skipIf(!hasRedis())('runs on a queue', () => {
  const runs = planRuns({ ...suiteSchema.parse(suite), source: 'suite.json' }, { device: 'wasm' });
  let expected: unknown[];

  /** All is as if nothing had happened: every run is there once, and Redis has nothing left of them. */
  async function expectEverything(folder: string, redis: Redis): Promise<RunRecord[]> {
    const records = readRecords(folder);
    expect(resultsOf(records)).toEqual(expected);
    const keys = await redis.keys('*');
    expect(keys.filter((key) => runs.some((run) => key.includes(jobIdOf(suite.name, run))))).toEqual([]);
    return records;
  }

  beforeAll(async () => {
    expected = resultsOf(await Promise.all(runs.map((run) => executeRun(run))));
  });

  it('end as they would here when a worker, the bench and a persistent Redis are killed and started again', async () => {
    const letEnd = holdRuns();
    const server = await startRedis({ persistent: true });
    const folder = suiteFolder();
    const [lost, survivor] = await Promise.all([startWorker(server), startWorker(server)]);
    const first = startGradus(folder, ...bench, '--queue', server.url);
    const [taken] = await Promise.all([begunBy(lost), begunBy(survivor)]);
    await waitFor(async () => (await server.redis.exists(checkpointKey(runs, taken))) === 1 || undefined);
    lost.kill('SIGKILL');
    first.kill('SIGKILL');
    await Promise.all([lost.status, first.status]);
    await server.stop('SIGKILL');
    await waitFor(() => survivor.output.includes('lost the Redis') || undefined);
    await server.start();
    await waitFor(() => survivor.output.includes('is back') || undefined);
    letEnd();

    const here = ['--device', 'wasm', '--out', join(folder, 'results')];
    const second = await runCommand('bench', join(folder, 'suite.json'), ...here, '--queue', server.url);
    expect(second.status).toBe(0);
    const records = await expectEverything(folder, server.redis);
    expect(survivor.output).toContain(`${taken}: is taken up again`);
    expect(records.find(({ run }) => run.id === taken)?.origin.resumed_at).toHaveLength(1);
    expect(survivor.output.match(/lost the Redis/g)).toHaveLength(1);
    expect(survivor.errors).toBe('');
  });

  it('end as they would here when Redis loses everything', async () => {
    const letEnd = holdRuns();
    const server = await startRedis({ persistent: false });
    const folder = suiteFolder();
    const workers = await Promise.all([startWorker(server), startWorker(server)]);
    const command = startGradus(folder, ...bench, '--queue', server.url);
    await Promise.all(workers.map(begunBy));
    await server.stop('SIGKILL');
    await server.start();
    letEnd();
    expect(await command.status).toBe(0);
    await expectEverything(folder, server.redis);
    expect(command.errors.match(/lost the Redis/g)).toHaveLength(1);
    for (const { errors } of workers) expect(errors).toBe('');
  });

  it('are handed back by a worker that is stopped, and go on at once elsewhere', async () => {
    const letEnd = holdRuns();
    const server = await startRedis({ persistent: false });
    const folder = suiteFolder();
    const stopped = await startWorker(server);
    const command = startGradus(folder, ...bench, '--queue', server.url, '--json');
    const taken = await begunBy(stopped);
    await waitFor(async () => (await server.redis.exists(checkpointKey(runs, taken))) === 1 || undefined);
    stopped.kill('SIGINT');
    expect(await stopped.status).toBe(130);
    expect(stopped.output).toContain(`${taken}: handed back`);
    expect(stopped.errors).toBe('stopped by SIGINT\n');
    // Free for whoever comes, not locked any more.
    const job = `bull:${queueName}:${jobIdOf(
      suite.name,
      runs.find(({ id }) => id === taken)!,
    )}`;
    expect(await server.redis.exists(`${job}:lock`)).toBe(0);

    letEnd();
    await startWorker(server);
    expect(await command.status).toBe(0);
    const records = await expectEverything(folder, server.redis);
    expect(records.find(({ run }) => run.id === taken)?.origin.resumed_at).toHaveLength(1);
    const printed = command.output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunRecord);
    expect(resultsOf(printed)).toEqual(expected);
  });

  it('can be stopped while Redis is away', async () => {
    holdRuns();
    const server = await startRedis({ persistent: false });
    const worker = await startWorker(server);
    const command = startGradus(suiteFolder(), ...bench, '--queue', server.url);
    await begunBy(worker);
    await server.stop('SIGKILL');
    await waitFor(
      () => (worker.output.includes('lost the Redis') && command.errors.includes('lost the Redis')) || undefined,
    );
    worker.kill('SIGINT');
    command.kill('SIGINT');
    expect(await worker.status).toBe(130);
    expect(await command.status).toBe(130);
    expect(worker.errors).toBe('stopped by SIGINT\n');
    expect(command.errors).toMatch(
      /\nstopped by SIGINT; \d of 3 runs are finished; to go on: gradus bench suite.json .*\n$/,
    );
  });
});
