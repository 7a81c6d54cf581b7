import { aFunction, checkArguments, positiveInteger, type RandomSource } from '@gradus/core';
import { checkIndex, checkRandom, checkTarget } from './checks.ts';
import type { DiscretePolicy } from './scored-policy.ts';
import { drawIndex, softmax } from './softmax.ts';

/** What a linear softmax policy sees. */
export interface LinearSoftmaxOptions<State> {
  readonly numActions: number;
  /** d, the length of φ(s, a). */
  readonly numFeatures: number;
  /** Writes φ(s, a) into `target`, [d]; what is not written is 0. */
  readonly features: (state: State, action: number, target: Float64Array) => void;
}

/**
 * Preferences that are linear in features of state and action (S5.1; Sutton and Barto, 2018, §13.1):
 *
 *     π(a | s) = e^{θᵀφ(s,a)} / Σ_b e^{θᵀφ(s,b)},   ∇ log π(a | s) = φ(s, a) − Σ_b π(b | s) φ(s, b)
 *
 * `parameters` is θ, [d], at first 0: all actions alike. Methods throw `RangeError` for an action that there is not.
 */
export class LinearSoftmax<State = number> implements DiscretePolicy<State> {
  readonly numActions: number;
  readonly numParameters: number;
  readonly parameters: Float64Array;
  private readonly writeFeatures: LinearSoftmaxOptions<State>['features'];
  /** φ(s, a) of each action. */
  private readonly rows: readonly Float64Array[];
  private readonly scratch: Float64Array;

  /** Throws `RangeError` for sizes that are not positive integers. */
  constructor(options: LinearSoftmaxOptions<State>) {
    checkArguments<LinearSoftmaxOptions<State>>('LinearSoftmax', options, {
      numActions: positiveInteger,
      numFeatures: positiveInteger,
      features: aFunction,
    });
    this.numActions = options.numActions;
    this.numParameters = options.numFeatures;
    this.parameters = new Float64Array(options.numFeatures);
    this.writeFeatures = options.features;
    this.rows = Array.from({ length: options.numActions }, () => new Float64Array(options.numFeatures));
    this.scratch = new Float64Array(options.numActions);
  }

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
    const probabilities = this.probabilities(state, this.scratch);
    target.set(this.rows[action]);
    for (let b = 0; b < this.numActions; b++) {
      for (let i = 0; i < this.numParameters; i++) target[i] -= probabilities[b] * this.rows[b][i];
    }
  }

  /** θᵀφ(s, ·) into `target`, and φ(s, ·) into the rows. */
  private preferences(state: State, target: Float64Array): void {
    for (let action = 0; action < this.numActions; action++) {
      const row = this.rows[action].fill(0);
      this.writeFeatures(state, action, row);
      target[action] = 0;
      for (let i = 0; i < row.length; i++) target[action] += this.parameters[i] * row[i];
    }
  }
}
