import type { ExecuteRuns } from '../suites/run-locally.ts';

/** `runOnQueue`; what a queue needs takes long to load, and is loaded where there is one. */
export function onQueue(url: string, suite: string): ExecuteRuns {
  return async (runs, hooks) => {
    const { runOnQueue } = await import('./run-on-queue.ts');
    await runOnQueue(url, suite)(runs, hooks);
  };
}
