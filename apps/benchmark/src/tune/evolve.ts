import type { PlannedTrials, Trial } from './plan-trials.ts';
import { rankResults, type TrialResult } from './search-trials.ts';

/**
 * Tries generation after generation (S6.6): parents of the next one are the trials of the last and the `elite` best of all before. What a generation is
 * made of follows from the results of those before alone, so that a search goes on from results that are on record as if it had never been stopped. All other
 * searches have one generation.
 * @param search tries the trials of a generation, which is counted from 0
 * @returns all trials, best first
 */
export async function evolve(
  { trials, generations, breed }: Pick<PlannedTrials, 'trials' | 'generations' | 'breed'>,
  elite: number,
  search: (trials: readonly Trial[], generation: number) => Promise<readonly TrialResult[]>,
): Promise<readonly TrialResult[]> {
  let all: readonly TrialResult[] = [];
  let going = trials;
  for (let generation = 0; generation < generations && going.length > 0; generation++) {
    const results = await search(going, generation);
    const parents = rankResults([...all.slice(0, elite), ...results]);
    all = rankResults([...all, ...results]);
    if (generation + 1 < generations) going = breed(parents.map(({ trial }) => trial));
  }
  return all;
}
