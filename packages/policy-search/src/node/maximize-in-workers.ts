import { maximizeAsync, type MaximizeOptions, type Maximum } from '../maximize.ts';
import type { Search } from '../search.ts';
import { UtilityWorkers, type UtilityWorkersOptions } from './utility-workers.ts';

/**
 * `maximize` with a utility that worker threads evaluate, several candidates at a time: for slow utilities, such as rollouts in slow environments. The
 * result is the same, to the bit, for any number of workers, provided that the utility is a function of its two arguments alone. All workers have ended
 * when the promise settles. Rejects as `maximizeAsync` and `UtilityWorkers` do.
 */
export async function maximizeInWorkers(
  search: Search,
  utility: UtilityWorkersOptions,
  options: Partial<MaximizeOptions>,
): Promise<Maximum> {
  const workers = new UtilityWorkers(utility);
  try {
    return await maximizeAsync(search, (parameters, evaluation) => workers.evaluate(parameters, evaluation), options);
  } finally {
    await workers.close();
  }
}
