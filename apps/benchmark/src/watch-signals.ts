/** Milliseconds within which a second signal is the same Ctrl-C, passed on by the package manager that runs this. */
const ECHO = 500;

/**
 * Calls `stop` on Ctrl-C or a request to terminate; a second one ends the process at once. Returns what lets signals end the
 * process again.
 */
export function watchSignals(stop: (signal: NodeJS.Signals) => void): () => void {
  let first: number | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    if (first !== undefined && performance.now() - first > ECHO) process.exit(130);
    first ??= performance.now();
    stop(signal);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
