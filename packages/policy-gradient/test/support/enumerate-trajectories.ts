import type { TransitionTable } from '@gradus/core';
import type { DiscretePolicy, Trajectory } from '@gradus/policy-gradient';

/** A trajectory, and how probable it is. */
export interface WeightedTrajectory {
  readonly probability: number;
  readonly trajectory: Trajectory;
}

/** All trajectories of a process that always ends soon, so that expectations are finite sums. */
export function enumerateTrajectories(table: TransitionTable, policy: DiscretePolicy): WeightedTrajectory[] {
  const found: WeightedTrajectory[] = [];
  const visit = (state: number, probability: number, past: Required<Trajectory>): void => {
    for (const [action, chosen] of policy.probabilities(state).entries()) {
      for (const outcome of table.outcomes(state, action)) {
        const p = probability * chosen * outcome.probability;
        if (p === 0) continue;
        const trajectory = {
          states: [...Array.from(past.states), state],
          actions: [...Array.from(past.actions), action],
          rewards: [...Array.from(past.rewards), outcome.reward],
          logProbabilities: [...Array.from(past.logProbabilities ?? []), policy.logProbability(state, action)],
        };
        if (outcome.terminated) found.push({ probability: p, trajectory });
        else visit(outcome.nextState, p, trajectory);
      }
    }
  };
  table.initialDistribution.forEach((probability, state) => {
    if (probability > 0) visit(state, probability, { states: [], actions: [], rewards: [], logProbabilities: [] });
  });
  return found;
}
