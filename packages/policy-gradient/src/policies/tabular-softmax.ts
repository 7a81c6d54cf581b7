import { anObject, checkArguments, positiveInteger } from '@gradus/core';
import { checkIndex } from './checks.ts';
import { SoftmaxPolicy } from './softmax-policy.ts';

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
export class TabularSoftmax extends SoftmaxPolicy<number> {
  readonly numStates: number;

  /** Throws `RangeError` for sizes that are not positive integers. */
  constructor(options: TabularSoftmaxOptions) {
    checkArguments('TabularSoftmax', { options }, { options: anObject });
    const { numStates, numActions } = options;
    checkArguments(
      'TabularSoftmax',
      { numStates, numActions },
      { numStates: positiveInteger, numActions: positiveInteger },
    );
    super(numActions, numStates * numActions);
    this.numStates = numStates;
  }

  protected writeScore(state: number, action: number, probabilities: Float64Array, target: Float64Array): void {
    const first = state * this.numActions;
    target.fill(0);
    for (let b = 0; b < this.numActions; b++) target[first + b] = -probabilities[b];
    target[first + action] += 1;
  }

  protected preferences(state: number, target: Float64Array): void {
    checkIndex('state', state, this.numStates);
    const first = state * this.numActions;
    for (let action = 0; action < this.numActions; action++) target[action] = this.parameters[first + action];
  }
}
