import { parentPort, workerData } from 'node:worker_threads';
import { executeRun, RunInterrupted, type ExecuteRunOptions, type RunProgress } from './execute-run.ts';
import type { PlannedRun } from './planned-run.ts';
import type { RunCheckpoint } from './run-checkpoint.ts';
import type { RunRecord } from './run-record.ts';
import { importModules } from '../catalog/user-modules.ts';
import { messageOf } from '../user-error.ts';

/** A run for a thread; see `executeRun`. */
interface Assignment extends Pick<ExecuteRunOptions, 'checkpoint' | 'checkpointInterval' | 'until'> {
  readonly run: PlannedRun;
}

/** What the pool tells a thread: to begin a run, or to abort the one that it is at. */
export type ToWorker = Assignment | 'abort';

/** What a thread tells the pool: any number of the first two, and then one of the others. Errors would lose their class. */
export type FromWorker =
  | { readonly progress: RunProgress }
  | { readonly checkpoint: RunCheckpoint }
  | { readonly record: RunRecord }
  | { readonly interrupted: string }
  | { readonly failed: string };

/** The entry of `RunPool`'s threads: executes one run after the other. */
function listen(): void {
  let running: AbortController | undefined;
  const tell = (message: FromWorker): void =>
    parentPort?.postMessage(message, 'checkpoint' in message ? [message.checkpoint.buffer] : []);
  parentPort?.on('message', (message: ToWorker) => {
    if (message === 'abort') {
      running?.abort();
      return;
    }
    running = new AbortController();
    void execute(message, running.signal, tell).then((end) => {
      running = undefined;
      tell(end);
    });
  });
}

async function execute(
  { run, ...options }: Assignment,
  signal: AbortSignal,
  tell: (message: FromWorker) => void,
): Promise<FromWorker> {
  try {
    const record = await executeRun(run, {
      ...options,
      signal,
      onProgress: (progress) => {
        tell({ progress });
      },
      onCheckpoint: (made) => {
        tell({ checkpoint: made });
      },
    });
    return { record };
  } catch (error) {
    return error instanceof RunInterrupted ? { interrupted: error.message } : { failed: messageOf(error) };
  }
}

// The thread that made the pool has imported them, and said what was wrong with them.
const { modules = [] } = (workerData ?? {}) as { readonly modules?: readonly string[] };
await importModules(modules);
listen();
