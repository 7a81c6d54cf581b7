import { anObject, checkArguments, naturalNumber, numberList, objectOf, optional } from '@gradus/core';
import type { ScoredPolicy } from '../policies/scored-policy.ts';

/** τ: a whole episode of T steps, from its first step to its end. One that was cut off counts as ended there. */
export interface Trajectory<State = number> {
  /** s₀ … s_{T−1}, where actions were taken, [T]. */
  readonly states: ArrayLike<State>;
  /** a₀ … a_{T−1}, [T]. */
  readonly actions: ArrayLike<number>;
  /** r₀ … r_{T−1}, [T]: that of each action. */
  readonly rewards: ArrayLike<number>;
  /**
   * log ρ(a_t | s_t) of the policy ρ that acted, [T]. Where they are given, estimates for π are importance-weighted. By default the policy whose
   * gradient is estimated has acted itself.
   */
  readonly logProbabilities?: ArrayLike<number> | undefined;
}

const someStates = objectOf('a list of states', { length: naturalNumber });
const checks = { states: someStates, actions: numberList, rewards: numberList, logProbabilities: optional(numberList) };
/** Of {@link checks}: trajectories are many, and most are right. */
const aTrajectory = objectOf('a trajectory', checks);

/** Throws `RangeError` unless there are trajectories, with as many of everything as they have steps, and finite rewards. */
export function checkTrajectories<State>(
  policy: ScoredPolicy<State>,
  trajectories: readonly Trajectory<State>[],
  atLeast: number,
): void {
  if (trajectories.length < atLeast) {
    throw new RangeError(`trajectories: expected at least ${atLeast}, got ${trajectories.length}`);
  }
  if (policy.parameters.some((parameter) => !Number.isFinite(parameter))) {
    throw new RangeError('policy: expected finite parameters, got one that is not');
  }
  trajectories.forEach((trajectory, n) => {
    if (!aTrajectory.accepts(trajectory)) {
      checkArguments(`trajectories[${n}]`, { trajectory }, { trajectory: anObject });
      const { states, actions, rewards, logProbabilities } = trajectory;
      checkArguments(`trajectories[${n}]`, { states, actions, rewards, logProbabilities }, checks);
    }
    const { states, actions, rewards, logProbabilities } = trajectory;
    if (rewards.length === 0) throw new RangeError(`trajectories[${n}]: expected at least one step, got none`);
    checkSteps(n, 'states', states, rewards.length);
    checkSteps(n, 'actions', actions, rewards.length);
    checkFinite(n, 'rewards', rewards);
    if (!logProbabilities) return;
    checkSteps(n, 'logProbabilities', logProbabilities, rewards.length);
    checkFinite(n, 'logProbabilities', logProbabilities);
  });
}

function checkSteps(n: number, name: string, { length }: ArrayLike<unknown>, steps: number): void {
  if (length === steps) return;
  throw new RangeError(`trajectories[${n}].${name}: expected ${steps}, as there are rewards, got ${length}`);
}

function checkFinite(n: number, name: string, values: ArrayLike<number>): void {
  for (let t = 0; t < values.length; t++) {
    if (Number.isFinite(values[t])) continue;
    throw new RangeError(`trajectories[${n}].${name}[${t}]: expected a finite number, got ${values[t]}`);
  }
}
