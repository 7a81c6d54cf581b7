import { checkActions } from './check-values.ts';
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
import { EnvError } from '../errors.ts';
import type { GoalRules } from './goal-rules.ts';
import type { RandomSource } from '../random/random.ts';
import { checkRenderContext, type RenderContext, type RenderFormat } from './render-context.ts';
import { copySeedsOf } from './reset-options.ts';
import { copySeeds } from '../random/seed-sequence.ts';
import type { ActionArray } from '../spaces/spaces.ts';
import { readState, readStates, type StateDict } from '../checkpoints/state.ts';
import { VectorBuffers, checkCopyIndex } from './vector-buffers.ts';
import type { VectorEnv, VectorResetOptions } from './vector-env.ts';

/** `n` copies of the environment that follows `dynamics`, stepped together. Throws `RangeError` unless n is a positive integer. */
export function vectorEnvFromDynamics<Name extends string, Actions extends ActionArray>(
  dynamics: Dynamics<Name, Actions>,
  n: number,
): VectorEnv {
  checkDynamics('vectorEnvFromDynamics', dynamics);
  return new DynamicsVectorEnv(dynamics, n);
}

class DynamicsVectorEnv<Name extends string, Actions extends ActionArray> extends VectorBuffers implements VectorEnv {
  readonly actionMasks?: Uint8Array | undefined;
  readonly goalRules?: GoalRules;
  readonly renderFormat?: RenderFormat | undefined;
  readonly render?: (context: RenderContext, index: number) => void;
  private readonly dynamics: Dynamics<Name, Actions>;
  readonly maxEpisodeSteps?: number;
  private readonly limit: number;
  private readonly state: DynamicsState<Name>;
  private randoms: RandomSource[] = [];
  /** The copies whose episodes ended in the last step. */
  private readonly ended: Int32Array;
  private numEnded = 0;

  constructor(dynamics: Dynamics<Name, Actions>, n: number) {
    super(dynamics.observationSpace, dynamics.actionSpace, n);
    this.dynamics = dynamics;
    this.limit = dynamics.maxEpisodeSteps ?? Infinity;
    if (this.limit < Infinity) this.maxEpisodeSteps = this.limit;
    this.state = createState(dynamics, n);
    this.ended = new Int32Array(n);
    if (dynamics.writeActionMasks) this.actionMasks = new Uint8Array(n * actionMaskSize(dynamics.actionSpace));
    if (dynamics.goalRules) this.goalRules = dynamics.goalRules;
    if (dynamics.render) {
      this.renderFormat = dynamics.renderFormat;
      this.render = (context, index) => {
        checkRenderContext(context);
        checkCopyIndex(index, n);
        dynamics.render?.(this.state, index, context);
      };
    }
  }

  reset(options: VectorResetOptions = {}): void {
    const seed = copySeedsOf(options);
    if (seed !== undefined || this.randoms.length === 0) {
      this.randoms = copySeeds(seed, this.numEnvs).map(createEnvRandom);
    }
    if (seed !== undefined) clearState(this.state);
    for (let i = 0; i < this.numEnvs; i++) this.dynamics.reset(this.state, i, this.randoms[i]);
    this.dynamics.observe(this.state, this.observations, 0, this.numEnvs);
    this.updateActionMasks();
    this.clearBuffers();
    this.numEnded = 0;
  }

  step(actions: ActionArray): void {
    const { numEnvs, dynamics, state, randoms, ended } = this;
    if (randoms.length === 0) throw new EnvError('step: no episode was begun, expected a call of reset first');
    checkActions(this.actionSpace, actions, numEnvs);
    // `checkActions` made sure of the kind of array.
    dynamics.step(state, actions as Actions, this, 0, numEnvs, randoms);
    this.countStep();
    for (let k = 0; k < this.numEnded; k++) {
      const i = ended[k];
      dynamics.observe(state, this.finalObservations, i, i + 1);
      dynamics.reset(state, i, randoms[i]);
    }
    dynamics.observe(state, this.observations, 0, numEnvs);
    this.updateActionMasks();
  }

  close(): void {
    // Holds nothing but memory.
  }

  getState(): StateDict {
    if (this.randoms.length === 0) throw new EnvError('getState: there is no state before the first reset');
    return {
      buffers: this.getBuffersState(),
      randoms: this.randoms.map((random) => random.getState()),
      state: snapshotDynamicsState(this.state),
    };
  }

  setState(state: StateDict): void {
    const randoms = readStates(state, 'randoms', this.numEnvs).map((saved) => {
      const random = createEnvRandom();
      random.setState(saved);
      return random;
    });
    restoreDynamicsState(this.state, readState(state, 'state'));
    this.setBuffersState(readState(state, 'buffers'));
    this.updateActionMasks();
    this.randoms = randoms;
    this.findEnded();
  }

  private updateActionMasks(): void {
    if (this.actionMasks) this.dynamics.writeActionMasks?.(this.state, this.actionMasks, 0, this.numEnvs);
  }

  /** Updates lengths, returns and time limits after a step of the dynamics, and finds the episodes that ended. */
  private countStep(): void {
    const { numEnvs, limit, rewards, truncated, episodeReturns, episodeLengths, ended } = this;
    for (let k = 0; k < this.numEnded; k++) {
      episodeReturns[ended[k]] = 0;
      episodeLengths[ended[k]] = 0;
    }
    for (let i = 0; i < numEnvs; i++) {
      episodeReturns[i] += rewards[i];
      const length = ++episodeLengths[i];
      truncated[i] = length >= limit ? 1 : 0;
    }
    this.findEnded();
  }

  private findEnded(): void {
    const { numEnvs, terminated, truncated, ended } = this;
    let count = 0;
    for (let i = 0; i < numEnvs; i++) if ((terminated[i] | truncated[i]) !== 0) ended[count++] = i;
    this.numEnded = count;
  }
}
