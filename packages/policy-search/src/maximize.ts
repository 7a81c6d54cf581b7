import { checkOptions, nullable, positiveInteger, type OptionCheck } from '@gradus/core';
import type { Best, Search } from './search.ts';

/** When to stop: at whatever comes first. Each is null, no limit, by default. */
export interface MaximizeOptions {
  /** At most so many calls of the utility; an iteration that would exceed them does not begin. This or `iterations` is needed. */
  readonly evaluations: number | null;
  /** At most so many rounds of `ask` and `tell`. */
  readonly iterations: number | null;
  /** Stop after the iteration in which some candidate reaches this utility. */
  readonly target: number | null;
}

/** What a search found. */
export interface Maximum extends Best {
  /** Calls of the utility. */
  readonly evaluations: number;
  /** Rounds of `ask` and `tell`. */
  readonly iterations: number;
}

const checks: { readonly [Name in keyof MaximizeOptions]: OptionCheck } = {
  evaluations: nullable(positiveInteger),
  iterations: nullable(positiveInteger),
  target: nullable({ expected: 'a number', accepts: (value) => typeof value === 'number' && !Number.isNaN(value) }),
};

/**
 * Asks, evaluates and tells until a limit is met or the search is finished: max_θ U(θ) by `search`. `utility` gets θ, [dimension], in a buffer that is
 * used again. Returns the best candidate that the search has ever seen, with the evaluations and iterations of this call; called again, it goes
 * on from there. Throws `RangeError` without a limit, for one that allows no iteration, and as `tell` does.
 */
export function maximize(
  search: Search,
  utility: (parameters: Float64Array) => number,
  options: Partial<MaximizeOptions>,
): Maximum {
  checkOptions<MaximizeOptions>('maximize', options, checks);
  const { evaluations = null, iterations = null, target = null } = options;
  const { dimension, populationSize } = search;
  if (evaluations === null && iterations === null) {
    throw new RangeError('maximize: expected evaluations or iterations, got neither');
  }
  if (evaluations !== null && evaluations < populationSize) {
    throw new RangeError(`maximize: expected evaluations for ${populationSize} candidates, got ${evaluations}`);
  }
  const limit = Math.min(iterations ?? Infinity, Math.floor((evaluations ?? Infinity) / populationSize));
  const candidates = search.ask();
  const rows = Array.from({ length: populationSize }, (_, k) =>
    candidates.subarray(k * dimension, (k + 1) * dimension),
  );
  const utilities = new Float64Array(populationSize);
  let done = 0;
  while (done < limit && !search.finished && !(search.best.utility >= (target ?? Infinity))) {
    search.ask();
    for (let k = 0; k < populationSize; k++) utilities[k] = utility(rows[k]);
    search.tell(utilities);
    done++;
  }
  return { ...search.best, evaluations: done * populationSize, iterations: done };
}
