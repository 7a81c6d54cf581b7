import {
  Random,
  checkActing,
  checkActingTogether,
  checkActionMasks,
  checkOptions,
  checkParameters,
  checkUpdate,
  finiteNumber,
  fraction,
  learnSteps,
  naturalNumber,
  openCheckpoint,
  plainState,
  readNumber,
  readState,
  restoreArray,
  numbersOf,
  type ActOptions,
  type ActionArray,
  type Agent,
  type Checkpoint,
  type Env,
  type LearnMoreOptions,
  type LearnOptions,
  type Observation,
  type OptionCheck,
  type Progress,
  type SpaceValue,
  type Stateful,
  type VectorEnv,
} from '@gradus/core';
import { bestAction } from './best-action.ts';
import { Explorer, epsilonGreedy, explorationStrategy, sampleAction, type Exploration } from './exploration.ts';
import { stepSize, type StepSize } from './step-size.ts';
import { TabularEnv } from './tabular-env.ts';
import { ValueTable } from './value-table.ts';

/** What all tabular agents may be told. */
export interface TabularOptions {
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** α, a number, a schedule or a rule of visits. Default 0.1 (Sutton and Barto, 2018). */
  readonly alpha: StepSize;
  /** How actions are tried. Default ε-greedy with ε = 0.1 (Sutton and Barto, 2018). */
  readonly exploration: Exploration;
  /** What all action values are at first; one above all true values makes agents try everything. Default 0. */
  readonly initialValue: number;
  /** Seeds exploration and the environment. Default 0. */
  readonly seed: number;
}

/** Those of the textbook's examples. */
export const tabularDefaults: TabularOptions = {
  gamma: 0.99,
  alpha: 0.1,
  exploration: epsilonGreedy(0.1),
  initialValue: 0,
  seed: 0,
};

/** What the options of {@link TabularOptions} must be. */
export const tabularChecks: { readonly [Name in keyof TabularOptions]: OptionCheck } = {
  gamma: fraction,
  alpha: stepSize,
  exploration: explorationStrategy,
  initialValue: finiteNumber,
  seed: naturalNumber,
};

/** Environment steps between two yields of `learn`. */
const YIELD_INTERVAL = 1000;

/**
 * What all tabular control shares: a table q(s, a), acting, exploring, the loop, and checkpoints. A method is its `update`, which learns from the
 * transition that `world` holds. Where the environment has action masks, illegal actions are neither taken nor bootstrapped from.
 */
export abstract class TabularAgent<Options extends TabularOptions = TabularOptions> implements Agent {
  readonly algorithm: string;
  readonly options: Options;
  readonly numStates: number;
  readonly numActions: number;
  /** q(s, a), [numStates × numActions]; states are numbered as {@link stateOf} says. */
  readonly actionValues: Float64Array;
  /** How often each action was taken in each state, [numStates × numActions]. */
  readonly visits: Uint32Array;
  protected readonly world: TabularEnv;
  protected readonly table: ValueTable;
  protected readonly random: Random;
  /** The part of training that is done, for schedules. */
  protected progress = 0;
  private readonly explorer: Explorer;
  /** The action that on-policy learning has chosen for the next step already; −1 if none. */
  private chosen = -1;
  /** Sum of |errors| since the last yield, and their number. */
  private errorSum = 0;
  private errorCount = 0;

  /**
   * `env`: an environment with `Discrete` or `MultiDiscrete` observations and `Discrete` actions, one copy of it. Throws `RangeError` for any
   * other, an unknown option or a wrong one.
   */
  constructor(
    algorithm: string,
    env: Env | VectorEnv,
    options: Partial<Options>,
    defaults: Options,
    checks: { readonly [Name in keyof Options]: OptionCheck },
  ) {
    checkOptions<Options>(algorithm, options, checks);
    this.algorithm = algorithm;
    this.options = { ...defaults, ...options };
    const { alpha, exploration, initialValue, seed } = this.options;
    this.world = new TabularEnv(algorithm, env, seed);
    this.numStates = this.world.numStates;
    this.numActions = this.world.numActions;
    const size = this.numStates * this.numActions;
    this.table = new ValueTable(size, initialValue, alpha);
    this.actionValues = this.table.values;
    this.visits = new Uint32Array(size);
    this.explorer = new Explorer(exploration, this.actionValues, this.visits, this.numActions);
    this.random = new Random(seed);
  }

  /** Learns from the transition (s, a, r, s′) that `world` holds. */
  protected abstract update(): void;

  /** What the method itself remembers from step to step, besides the table: undefined if nothing. */
  protected get memory(): Stateful | undefined {
    return undefined;
  }

  get step(): number {
    return this.world.training.recorder.step;
  }

