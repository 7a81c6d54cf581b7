import { checkArguments, checkTable, type RandomSource, type TransitionTable } from '@gradus/core';
import { aScoredPolicy, checkIndex, checkRandom } from '../policies/checks.ts';
import type { ScoredPolicy } from '../policies/scored-policy.ts';
import { drawIndex } from '../policies/softmax.ts';
import type { Trajectory } from './trajectory.ts';

/** An episode of more steps than this is taken for one that does not end. */
const MAX_STEPS = 100_000;

/**
 * Plays one episode of a finite process. It has the log-probabilities of the policy that acted, so that it can serve others too, and itself
 * with other parameters. Throws `RangeError` for an action that the table has not, and for an episode of more than 100,000 steps.
 */
export function sampleTrajectory(table: TransitionTable, policy: ScoredPolicy, random: RandomSource): Trajectory {
  checkTable(table);
  checkArguments('sampleTrajectory', { policy }, { policy: aScoredPolicy });
  checkRandom(random);
  const states: number[] = [];
  const actions: number[] = [];
  const rewards: number[] = [];
  const logProbabilities: number[] = [];
  let state = drawIndex(table.initialDistribution, random);
  while (states.length < MAX_STEPS) {
    const action = policy.sample(state, random);
    checkIndex('action', action, table.numActions);
    const pair = state * table.numActions + action;
    const first = table.offsets[pair];
    const outcome = first + drawIndex(table.probabilities.subarray(first, table.offsets[pair + 1]), random);
    states.push(state);
    actions.push(action);
    rewards.push(table.rewards[outcome]);
    logProbabilities.push(policy.logProbability(state, action));
    if (table.terminated[outcome]) return { states, actions, rewards, logProbabilities };
    state = table.nextStates[outcome];
  }
  throw new RangeError(`table: expected episodes that end, got one of more than ${MAX_STEPS} steps`);
}
