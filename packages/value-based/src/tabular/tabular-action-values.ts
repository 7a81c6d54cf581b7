import {
  checkActing,
  checkActingTogether,
  checkActionMasks,
  numbersOf,
  observationRows,
  type ActOptions,
  type ActionArray,
  type Observation,
  type Policy,
  type SpaceValue,
} from '@gradus/core';
import { bestAction } from './best-action.ts';
import type { TabularEnv } from './tabular-env.ts';

/** Action values as a table, and the actions that are best by them. */
export class TabularActionValues implements Policy {
  readonly numStates: number;
  readonly numActions: number;
  /** q(s, a), [numStates × numActions]; states are numbered as {@link stateOf} says. */
  readonly table: Float64Array;
  /** How often each action was taken in each state, [numStates × numActions]. */
  readonly visits: Uint32Array;
  private readonly world: TabularEnv;

  constructor(world: TabularEnv, table: Float64Array) {
    this.world = world;
    this.numStates = world.numStates;
    this.numActions = world.numActions;
    this.table = table;
    this.visits = new Uint32Array(table.length);
  }

  /** The row of the table that belongs to an observation. Throws `RangeError` for one that is not in the environment's space. */
  stateOf(observation: Observation): number {
    const { observationSpace } = this.world.env;
    const problem = observationSpace.problem(observation);
    if (problem !== undefined) throw new RangeError(`observation ${problem}`);
    return this.world.index.of(numbersOf(observationSpace, observation), 0);
  }

  /**
   * q(s, ·), [n × numActions], of one observation, or of many in a Float32Array [n × observation size]. Throws `RangeError` for those that are not in the
   * environment's space.
   */
  readonly of = (observations: Observation | Float32Array): Float64Array => {
    const { world, table, numActions } = this;
    const rows = observationRows(world.env, observations);
    const values = new Float64Array((rows.length / world.env.observationSpace.size) * numActions);
    for (let row = 0; row * numActions < values.length; row++) {
      const first = world.index.of(rows, row) * numActions;
      values.set(table.subarray(first, first + numActions), row * numActions);
    }
    return values;
  };

  /**
   * The action of largest value, the first of equal ones; without `deterministic` the same: exploration belongs to training. Throws
   * `RangeError` for an observation outside the space and for masks that do not fit or allow nothing.
   */
  act(observation: Observation, options: ActOptions = {}): SpaceValue {
    checkActing(this.world.env.observationSpace, observation, options);
    const { actionMasks } = options;
    const state = this.stateOf(observation);
    if (actionMasks !== undefined) checkActionMasks(actionMasks, this.numActions, 1);
    return this.world.firstAction + this.bestIn(state, actionMasks, 0);
  }

  /** The same for all rows. */
  actBatch(observations: Float32Array, actions: ActionArray, options: ActOptions = {}): void {
    const { world, numActions } = this;
    checkActingTogether(world.env, observations, actions, options);
    const { actionMasks } = options;
    if (actionMasks !== undefined) checkActionMasks(actionMasks, numActions, actions.length);
    for (let row = 0; row < actions.length; row++) {
      actions[row] = world.firstAction + this.bestIn(world.index.of(observations, row), actionMasks, row);
    }
  }

  private bestIn(state: number, masks: Uint8Array | undefined, row: number): number {
    return bestAction(this.table, state * this.numActions, this.numActions, masks, row * this.numActions);
  }
}
