import type { RandomSource, TransitionTable } from '@gradus/core';
import type { ScoredPolicy } from '../policies/scored-policy.ts';
import { drawIndex } from '../policies/softmax.ts';
import type { Trajectory } from './trajectory.ts';

/** An episode of more steps than this is taken for one that does not end. */
const MAX_STEPS = 100_000;

/**
 * Plays one episode of a finite process. It has the log-probabilities of the policy that acted, so that it can serve others too, and itself
 * with other parameters. Throws `RangeError` for an episode of more than 100,000 steps.
 */
export function sampleTrajectory(table: TransitionTable, policy: ScoredPolicy, random: RandomSource): Trajectory {
  const states: number[] = [];
  const actions: number[] = [];
  const rewards: number[] = [];
  const logProbabilities: number[] = [];
  let state = drawIndex(table.initialDistribution, random);
  while (states.length < MAX_STEPS) {
    const action = policy.sample(state, random);
    const pair = state * table.numActions + action;
    let outcome = table.offsets[pair];
    const last = table.offsets[pair + 1] - 1;
    for (let rest = random.nextFloat() - table.probabilities[outcome]; rest >= 0 && outcome < last;) {
      outcome++;
      rest -= table.probabilities[outcome];
    }
    states.push(state);
    actions.push(action);
    rewards.push(table.rewards[outcome]);
    logProbabilities.push(policy.logProbability(state, action));
    if (table.terminated[outcome]) return { states, actions, rewards, logProbabilities };
    state = table.nextStates[outcome];
  }
  throw new RangeError(`table: expected episodes that end, got one of more than ${MAX_STEPS} steps`);
}
