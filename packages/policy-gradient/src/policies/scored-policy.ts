import type { RandomSource } from '@gradus/core';

/**
 * A stochastic policy π_θ(a | s) whose score function ∇_θ log π_θ(a | s) is known in closed form (S5.1): all that a likelihood-ratio gradient
 * asks of a policy. Actions are numbers; states are whatever the policy is defined on.
 */
export interface ScoredPolicy<State = number> {
  /** p, how many parameters there are. */
  readonly numParameters: number;
  /** θ, [p]. Learning writes here; the policy follows at once. */
  readonly parameters: Float64Array;
  /** Draws an action of π(· | s). */
  sample(state: State, random: RandomSource): number;
  /** log π(a | s), a density where actions are continuous; −∞ where the action is impossible. */
  logProbability(state: State, action: number): number;
  /** Writes ∇_θ log π(a | s) into `target`, [p]. Throws `RangeError` for an action that has no score, being impossible. */
  score(state: State, action: number, target: Float64Array): void;
}

/** A policy over the actions 0 … numActions − 1. */
export interface DiscretePolicy<State = number> extends ScoredPolicy<State> {
  readonly numActions: number;
  /** π(· | s), [numActions], written into `target`, which by default is a new array. */
  probabilities(state: State, target?: Float64Array): Float64Array;
}
