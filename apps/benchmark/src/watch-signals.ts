import type { Callback } from '@gradus/core';

/** Exit status after Ctrl-C, as shells have it. */
export const INTERRUPTED = 130;

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Milliseconds within which a second signal is the same Ctrl-C, passed on by the package manager that runs this. */
const ECHO = 500;

/** Ends training after the running update when Ctrl-C or a request to terminate comes. */
export interface SignalWatch {
  /** For `train`. */
  readonly callback: Callback;
  /** Lets signals end the process again. */
  release(): void;
}

/** Watches from now on. A second signal ends the process at once. */
export function watchSignals(): SignalWatch {
  let stop: ((reason: string) => void) | undefined;
  let first: { readonly signal: NodeJS.Signals; readonly time: number } | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    if (first !== undefined && performance.now() - first.time > ECHO) process.exit(INTERRUPTED);
    first ??= { signal, time: performance.now() };
    stop?.(signal);
  };
  for (const signal of signals) process.on(signal, handle);
  return {
    callback: {
      onStart: (training) => {
        stop = (reason) => training.stop(reason);
        if (first !== undefined) stop(first.signal);
      },
    },
    release: () => {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
