const alive = new Set<object>();

// Told of every worker that this process starts.
process.on('worker', (worker) => {
  alive.add(worker);
  worker.on('exit', () => alive.delete(worker));
});

/** Worker threads, started since this module was loaded, that have not ended. */
export function threadsAlive(): number {
  return alive.size;
}
