import type { Search } from '../../src/search.ts';

/** The utilities of all candidates that `search` asks for. */
export function evaluateAll(search: Search, utility: (x: Float64Array) => number): number[] {
  const candidates = search.ask();
  return Array.from({ length: search.populationSize }, (_, k) =>
    utility(candidates.subarray(k * search.dimension, (k + 1) * search.dimension)),
  );
}

/** So many rounds of asking and telling. */
export function iterate(search: Search, utility: (x: Float64Array) => number, iterations: number): void {
  for (let k = 0; k < iterations; k++) search.tell(evaluateAll(search, utility));
}
