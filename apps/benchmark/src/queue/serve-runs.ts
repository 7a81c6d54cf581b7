import { setTimeout as sleep } from 'node:timers/promises';
import { listEnvs, loadEnvironments } from '../catalog/environments.ts';
import { UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { algorithms } from '../catalog/algorithms.ts';
import { RunInterrupted, type RunProgress } from '../runs/execute-run.ts';
import type { PlannedRun } from '../runs/planned-run.ts';
import type { RunCheckpoint } from '../runs/run-checkpoint.ts';
import type { RunPool } from '../runs/run-pool.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { messageOf } from '../user-error.ts';
import { queuedRunSchema, queueName, type reachedSchema, type RunJob } from './queued-run.ts';
import { loadFromRedis, removeFromRedis, saveToRedis } from './redis-checkpoints.ts';
import type { RedisConnection } from './redis.ts';

/** Milliseconds between looks for runs whose workers give no sign of life. */
const LOOK = 5000;

/** How often a run may be taken over before it is given up as the one that kills its workers. */
const TAKEOVERS = 25;

/** Milliseconds between reports of a run's progress. */
const REPORT_INTERVAL = 1000;

/** Milliseconds in which runs must have been handed back. */
const HANDING_BACK = 10_000;

/** What {@link serveRuns} needs. */
export interface ServeRunsOptions {
  readonly connection: RedisConnection;
  /** Executes the runs, as many at a time as it has workers. */
  readonly pool: Pick<RunPool, 'workers' | 'run'>;
  /** Seconds between checkpoints. */
  readonly checkpointInterval: number;
  /** Milliseconds for which a run belongs to a worker that gives no sign of life. Default 10,000. */
  readonly lock?: number | undefined;
  /** Ends serving: runs are handed back with their checkpoints. */
  readonly signal: AbortSignal;
  /** Shows a line about what is going on. */
  readonly say: (line: string) => void;
}

/**
 * Takes runs from the queue and executes them until `signal` aborts that. Their checkpoints go to Redis: when this process
 * vanishes, another takes its runs over from there within twenty seconds. Training is in other threads, so that this one is
 * always free to renew its hold on runs.
 * @returns whether all was handed back. Where Redis was away it was not, and BullMQ keeps waiting for it.
 */
export async function serveRuns(options: ServeRunsOptions): Promise<boolean> {
  const { connection, pool, lock = 10_000, signal, say } = options;
  const { redis } = connection;
  const executor = new Executor(options);
  const worker = new Worker<unknown, unknown>(
    queueName,
    // BullMQ gives a signal only to functions that declare three parameters without defaults.
    (job, token, jobSignal) => executor.execute(job, token ?? '', jobSignal ?? signal),
    {
      connection: redis,
      concurrency: pool.workers,
      lockDuration: lock,
      stalledInterval: LOOK,
      maxStalledCount: TAKEOVERS,
      runRetryDelay: REPORT_INTERVAL,
    },
  );
  worker.on('error', (error) => {
    // The connection tells of itself, and lost locks are told of below.
    if (redis.status === 'ready' && !/lock|Missing key|connect|ECONN/i.test(error.message))
      say(`queue: ${error.message}`);
  });
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) worker.cancelJob(jobId);
  });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
  await worker.pause(true);
  executor.interrupt();
  // A Redis that is away gets nothing back: the locks of these runs will end.
  const patience = redis.status === 'ready' ? HANDING_BACK : 0;
  const closed = worker.close().then(() => true);
  return Promise.race([closed, sleep(patience, false, { ref: false })]);
}

/** What comes of a run: its record, or where it was to be ended. */
type Outcome = RunRecord | z.output<typeof reachedSchema>;

/** A run that is being executed here. */
interface Running {
  readonly outcome: Promise<Outcome>;
  readonly controller: AbortController;
}

/** Executes jobs of the queue. */
class Executor {
  private readonly redis: Redis;
  private readonly pool: ServeRunsOptions['pool'];
  private readonly checkpointInterval: number;
  private readonly say: (line: string) => void;
  private readonly running = new Map<string, Running>();
  private isInterrupted = false;

  constructor({ connection, pool, checkpointInterval, say }: ServeRunsOptions) {
    this.redis = connection.redis;
    this.pool = pool;
    this.checkpointInterval = checkpointInterval;
    this.say = say;
  }

  /** Interrupts all runs, and executes none any more. */
  interrupt(): void {
    this.isInterrupted = true;
    for (const { controller } of this.running.values()) controller.abort();
  }

