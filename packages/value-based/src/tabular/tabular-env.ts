import {
  checkActionMasks,
  createActions,
  discreteActions,
  type ActionArray,
  type TrainingEnv,
  type VectorEnv,
} from '@gradus/core';
import { stateIndex, type StateIndex } from './state-index.ts';

/**
 * One copy of a finite environment whose states and actions are numbered from 0, with the transition (s, a, r, s′) of the last step:
 * what tabular methods learn from. A *pair* is s · numActions + a, the place of (s, a) in a table [numStates × numActions].
 */
export class TabularEnv {
  readonly env: VectorEnv;
  readonly index: StateIndex;
  readonly numStates: number;
  readonly numActions: number;
  /** s. */
  state = 0;
  /** Where (s, a) is in a table. */
  pair = 0;
  reward = 0;
  /** s′: at the end of an episode its last state, not the first one of the next. */
  nextState = 0;
  /** The task ended: what follows is worth nothing. */
  terminated = false;
  /** The episode ended, by termination or by being cut off; in the second case s′ still has a value. */
  ended = false;
  /** Which actions make sense in s, 1 or else 0, [numActions]; undefined in environments without masks. */
  readonly mask: Uint8Array | undefined;
  readonly training: TrainingEnv;
  private readonly actions: ActionArray;
  /** The number of action 0 in the environment. */
  readonly firstAction: number;

  /**
   * The environment of `training`. Throws `RangeError`, beginning with `subject`, unless observations are `Discrete` or `MultiDiscrete`, actions
   * `Discrete`, and there is one copy.
   */
  constructor(subject: string, training: TrainingEnv) {
    this.env = training.env;
    const { numEnvs, observationSpace, actionMasks } = this.env;
    if (numEnvs !== 1) throw new RangeError(`${subject}: expected one copy of the environment, got ${numEnvs}`);
    const actionSpace = discreteActions(subject, this.env);
    this.index = stateIndex(subject, observationSpace);
    this.numStates = this.index.numStates;
    this.numActions = actionSpace.n;
    this.mask = actionMasks?.slice();
    this.training = training;
    this.actions = createActions(actionSpace, 1);
    this.firstAction = actionSpace.start;
  }

  /** The state to act in now. */
  get currentState(): number {
    return this.index.of(this.env.observations, 0);
  }

  /** Which actions make sense in the state to act in now. */
  get currentMask(): Uint8Array | undefined {
    return this.env.actionMasks;
  }

  /** The mask of s′; undefined also where the episode ended, since nobody says what would have made sense there. */
  get nextMask(): Uint8Array | undefined {
    return this.ended ? undefined : this.env.actionMasks;
  }

  /**
   * Takes action number `action`. Throws `EnvError` for a reward that is no finite number, `RangeError` for a mask without a legal
   * action.
   */
  step(action: number): void {
    const { env, mask } = this;
    const masks = env.actionMasks;
    if (mask !== undefined && masks !== undefined) for (let i = 0; i < mask.length; i++) mask[i] = masks[i];
    this.state = this.index.of(env.observations, 0);
    this.pair = this.state * this.numActions + action;
    this.actions[0] = this.firstAction + action;
    this.training.step(this.actions);
    this.reward = env.rewards[0];
    this.checkMask();
    this.terminated = env.terminated[0] !== 0;
    this.ended = this.terminated || env.truncated[0] !== 0;
    this.nextState = this.index.of(this.ended ? env.finalObservations : env.observations, 0);
  }

  /** Throws `RangeError` where no action makes sense in the state to act in now. */
  checkMask(): void {
    const { actionMasks } = this.env;
    if (actionMasks !== undefined) checkActionMasks(actionMasks, this.numActions, 1);
  }
}
