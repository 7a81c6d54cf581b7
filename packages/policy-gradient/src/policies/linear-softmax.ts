import { aFunction, checkArguments, positiveInteger } from '@gradus/core';
import { SoftmaxPolicy } from './softmax-policy.ts';

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
export class LinearSoftmax<State = number> extends SoftmaxPolicy<State> {
  private readonly writeFeatures: LinearSoftmaxOptions<State>['features'];
  /** φ(s, a) of each action. */
  private readonly rows: readonly Float64Array[];

  /** Throws `RangeError` for sizes that are not positive integers. */
  constructor(options: LinearSoftmaxOptions<State>) {
    checkArguments<LinearSoftmaxOptions<State>>('LinearSoftmax', options, {
      numActions: positiveInteger,
      numFeatures: positiveInteger,
      features: aFunction,
    });
    super(options.numActions, options.numFeatures);
    this.writeFeatures = options.features;
    this.rows = Array.from({ length: options.numActions }, () => new Float64Array(options.numFeatures));
  }

  protected writeScore(_state: State, action: number, probabilities: Float64Array, target: Float64Array): void {
    target.set(this.rows[action]);
    for (let b = 0; b < this.numActions; b++) {
      for (let i = 0; i < this.numParameters; i++) target[i] -= probabilities[b] * this.rows[b][i];
    }
  }

  /** θᵀφ(s, ·) into `target`, and φ(s, ·) into the rows. */
  protected preferences(state: State, target: Float64Array): void {
    for (let action = 0; action < this.numActions; action++) {
      const row = this.rows[action].fill(0);
      this.writeFeatures(state, action, row);
      target[action] = 0;
      for (let i = 0; i < row.length; i++) target[action] += this.parameters[i] * row[i];
    }
  }
}
