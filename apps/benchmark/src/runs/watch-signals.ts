/** Milliseconds within which a second signal is the same Ctrl-C, passed on by the package manager that runs this. */
const ECHO = 500;

/**
 * Calls `stop` on Ctrl-C, on a request to terminate and when the terminal is closed; a second signal ends the process at once.
 * Meanwhile output that nobody can read any more, since the terminal or the pipe is gone, is dropped. Returns what lets signals end
 * the process again.
 */
export function watchSignals(stop: (signal: NodeJS.Signals) => void): () => void {
  let first: number | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    if (first !== undefined && performance.now() - first > ECHO) process.exit(130);
    first ??= performance.now();
    stop(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const streams = [process.stdout, process.stderr];
  for (const signal of signals) process.on(signal, handle);
  for (const stream of streams) stream.on('error', ignore);
  return () => {
    for (const stream of streams) stream.off('error', ignore);
    for (const signal of signals) process.off(signal, handle);
  };
}

function ignore(): void {
  // An error of a stream that nobody listens to ends the process.
}
