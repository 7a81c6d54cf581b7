import { checkOptions, finiteNumber, nullable, positiveInteger, type OptionCheck } from '@gradus/core';
import type { Best, Search, Termination } from './search.ts';

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
  /** Why it ended: at a limit, at the target, or where the search itself was finished. */
  readonly ended: 'limit' | 'target' | Termination;
}

const checks: { readonly [Name in keyof MaximizeOptions]: OptionCheck } = {
  evaluations: nullable(positiveInteger),
  iterations: nullable(positiveInteger),
  target: nullable(finiteNumber),
};

/**
 * Asks, evaluates and tells until a limit is met or the search is finished: max_θ U(θ) by `search`. `utility` gets θ, [dimension], in a buffer that is
 * used again, and the number of the evaluation, counted over the search's life from 0: what to seed a random utility with. Returns the best candidate
 * that the search has ever seen, with the evaluations and iterations of this call; called again, it goes on from there. Throws `RangeError` without a
 * limit, for one that allows no iteration, and as `tell` does.
 */
export function maximize(
  search: Search,
  utility: (parameters: Float64Array, evaluation: number) => number,
  options: Partial<MaximizeOptions>,
): Maximum {
  const limit = iterationLimit('maximize', search, utility, options);
  const rows = rowsOf(search);
  const utilities = new Float64Array(rows.length);
  let iterations = 0;
  while (goesOn(search, options) && iterations < limit) {
    search.ask();
    const first = search.iteration * rows.length;
    for (let k = 0; k < rows.length; k++)
      utilities[k] = checkUtility('maximize', utility(rows[k], first + k), first + k);
    search.tell(utilities);
    iterations++;
  }
  return result(search, iterations, options);
}

/**
 * `maximize` with a utility that takes its time: in a worker, a process, a laboratory. All candidates of an iteration are asked for at once, and their
 * order of arrival does not matter: the result is that of `maximize`, to the bit. Rejects with the first error of a utility, and as `maximize`
 * throws; the search is then as it was before the iteration.
 */
export async function maximizeAsync(
  search: Search,
  utility: (parameters: Float64Array, evaluation: number) => Promise<number>,
  options: Partial<MaximizeOptions>,
): Promise<Maximum> {
  const limit = iterationLimit('maximizeAsync', search, utility, options);
  const rows = rowsOf(search);
  let iterations = 0;
  while (goesOn(search, options) && iterations < limit) {
    search.ask();
    const first = search.iteration * rows.length;
    const evaluate = async (row: Float64Array, k: number) =>
      checkUtility('maximizeAsync', await utility(row, first + k), first + k);
    search.tell(await Promise.all(rows.map(evaluate)));
    iterations++;
  }
  return result(search, iterations, options);
}

/** Iterations that the options allow. `subject` begins messages. */
function iterationLimit(subject: string, search: Search, utility: unknown, options: Partial<MaximizeOptions>): number {
  if (!isSearch(search)) throw new RangeError(`${subject}: expected a search with ask and tell, got ${typeof search}`);
  if (typeof utility !== 'function') {
    throw new RangeError(`${subject}: expected the utility to be a function, got ${typeof utility}`);
  }
  checkOptions<MaximizeOptions>(subject, options, checks);
  const { populationSize } = search;
  const { evaluations = null, iterations = null } = options;
  if (evaluations === null && iterations === null) {
    throw new RangeError(`${subject}: expected evaluations or iterations, got neither`);
  }
  if (evaluations !== null && evaluations < populationSize) {
    throw new RangeError(`${subject}: expected evaluations for ${populationSize} candidates, got ${evaluations}`);
  }
  return Math.min(iterations ?? Infinity, Math.floor((evaluations ?? Infinity) / populationSize));
}

function isSearch(value: unknown): value is Search {
  if (typeof value !== 'object' || value === null || !('ask' in value && 'tell' in value)) return false;
  return typeof value.ask === 'function' && typeof value.tell === 'function';
}

/** `utility`, which may be NaN or −∞. Throws `RangeError` unless it is a number. */
function checkUtility(subject: string, utility: unknown, evaluation: number): number {
  if (typeof utility === 'number') return utility;
  const isPromise = typeof utility === 'object' && utility !== null && 'then' in utility;
  const got = isPromise ? 'a promise, which is for maximizeAsync' : utility === null ? 'null' : typeof utility;
  throw new RangeError(`${subject}: expected a number from the utility, got ${got}, evaluation ${evaluation}`);
}

function result(search: Search, iterations: number, options: Partial<MaximizeOptions>): Maximum {
  const ended = search.finished ? (search.termination ?? 'converged') : goesOn(search, options) ? 'limit' : 'target';
  return { ...search.best, evaluations: iterations * search.populationSize, iterations, ended };
}

function goesOn(search: Search, { target }: Partial<MaximizeOptions>): boolean {
  return !search.finished && !(search.best.utility >= (target ?? Infinity));
}

/** The candidates, a view of each. */
function rowsOf(search: Search): Float64Array[] {
  const { dimension, populationSize } = search;
  const candidates = search.ask();
  return Array.from({ length: populationSize }, (_, k) => candidates.subarray(k * dimension, (k + 1) * dimension));
}
