/**
 * Microseconds per call of `step`, called for at least `seconds`, one after another where it returns promises. The clock is read after groups of calls, each group about a
 * tenth of the time, so that reading it costs nothing.
 */
export async function measure(step: () => unknown, seconds: number): Promise<number> {
  const start = performance.now();
  let calls = 0;
  let group = 1;
  for (;;) {
    for (let i = 0; i < group; i++) {
      const result = step();
      if (result instanceof Promise) await result;
    }
    calls += group;
    const elapsed = (performance.now() - start) / 1000;
    if (elapsed >= seconds) return (elapsed / calls) * 1e6;
    group = Math.max(1, Math.min(200, Math.floor((calls / elapsed) * (seconds / 10))));
  }
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}