  /** Trains up to `steps` environment steps; yields every 1000 of them, and at the end. */
  *learn(options: LearnOptions | LearnMoreOptions): Generator<Progress, void, void> {
    const steps = learnSteps(options, this.step);
    const { world, explorer } = this;
    const { recorder } = world.training;
    world.begin(steps);
    while (recorder.step < steps) {
      this.takeStep(recorder.step / steps);
      if (recorder.step >= steps) this.checkValues();
      if (recorder.step % YIELD_INTERVAL !== 0 && recorder.step < steps) continue;
      const { errorSum, errorCount } = this;
      this.errorSum = 0;
      this.errorCount = 0;
      yield recorder.progress({
        ...(errorCount > 0 ? { 'train/td_error': errorSum / errorCount } : {}),
        'train/exploration': explorer.level,
      });
    }
  }

  private takeStep(progress: number): void {
    const { world } = this;
    this.progress = progress;
    const action = this.chosen === -1 ? this.explore(world.currentState, world.currentMask) : this.chosen;
    this.chosen = -1;
    world.step(action);
    this.visits[world.pair]++;
    this.update();
    world.training.recorder.record(world.env);
  }

  private explore(state: number, mask: Uint8Array | undefined): number {
    const policy = this.explorer.policyIn(state, mask, this.progress);
    return sampleAction(policy, 0, policy.length, this.random);
  }

  /** Moves q of `pair` towards `target` by α. */
  protected moveTowards(pair: number, target: number): void {
    this.noteError(this.table.moveTowards(pair, target, this.progress));
  }

  /** Counts an error in the metric `train/td_error`. Throws `DivergenceError` for one that is not finite. */
  protected noteError(error: number): void {
    if (error - error !== 0) checkUpdate(this, { 'train/td_error': error });
    this.errorSum += Math.abs(error);
    this.errorCount++;
  }

  /** max_a q(s′, a); 0 where the task ended. */
  protected maximumNextValue(): number {
    const { world, actionValues, numActions } = this;
    if (world.terminated) return 0;
    const first = world.nextState * numActions;
    return actionValues[first + bestAction(actionValues, first, numActions, world.nextMask)];
  }

  /** Σ_a π(a | s′) q(s′, a), π being how actions are tried; 0 where the task ended. */
  protected expectedNextValue(): number {
    const { world, actionValues, numActions } = this;
    if (world.terminated) return 0;
    const policy = this.explorer.policyIn(world.nextState, world.nextMask, this.progress);
    const first = world.nextState * numActions;
    let value = 0;
    for (let a = 0; a < numActions; a++) value += policy[a] * actionValues[first + a];
    return value;
  }

  /**
   * q(s′, a′) of the action a′ that is drawn now and will be taken in the next step; 0 where the task ended. Where the episode was cut off, a′ is only
   * drawn.
   */
  protected sampledNextValue(): number {
    const { world } = this;
    if (world.terminated) return 0;
    const action = this.explore(world.nextState, world.nextMask);
    if (!world.ended) this.chosen = action;
    return this.actionValues[world.nextState * this.numActions + action];
  }

  /** The row of the table that belongs to an observation. Throws `RangeError` for one that is not in the environment's space. */
  stateOf(observation: Observation): number {
    const { observationSpace } = this.world.env;
    const problem = observationSpace.problem(observation);
    if (problem !== undefined) throw new RangeError(`observation ${problem}`);
    return this.world.index.of(numbersOf(observationSpace, observation), 0);
  }

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
    return bestAction(this.actionValues, state * this.numActions, this.numActions, masks, row * this.numActions);
  }

  private checkValues(): void {
    checkParameters(this, { actionValues: this.actionValues });
  }

  checkpoint(): Checkpoint {
    this.checkValues();
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        chosen: this.chosen,
        visits: this.visits.slice(),
        table: this.table.getState(),
        memory: this.memory?.getState() ?? null,
        random: this.random.getState(),
        world: this.world.getState(),
      },
      files: {},
    };
  }

  /** Makes this agent what it was at a checkpoint of its algorithm. Throws `CheckpointError` where that does not fit. */
  protected load(checkpoint: Checkpoint): this {
    const { state } = openCheckpoint(checkpoint, this.algorithm);
    this.chosen = readNumber(state, 'chosen');
    restoreArray(state, 'visits', this.visits);
    this.table.setState(readState(state, 'table'));
    this.memory?.setState(readState(state, 'memory'));
    this.random.setState(readState(state, 'random'));
    this.world.setState(readState(state, 'world'));
    return this;
  }

  dispose(): void {
    // Holds nothing but memory.
  }
}

/** The options that an agent was saved with. Throws `CheckpointError` for a checkpoint of another algorithm. */
export function savedOptions<Options extends TabularOptions>(
  checkpoint: Checkpoint,
  algorithm: string,
): Partial<Options> {
  return readState(openCheckpoint(checkpoint, algorithm).state, 'options') as Partial<Options>;
}
