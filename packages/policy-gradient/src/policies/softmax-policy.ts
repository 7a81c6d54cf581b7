import type { RandomSource } from '@gradus/core';
import { checkIndex, checkRandom, checkTarget } from './checks.ts';
import type { DiscretePolicy } from './scored-policy.ts';
import { drawIndex, softmax } from './softmax.ts';

/** π(a | s) = e^{h(s,a)} / Σ_b e^{h(s,b)}, whatever function of θ the preferences h are. */
export abstract class SoftmaxPolicy<State> implements DiscretePolicy<State> {
  readonly numActions: number;
  readonly numParameters: number;
  readonly parameters: Float64Array;
  private readonly scratch: Float64Array;

  constructor(numActions: number, numParameters: number) {
    this.numActions = numActions;
    this.numParameters = numParameters;
    this.parameters = new Float64Array(numParameters);
    this.scratch = new Float64Array(numActions);
  }

  /** h(s, ·) into `target`, [numActions]. */
  protected abstract preferences(state: State, target: Float64Array): void;

  /** ∇ log π(a | s) into `target`, [numParameters]; `probabilities` are π(· | s), whose preferences were asked for last. */
  protected abstract writeScore(state: State, action: number, probabilities: Float64Array, target: Float64Array): void;

  probabilities(state: State, target: Float64Array = new Float64Array(this.numActions)): Float64Array {
    checkTarget(target, this.numActions);
    this.preferences(state, target);
    softmax(target);
    return target;
  }

  sample(state: State, random: RandomSource): number {
    checkRandom(random);
    return drawIndex(this.probabilities(state, this.scratch), random);
  }

  logProbability(state: State, action: number): number {
    checkIndex('action', action, this.numActions);
    this.preferences(state, this.scratch);
    const preference = this.scratch[action];
    return preference - softmax(this.scratch);
  }

  score(state: State, action: number, target: Float64Array): void {
    checkIndex('action', action, this.numActions);
    checkTarget(target, this.numParameters);
    this.writeScore(state, action, this.probabilities(state, this.scratch), target);
  }
}
