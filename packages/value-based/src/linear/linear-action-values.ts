import {
  checkActing,
  checkActingTogether,
  checkActionMasks,
  numbersOf,
  observationRows,
  type ActOptions,
  type ActionArray,
  type Discrete,
  type Observation,
  type Policy,
  type Random,
  type VectorEnv,
} from '@gradus/core';
import { bestAction } from '../tabular/best-action.ts';
import { createFeatures, type FeatureOptions } from './create-features.ts';
import { createFeatureVector, type FeatureVector, type Features } from './features.ts';

/**
 * Action values that are linear in features, q(s, a) = w_aᵀ x(s), and the actions that are best by them. The weights of all actions for one
 * feature lie side by side, w: [d × numActions].
 */
export class LinearActionValues implements Policy {
  readonly features: Features;
  readonly numActions: number;
  /** w, [d × numActions] */
  readonly weights: Float64Array;
  private readonly env: VectorEnv;
  private readonly actionSpace: Discrete;
  /** q(s, ·) */
  private readonly row: Float64Array;
  /** x(s) of who asks for an action from outside. */
  private readonly shown: FeatureVector;
  /** Best actions so far, of which one is drawn. */
  private readonly candidates: Int32Array;

  /**
   * Values for the observations and actions of `env`, all 0 at first. Throws `RangeError`, beginning with `subject`, unless actions are
   * `Discrete` and there is one copy of the environment, and as {@link createFeatures} does.
   */
  constructor(subject: string, env: VectorEnv, options: FeatureOptions) {
    const { numEnvs, observationSpace, actionSpace } = env;
    if (numEnvs !== 1) throw new RangeError(`${subject}: expected one copy of the environment, got ${numEnvs}`);
    if (actionSpace.kind !== 'discrete') {
      throw new RangeError(`${subject}: expected an environment with Discrete actions, got ${actionSpace.toString()}`);
    }
    this.env = env;
    this.actionSpace = actionSpace;
    this.features = createFeatures(observationSpace, options);
    this.numActions = actionSpace.n;
    this.weights = new Float64Array(this.features.count * actionSpace.n);
    this.row = new Float64Array(actionSpace.n);
    this.candidates = new Int32Array(actionSpace.n);
    this.shown = createFeatureVector(this.features);
  }

  /** The number of action 0 in the environment. */
  get firstAction(): number {
    return this.actionSpace.start;
  }

  /** q(s, action) */
  value({ length, indices, values }: FeatureVector, action: number): number {
    const { weights, numActions } = this;
    let sum = 0;
    for (let k = 0; k < length; k++) sum += weights[indices[k] * numActions + action] * values[k];
    return sum;
  }

  /** max_a q(s, a) over the actions that `mask` [numActions] allows. */
  maximum(vector: FeatureVector, mask?: Uint8Array): number {
    const row = this.values(vector);
    return row[bestAction(row, 0, this.numActions, mask)];
  }

  /** w_action ← w_action + change · x(s) */
  add({ length, indices, values }: FeatureVector, action: number, change: number): void {
    const { weights, numActions } = this;
    for (let k = 0; k < length; k++) weights[indices[k] * numActions + action] += change * values[k];
  }

  /** A random action of those that `mask` allows with probability `epsilon`, else the best of them; chance decides between equal ones. */
  explore(vector: FeatureVector, epsilon: number, random: Random, mask?: Uint8Array): number {
    const { candidates, numActions } = this;
    const isRandom = random.nextFloat() < epsilon;
    const row = this.values(vector);
    let best = -Infinity;
    let count = 0;
    for (let a = 0; a < numActions; a++) {
      if (mask?.[a] === 0) continue;
      if (!isRandom && row[a] > best) {
        best = row[a];
        count = 0;
      }
      if (isRandom || row[a] === best) candidates[count++] = a;
    }
    return candidates[random.integer(count)];
  }

  /**
   * q(s, ·), [n × numActions], of one observation, or of many in a Float32Array [n × observation size]. Throws `RangeError` for other sizes, and `EnvError`
   * for numbers that are not finite.
   */
  readonly of = (observations: Observation | Float32Array): Float64Array => {
    const { features, env, numActions, shown } = this;
    const { size } = env.observationSpace;
    const rows = observationRows(env, observations);
    const values = new Float64Array((rows.length / size) * numActions);
    for (let row = 0; row * numActions < values.length; row++) {
      features.write(rows, row * size, shown);
      values.set(this.values(shown), row * numActions);
    }
    return values;
  };

  /**
   * The best action as the environment counts them, the first of equal ones; without `deterministic` the same: exploration belongs to training. Throws
   * `RangeError` for an observation of another shape, and `EnvError` for one that is not finite.
   */
  act(observation: Observation, options: ActOptions = {}): number {
    const { observationSpace } = this.env;
    checkActing(observationSpace, observation, options);
    const row = Float32Array.from(numbersOf(observationSpace, observation));
    const action = new Int32Array(1);
    this.actBatch(row, action, options);
    return action[0];
  }

  /** The best actions of all rows. Throws as `act` does, and `RangeError` for a row whose mask allows none. */
  actBatch(observations: Float32Array, actions: ActionArray, options: ActOptions = {}): void {
    const { features, env, actionSpace, numActions, shown } = this;
    checkActingTogether(env, observations, actions, options);
    const { actionMasks } = options;
    if (actionMasks !== undefined) checkActionMasks(actionMasks, numActions, actions.length);
    for (let i = 0; i < actions.length; i++) {
      features.write(observations, i * env.observationSpace.size, shown);
      actions[i] = actionSpace.start + bestAction(this.values(shown), 0, numActions, actionMasks, i * numActions);
    }
  }

  /** q(s, ·), in memory that is used again. */
  private values({ length, indices, values }: FeatureVector): Float64Array {
    const { weights, numActions, row } = this;
    row.fill(0);
    for (let k = 0; k < length; k++) {
      const first = indices[k] * numActions;
      for (let a = 0; a < numActions; a++) row[a] += weights[first + a] * values[k];
    }
    return row;
  }
}
