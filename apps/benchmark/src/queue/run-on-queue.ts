import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { contradictionInRecord } from '../results/check-record.ts';
import type { PlannedRun } from '../runs/planned-run.ts';
import type { ExecuteRuns, RunHooks } from '../suites/run-locally.ts';
import { runRecordSchema, type RunRecord } from '../runs/run-record.ts';
import { messageOf } from '../user-error.ts';
import { gradusVersion } from '../version.ts';
import { jobIdOf, jobProgressSchema, KEEP_SECONDS, queueName, reachedSchema, type RunJob } from './queued-run.ts';
import { loadFromRedis, removeFromRedis, saveToRedis } from './redis-checkpoints.ts';
import { connectRedis, type RedisConnection } from './redis.ts';

/** Looks after which the absence of workers is mentioned. */
const PATIENCE = 5;

/**
 * Executes runs on the machines where `gradus worker` is running. What is to be done is looked up in Redis again and again
 * rather than remembered: a run that Redis lost is added again, one that finished while nobody looked is found. So this
 * process, the workers and Redis may each be killed and started again at any time. After an abort, workers go on with what is
 * in the queue; the same command collects it.
 *
 * `onCheckpoint` is called for runs that end at `until` alone: other checkpoints stay in Redis.
 * @param url of the Redis
 * @param suite name of the suite that the runs belong to
 * @param lookInterval milliseconds between looks at the queue
 * @throws UserError when no Redis answers at first.
 */
export function runOnQueue(url: string, suite: string, lookInterval = 1000): ExecuteRuns {
  return async (runs, hooks) => {
    const connection = await connectRedis(url, hooks.onNotice);
    const queue = new Queue<unknown, unknown>(queueName, { connection: connection.redis });
    // Told by the connection. Commands that fail for other reasons throw.
    queue.on('error', () => undefined);
    // Commands may be waiting for a lost Redis: they fail at once when nobody wants their answers any more.
    hooks.signal.addEventListener('abort', connection.close);
    try {
      await new QueuedRuns(queue, connection, suite, hooks, lookInterval).finish(runs);
    } catch (error) {
      if (!hooks.signal.aborted) throw error;
    } finally {
      hooks.signal.removeEventListener('abort', connection.close);
      connection.close();
    }
  };
}

/** A run that has no record yet. */
interface Unfinished {
  readonly run: PlannedRun;
  readonly jobId: string;
  started: boolean;
}

/** The runs of one command, and where they stand. */
class QueuedRuns {
  private readonly queue: Queue<unknown, unknown>;
  private readonly connection: RedisConnection;
  private readonly suite: string;
  private readonly hooks: RunHooks;
  private readonly lookInterval: number;

  constructor(
    queue: Queue<unknown, unknown>,
    connection: RedisConnection,
    suite: string,
    hooks: RunHooks,
    lookInterval: number,
  ) {
    this.queue = queue;
    this.connection = connection;
    this.suite = suite;
    this.hooks = hooks;
    this.lookInterval = lookInterval;
  }

  async finish(runs: readonly PlannedRun[]): Promise<void> {
    const { suite, hooks } = this;
    let unfinished = runs.map((run): Unfinished => ({ run, jobId: jobIdOf(suite, run, hooks.until), started: false }));
    for (const { run, jobId } of unfinished) await this.bringCheckpoint(run, jobId);
    for (let looks = 1; ; looks++) {
      const finished = await Promise.all(unfinished.map(async (one) => this.look(one)));
      unfinished = unfinished.filter((_, i) => !finished[i]);
      if (unfinished.length === 0) return;
      if (looks === PATIENCE) await this.mentionAbsentWorkers();
      await sleep(this.lookInterval, undefined, { signal: this.hooks.signal });
    }
  }

  /** A run that was begun on this machine goes on elsewhere. */
  private async bringCheckpoint(run: PlannedRun, jobId: string): Promise<void> {
    const checkpoint = await this.hooks.loadCheckpoint(run);
    if (checkpoint === undefined || (await loadFromRedis(this.connection.redis, jobId)) !== undefined) return;
    await saveToRedis(this.connection.redis, jobId, checkpoint);
  }

  /** Whether the run is finished, or failed, and gone from the queue. */
  private async look(one: Unfinished): Promise<boolean> {
    const { run, jobId } = one;
    const job: RunJob | undefined = await this.queue.getJob(jobId);
    if (job === undefined) {
      await this.add(run, jobId);
      return false;
    }
    if (job.finishedOn === undefined) {
      this.tellProgress(one, job);
      return false;
    }
    if (!one.started) this.hooks.onStart(run);
    one.started = true;
    const isFailed = await job.isFailed();
    if (!isFailed && this.isReached(job.returnvalue)) return this.fetchCheckpoint(one, job);
    const outcome = isFailed ? job.failedReason : checkRecord(job.returnvalue, run);
    if (typeof outcome === 'string') await this.hooks.onFailure(run, outcome);
    else await this.hooks.onRecord(run, outcome);
    // Only now that the record is on disk. Failed ones go too: asked for again, they are tried again.
    await removeFromRedis(this.connection.redis, jobId);
    await job.remove().catch(() => undefined);
    return true;
  }

  /** Whether a worker ended its run at `until`. */
  private isReached(value: unknown): boolean {
    const { until } = this.hooks;
    return until !== undefined && reachedSchema.safeParse(value).data?.reached === until;
  }

  /** Whether the checkpoint of a run that was ended is still in Redis, and so was handed on; else it is run again. */
  private async fetchCheckpoint({ run, jobId }: Unfinished, job: RunJob): Promise<boolean> {
    const { redis } = this.connection;
    const checkpoint = await loadFromRedis(redis, jobId);
    if (checkpoint !== undefined) await this.hooks.onCheckpoint(run, checkpoint);
    await removeFromRedis(redis, jobId);
    await job.remove().catch(() => undefined);
    return checkpoint !== undefined;
  }

  private async add(run: PlannedRun, jobId: string): Promise<void> {
    const old = { age: KEEP_SECONDS };
    const { until } = this.hooks;
    await this.queue.add(run.id, until === undefined ? run : { ...run, until }, {
      jobId,
      // A second one for what was the machine's fault.
      attempts: 2,
      removeOnComplete: old,
      removeOnFail: old,
    });
  }

  private tellProgress(one: Unfinished, job: RunJob): void {
    const progress = jobProgressSchema.safeParse(job.progress);
    if (!progress.success) return;
    if (!one.started) this.hooks.onStart(one.run);
    one.started = true;
    const { step, episodeReturn } = progress.data;
    this.hooks.onProgress(one.run, { step, episodeReturn: episodeReturn ?? NaN });
  }

  private async mentionAbsentWorkers(): Promise<void> {
    if ((await this.queue.getWorkersCount()) > 0) return;
    const { address } = this.connection;
    this.hooks.onNotice(
      `no worker of gradus ${gradusVersion} at ${address} yet; to start one: gradus worker --queue redis://${address}`,
    );
  }
}

/** The record of `run` that `value` is, or what is wrong with it. */
function checkRecord(value: unknown, run: PlannedRun): RunRecord | string {
  try {
    const record = runRecordSchema.parse(value);
    if (!isDeepStrictEqual(record.run, run)) return 'its worker returned the record of another run';
    const contradiction = contradictionInRecord(record);
    return contradiction === undefined ? record : `its worker returned no valid record: ${contradiction}`;
  } catch (error) {
    return `its worker returned no valid record: ${messageOf(error)}`;
  }
}
