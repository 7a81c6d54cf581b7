import { RunInterrupted, type ExecuteRunOptions, type RunProgress } from '../runs/execute-run.ts';
import type { PlannedRun } from '../runs/planned-run.ts';
import type { RunCheckpoint } from '../runs/run-checkpoint.ts';
import { RunPool } from '../runs/run-pool.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { messageOf } from '../user-error.ts';

/** What is told of runs while they are executed, wherever that is. A promise is awaited; its rejection ends everything. */
export interface RunHooks {
  /** Where the run goes on, if it was begun before. */
  readonly loadCheckpoint: (run: PlannedRun) => Promise<RunCheckpoint | undefined>;
  readonly onStart: (run: PlannedRun) => void;
  readonly onProgress: (run: PlannedRun, progress: RunProgress) => void;
  /** Environment steps after which runs are interrupted, each with a last checkpoint. Default: none is before its end. */
  readonly until?: number | undefined;
  readonly onCheckpoint: (run: PlannedRun, checkpoint: RunCheckpoint) => Promise<void>;
  readonly onRecord: (run: PlannedRun, record: RunRecord) => Promise<void>;
  /** The run broke; the others go on. */
  readonly onFailure: (run: PlannedRun, message: string) => Promise<void>;
  /** Something about where runs are executed, as a line. */
  readonly onNotice: (line: string) => void;
  /** Ends everything: running runs hand out a checkpoint, and no other begins. */
  readonly signal: AbortSignal;
}

/** Executes runs somewhere until each is finished, failed or, at `until` or after an abort, interrupted. Throws what a hook threw. */
export type ExecuteRuns = (runs: readonly PlannedRun[], hooks: RunHooks) => Promise<void>;

/** How to run in this process. */
export interface RunLocallyOptions extends Pick<ExecuteRunOptions, 'checkpointInterval'> {
  /** Threads. Default: one for each core. */
  readonly workers?: number | undefined;
  /** Threads to execute runs in, which stay. Default: own ones, which end with the runs. */
  readonly pool?: RunPool | undefined;
}

/** Executes runs in threads of this process. */
export function runLocally({ workers, pool: given, checkpointInterval }: RunLocallyOptions = {}): ExecuteRuns {
  return async (runs, hooks) => {
    const pool = given ?? new RunPool({ workers });
    const broken = new AbortController();
    const breakOff = (error: unknown): void => {
      broken.abort(error);
    };
    const signal = AbortSignal.any([hooks.signal, broken.signal]);
    const waiting = [...runs];
    const lane = async (): Promise<void> => {
      for (let run = waiting.shift(); run !== undefined && !signal.aborted; run = waiting.shift()) {
        await runOne(pool, run, { ...hooks, signal }, { checkpointInterval, breakOff }).catch(breakOff);
      }
    };
    await Promise.all(Array.from({ length: Math.min(pool.workers, runs.length) }, lane));
    if (given === undefined) await pool.close();
    broken.signal.throwIfAborted();
  };
}

async function runOne(
  pool: RunPool,
  run: PlannedRun,
  hooks: RunHooks,
  { checkpointInterval, breakOff }: { checkpointInterval: number | undefined; breakOff: (error: unknown) => void },
): Promise<void> {
  const checkpoint = await hooks.loadCheckpoint(run);
  hooks.onStart(run);
  let saving = Promise.resolve();
  let record: RunRecord | undefined;
  let failure: string | undefined;
  try {
    record = await pool.run(run, {
      checkpoint,
      checkpointInterval,
      signal: hooks.signal,
      until: hooks.until,
      onProgress: (progress) => hooks.onProgress(run, progress),
      onCheckpoint: (made) => {
        saving = saving.then(() => hooks.onCheckpoint(run, made)).catch(breakOff);
      },
    });
  } catch (error) {
    if (!(error instanceof RunInterrupted)) failure = messageOf(error);
  }
  await saving;
  if (record !== undefined) await hooks.onRecord(run, record);
  if (failure !== undefined) await hooks.onFailure(run, failure);
}
