import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RunInterrupted, type ExecuteRunOptions } from './execute-run.ts';
import type { PlannedRun } from './planned-run.ts';
import type { RunRecord } from './run-record.ts';
import type { FromWorker, ToWorker } from './run-worker.ts';
import { importedModules } from '../catalog/user-modules.ts';
import { messageOf } from '../user-error.ts';

/** How to make a {@link RunPool}. */
export interface RunPoolOptions {
  /** Worker threads, each with one run at a time. Default: one per core. */
  readonly workers?: number | undefined;
  /** The module that threads load, by its path. Default: `run-worker` as it was built. */
  readonly workerFile?: string | undefined;
}

/** Executes runs in worker threads. What a run hands out arrives in the thread that made the pool. */
export class RunPool {
  readonly workers: number;
  private readonly workerFile: string;
  private readonly all = new Set<Worker>();
  private readonly idle = new Set<Worker>();
  private busy = 0;
  /** Called, first come first served, when a thread gets free. */
  private readonly waiting: (() => void)[] = [];

  constructor(options: RunPoolOptions = {}) {
    const { workers = availableParallelism(), workerFile = usualWorkerFile() } = options;
    this.workers = workers;
    this.workerFile = workerFile;
  }

  /**
   * `executeRun` in a worker thread; it waits while all are busy. No hook is called any more when the promise has settled.
   * @throws RunInterrupted when `signal` aborts it, and at `until`.
   * @throws Error when the run fails, with its own message, or its thread fails; the next run gets a new one.
   */
  async run(run: PlannedRun, hooks: ExecuteRunOptions = {}): Promise<RunRecord> {
    if (this.busy >= this.workers) await new Promise<void>((free) => this.waiting.push(free));
    else this.busy++;
    try {
      if (hooks.signal?.aborted === true) throw new RunInterrupted('interrupted before it began');
      const [worker = this.startWorker()] = this.idle;
      this.idle.delete(worker);
      worker.ref();
      const end = await executeIn(worker, run, hooks);
      worker.unref();
      this.idle.add(worker);
      if ('record' in end) return end.record;
      throw 'interrupted' in end ? new RunInterrupted(end.interrupted) : new Error(end.failed);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.busy--;
      else next();
    }
  }

  private startWorker(): Worker {
    // Conditions of this process, such as those that find TypeScript sources, are not for what was built.
    const execArgv = this.workerFile.endsWith('.ts') ? process.execArgv : [];
    const worker = new Worker(this.workerFile, { execArgv, workerData: { modules: importedModules() } });
    this.all.add(worker);
    worker.on('exit', () => {
      this.all.delete(worker);
      this.idle.delete(worker);
    });
    // Who waits for a run hears of it; there is nobody else to tell.
    worker.on('error', () => undefined);
    return worker;
  }

  /** Ends the threads; runs that are still going fail. */
  async close(): Promise<void> {
    await Promise.all([...this.all].map((worker) => worker.terminate()));
  }
}

/** What was built; the sources where the command itself runs from them (`pnpm dev`), which tests do not. */
function usualWorkerFile(): string {
  const runsSources = process.argv.at(1)?.endsWith('cli.ts') === true;
  return join(import.meta.dirname, runsSources ? 'run-worker.ts' : '../../dist/runs/run-worker.js');
}

/** How a run ended in its thread. */
type End = Exclude<FromWorker, { readonly progress: unknown } | { readonly checkpoint: unknown }>;

/** Has a thread execute a run. @throws Error when the thread fails. */
async function executeIn(worker: Worker, run: PlannedRun, hooks: ExecuteRunOptions): Promise<End> {
  const { checkpoint, onProgress, onCheckpoint, checkpointInterval, signal, until } = hooks;
  const send = (message: ToWorker, handedOver: ArrayBuffer[] = []): void => worker.postMessage(message, handedOver);
  const abort = (): void => send('abort');
  let release = (): void => undefined;
  try {
    return await new Promise<End>((resolve, reject) => {
      const fail = (reason: string): void => reject(new Error(`its worker thread failed: ${reason}`));
      const onMessage = (message: FromWorker): void => {
        if ('progress' in message) onProgress?.(message.progress);
        else if ('checkpoint' in message) onCheckpoint?.(message.checkpoint);
        else resolve(message);
      };
      const onError = (error: unknown): void => fail(messageOf(error));
      const onExit = (status: number): void => fail(`it ended with status ${status}`);
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      signal?.addEventListener('abort', abort);
      release = () => {
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        signal?.removeEventListener('abort', abort);
      };
      send({ run, checkpoint, checkpointInterval, until }, checkpoint && [checkpoint.buffer]);
    });
  } finally {
    release();
  }
}
