import { count } from '../runs/results.ts';

/** Seconds between two lines. */
const INTERVAL = 10;

/** What to call after each repetition of the experiment `name`: it says now and then how many there are, and how long they have taken. */
export function repetitionProgress(
  name: string,
  say: (line: string) => void,
  now: () => number = () => performance.now() / 1000,
): () => void {
  const start = now();
  let last = start;
  let done = 0;
  return () => {
    done++;
    if (now() - last < INTERVAL) return;
    last = now();
    say(`${name}: ${count(done)} repetitions computed in ${count(last - start)} s`);
  };
}
