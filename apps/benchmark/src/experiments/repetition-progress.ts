import { count } from '../runs/results.ts';
import { leftText, neverClimbing } from '../suites/time-left.ts';

/** Seconds between two lines. */
const INTERVAL = 10;

/**
 * What to call after each of `total` repetitions of the experiment `name`: it says now and then how many there are, and how long the rest will take if they
 * are like these.
 */
export function repetitionProgress(
  name: string,
  total: number,
  say: (line: string) => void,
  now: () => number = () => performance.now() / 1000,
): () => void {
  const start = now();
  const show = neverClimbing();
  let last = start;
  let done = 0;
  return () => {
    done++;
    if (now() - last < INTERVAL) return;
    last = now();
    const left = ((last - start) * (total - done)) / done;
    say(`${name}: ${count(done)} of ${count(total)} repetitions; ${leftText(show(left))}`);
  };
}
