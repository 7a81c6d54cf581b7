import { checkValue } from './check-values.ts';
import {
  actionMaskSize,
  checkDynamics,
  clearState,
  createEnvRandom,
  createState,
  restoreDynamicsState,
  snapshotDynamicsState,
  type Dynamics,
  type DynamicsState,
} from './dynamics.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from './env.ts';
import { EnvError } from '../errors.ts';
import type { GoalRules } from './goal-rules.ts';
import type { RandomSource } from '../random/random.ts';
import { checkRenderContext, type RenderContext, type RenderFormat } from './render-context.ts';
import { seedOf } from './reset-options.ts';
import { createActions, readRow, writeRow, type ActionArray, type Space, type SpaceValue } from '../spaces/spaces.ts';
import { readNumber, readState, type StateDict, type Stateful } from '../checkpoints/state.ts';

/**
 * The single environment that follows `dynamics`. It steps the same code as `vectorEnvFromDynamics`, so a copy there and this
 * one here, seeded alike, live through the same episodes.
 */
export function envFromDynamics<Name extends string, Actions extends ActionArray>(
  dynamics: Dynamics<Name, Actions>,
): Env<SpaceValue> & Stateful & { close(): void } {
  checkDynamics('envFromDynamics', dynamics);
  return new DynamicsEnv(dynamics);
}

class DynamicsEnv<Name extends string, Actions extends ActionArray> implements Env<SpaceValue>, Stateful {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly renderFormat?: RenderFormat | undefined;
  readonly render?: (context: RenderContext) => void;
  readonly actionMask?: () => Uint8Array;
  readonly goalRules?: GoalRules;
  private readonly dynamics: Dynamics<Name, Actions>;
  private readonly state: DynamicsState<Name>;
  readonly maxEpisodeSteps?: number;
  private readonly limit: number;
  private readonly action: ActionArray;
  private readonly observation: Float32Array;
  private readonly outcome = { rewards: new Float64Array(1), terminated: new Uint8Array(1) };
  private randoms: RandomSource[] = [];
  /** Steps since reset, −1 while the environment waits for one. */
  private steps = -1;

  constructor(dynamics: Dynamics<Name, Actions>) {
    this.observationSpace = dynamics.observationSpace;
    this.actionSpace = dynamics.actionSpace;
    this.dynamics = dynamics;
    this.limit = dynamics.maxEpisodeSteps ?? Infinity;
    if (this.limit < Infinity) this.maxEpisodeSteps = this.limit;
    this.state = createState(dynamics, 1);
    this.action = createActions(dynamics.actionSpace, 1);
    this.observation = new Float32Array(dynamics.observationSpace.size);
    if (dynamics.writeActionMasks) {
      const size = actionMaskSize(dynamics.actionSpace);
      this.actionMask = () => {
        const mask = new Uint8Array(size);
        dynamics.writeActionMasks?.(this.state, mask, 0, 1);
        return mask;
      };
    }
    if (dynamics.goalRules) this.goalRules = dynamics.goalRules;
    if (dynamics.render) {
      this.renderFormat = dynamics.renderFormat;
      this.render = (context) => {
        checkRenderContext(context);
        dynamics.render?.(this.state, 0, context);
      };
    }
  }

  reset(options: ResetOptions = {}): ResetResult<SpaceValue> {
    const seed = seedOf(options);
    if (seed !== undefined || this.randoms.length === 0) this.randoms = [createEnvRandom(seed)];
    if (seed !== undefined) clearState(this.state);
    this.dynamics.reset(this.state, 0, this.randoms[0]);
    this.steps = 0;
    return { observation: this.observe() };
  }

  step(action: SpaceValue): StepResult<SpaceValue> {
    if (this.steps < 0)
      throw new EnvError('step: the episode is over or was never begun, expected a call of reset first');
    checkValue('action', this.actionSpace, action);
    writeRow(this.actionSpace, action, this.action, 0);
    // The space decides which kind of array `createActions` made.
    this.dynamics.step(this.state, this.action as Actions, this.outcome, 0, 1, this.randoms);
    this.steps++;
    const terminated = this.outcome.terminated[0] === 1;
    const truncated = this.steps >= this.limit;
    if (terminated || truncated) this.steps = -1;
    return { observation: this.observe(), reward: this.outcome.rewards[0], terminated, truncated };
  }

  close(): void {
    // Holds nothing but memory.
  }

  getState(): StateDict {
    if (this.randoms.length === 0) throw new EnvError('getState: there is no state before the first reset');
    return { steps: this.steps, random: this.randoms[0].getState(), state: snapshotDynamicsState(this.state) };
  }

  setState(state: StateDict): void {
    const random = createEnvRandom();
    random.setState(readState(state, 'random'));
    restoreDynamicsState(this.state, readState(state, 'state'));
    this.steps = readNumber(state, 'steps');
    this.randoms = [random];
  }

  private observe(): SpaceValue {
    this.dynamics.observe(this.state, this.observation, 0, 1);
    return readRow(this.observationSpace, this.observation, 0);
  }
}
