import { checkArguments, type OptionCheck } from '@gradus/tensor';
import { EnvError } from '../errors.ts';
import { aSpace, havingMethods } from '../options/argument-checks.ts';
import type { DictPart, Space } from '../spaces/spaces.ts';

/**
 * What goals mean in an environment whose observations are a `Dict` with the parts `achievedGoal` and `desiredGoal` (Plappert et al., 2018; Gymnasium-Robotics):
 * rewards, and ends of episodes, as functions of both, so that hindsight can ask what would have come of another goal. All goals are rows,
 * [rows × numbers of a goal].
 */
export interface GoalRules {
  /** Writes to `rewards`, [rows], the reward of a step that led to `achievedGoals` where `desiredGoals` were wanted. */
  computeRewards(achievedGoals: Float32Array, desiredGoals: Float32Array, rewards: Float64Array): void;
  /**
   * Writes to `terminated`, [rows], 1 where the step ended the task because of the goals, else 0. Without it goals end none. Ends for any other reason are not
   * its business: these stay what they were, whatever the goal.
   */
  computeTerminated?(achievedGoals: Float32Array, desiredGoals: Float32Array, terminated: Uint8Array): void;
}

/** The parts of a goal environment's observations that are goals: where their numbers are. */
export interface GoalParts {
  readonly achievedGoal: DictPart;
  readonly desiredGoal: DictPart;
}

/** Where goals are in observations of `space`. Throws `EnvError` unless it is a `Dict` with `achievedGoal` and `desiredGoal` of one size. */
export function goalParts(space: Space): GoalParts {
  checkArguments('goalParts', { space }, { space: aSpace });
  const layout = space.kind === 'dict' ? space.layout : [];
  const find = (name: string): DictPart | undefined => layout.find((part) => part.name === name);
  const achievedGoal = find('achievedGoal');
  const desiredGoal = find('desiredGoal');
  if (achievedGoal && desiredGoal?.space.size === achievedGoal.space.size) return { achievedGoal, desiredGoal };
  throw new EnvError(
    `goalRules: expected observations in a Dict with achievedGoal and desiredGoal, both of one size, got ${space.toString()}`,
  );
}

/** Accepts {@link GoalRules}. */
export const someGoalRules: OptionCheck = havingMethods('rules of goals (with computeRewards)', 'computeRewards');
