import { anObject, checkArguments, positiveInteger, type RandomSource } from '@gradus/core';
import { checkIndex, checkRandom, checkTarget } from './checks.ts';
import type { DiscretePolicy } from './scored-policy.ts';
import { drawIndex, softmax } from './softmax.ts';

/** The size of a table; a `TransitionTable` will do. */
export interface TabularSoftmaxOptions {
  readonly numStates: number;
  readonly numActions: number;
}

/**
 * A preference for each action in each state (S5.1; Sutton and Barto, 2018, §13.1):
 *
 *     π(a | s) = e^{θ_{s,a}} / Σ_b e^{θ_{s,b}},   ∂ log π(a | s) / ∂θ_{s,b} = [a = b] − π(b | s),   0 for the rows of other states
 *
 * `parameters` is [numStates × numActions], at first 0: all actions alike. States are 0 … numStates − 1. Methods throw `RangeError` for a
 * state or an action that is not in the table.
 */
export class TabularSoftmax implements DiscretePolicy {
  readonly numStates: number;
  readonly numActions: number;
  readonly numParameters: number;
  readonly parameters: Float64Array;
  private readonly scratch: Float64Array;

  /** Throws `RangeError` for sizes that are not positive integers. */
  constructor(options: TabularSoftmaxOptions) {
    checkArguments('TabularSoftmax', { options }, { options: anObject });
    const { numStates, numActions } = options;
    checkArguments(
      'TabularSoftmax',
      { numStates, numActions },
      { numStates: positiveInteger, numActions: positiveInteger },
    );
    this.numStates = numStates;
    this.numActions = numActions;
    this.numParameters = numStates * numActions;
    this.parameters = new Float64Array(this.numParameters);
    this.scratch = new Float64Array(numActions);
  }

  probabilities(state: number, target: Float64Array = new Float64Array(this.numActions)): Float64Array {
    checkTarget(target, this.numActions);
    this.preferences(state, target);
    softmax(target);
    return target;
  }

  sample(state: number, random: RandomSource): number {
    checkRandom(random);
    return drawIndex(this.probabilities(state, this.scratch), random);
  }

  logProbability(state: number, action: number): number {
    checkIndex('action', action, this.numActions);
    this.preferences(state, this.scratch);
    const preference = this.scratch[action];
    return preference - softmax(this.scratch);
  }

  score(state: number, action: number, target: Float64Array): void {
    checkIndex('action', action, this.numActions);
    checkTarget(target, this.numParameters);
    const probabilities = this.probabilities(state, this.scratch);
    const first = state * this.numActions;
    target.fill(0);
    for (let b = 0; b < this.numActions; b++) target[first + b] = -probabilities[b];
    target[first + action] += 1;
  }

  private preferences(state: number, target: Float64Array): void {
    checkIndex('state', state, this.numStates);
    const first = state * this.numActions;
    for (let action = 0; action < this.numActions; action++) target[action] = this.parameters[first + action];
  }
}