  /** Executes a job, or waits for it where a Redis that forgot everything hands out again what is being executed here. */
  async execute(job: RunJob, token: string, signal: AbortSignal): Promise<Outcome> {
    // What is handed back may come again to a worker that was asking for its next job when it was paused.
    if (this.isInterrupted) return handBack(job, token);
    const jobId = job.id ?? '';
    let running = this.running.get(jobId);
    if (running === undefined) {
      const controller = new AbortController();
      const outcome = this.start(job, jobId, controller.signal).finally(() => this.running.delete(jobId));
      running = { outcome, controller };
      this.running.set(jobId, running);
    }
    const { outcome, controller } = running;
    signal.addEventListener('abort', () => controller.abort());
    try {
      return await outcome;
    } catch (error) {
      if (!(error instanceof RunInterrupted)) throw error;
      return handBack(job, token);
    }
  }

  private async start(job: RunJob, jobId: string, signal: AbortSignal): Promise<Outcome> {
    const { until, ...run } = await checkRun(job.data);
    const checkpoint = await loadFromRedis(this.redis, jobId);
    this.say(`${run.id}: ${checkpoint === undefined ? 'begins' : 'is taken up again'}`);
    let isKept = false;
    const checkpoints = new NewestOnly(async (made: RunCheckpoint) => {
      isKept = await this.keep(run, jobId, made);
    });
    try {
      const record = await this.pool.run(run, {
        checkpoint,
        checkpointInterval: this.checkpointInterval,
        signal,
        until,
        onProgress: throttled((progress) => this.report(job, progress)),
        onCheckpoint: (made) => checkpoints.push(made),
      });
      this.say(`${run.id}: finished with a mean return of ${record.mean_return.toFixed(1)}`);
      return record;
    } catch (error) {
      if (error instanceof RunInterrupted) {
        if (until !== undefined && !signal.aborted) {
          await checkpoints.settled();
          // It is worth nothing without its checkpoint.
          if (!isKept) throw new Error(`its checkpoint of step ${until} could not be kept`, { cause: error });
          this.say(`${run.id}: reached step ${until}`);
          return { reached: until };
        }
        this.say(`${run.id}: handed back`);
      } else {
        this.say(`${run.id}: failed: ${messageOf(error)}`);
        await checkpoints.settled();
        // The next attempt starts over, in case it was the checkpoint.
        await removeFromRedis(this.redis, jobId);
      }
      throw error;
    } finally {
      await checkpoints.settled();
    }
  }

  /** Whether the checkpoint is in Redis now. */
  private async keep(run: PlannedRun, jobId: string, checkpoint: RunCheckpoint): Promise<boolean> {
    try {
      await saveToRedis(this.redis, jobId, checkpoint);
      return true;
    } catch (error) {
      this.say(`${run.id}: no checkpoint kept: ${messageOf(error)}`);
      return false;
    }
  }

  private report(job: RunJob, { step, episodeReturn }: RunProgress): void {
    // Reports would pile up while Redis is away, and it may have forgotten the job.
    if (this.redis.status !== 'ready') return;
    job
      .updateProgress({ step, episodeReturn: Number.isNaN(episodeReturn) ? null : episodeReturn })
      .catch(() => undefined);
  }
}

/** Puts a job back on the queue. @throws WaitingError, by which BullMQ knows. */
async function handBack(job: RunJob, token: string): Promise<never> {
  // Another worker may hold it by now; then there is nothing to hand back.
  await job.moveToWait(token).catch(() => undefined);
  throw new WaitingError();
}

/** The run that a job asks for. @throws UnrecoverableError when it is none. */
async function checkRun(data: unknown): Promise<z.output<typeof queuedRunSchema>> {
  const parsed = queuedRunSchema.safeParse(data);
  if (!parsed.success) throw new UnrecoverableError(`expected a run, got ${JSON.stringify(data)}`);
  const { algorithm, environment } = parsed.data;
  const advice = 'if it is your own, start workers with --import';
  if (!Object.hasOwn(algorithms, algorithm))
    throw new UnrecoverableError(`unknown algorithm '${algorithm}'; ${advice}`);
  await loadEnvironments([environment]);
  if (!listEnvs().includes(environment)) {
    throw new UnrecoverableError(`unknown environment '${environment}'; ${advice}`);
  }
  return parsed.data;
}

/** `report`, at most once in {@link REPORT_INTERVAL}. */
function throttled<T>(report: (value: T) => void): (value: T) => void {
  let last = -Infinity;
  return (value) => {
    if (performance.now() - last < REPORT_INTERVAL) return;
    last = performance.now();
    report(value);
  };
}

/** Writes values one at a time; of those that come meanwhile, only the newest. */
class NewestOnly<T> {
  private readonly write: (value: T) => Promise<void>;
  private next: T | undefined;
  private writing: Promise<void> | undefined;

  constructor(write: (value: T) => Promise<void>) {
    this.write = write;
  }

  push(value: T): void {
    this.next = value;
    this.writing ??= this.writeAll();
  }

  /** Resolves when all has been written. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    for (let value = this.next; value !== undefined; value = this.next) {
      this.next = undefined;
      await this.write(value);
    }
    this.writing = undefined;
  }
}
