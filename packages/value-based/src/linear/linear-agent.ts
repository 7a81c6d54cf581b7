import {
  Random,
  TrainingEnv,
  asVectorEnv,
  checkActing,
  checkActingTogether,
  checkActionMasks,
  checkOptions,
  checkParameters,
  checkUpdate,
  createActions,
  fraction,
  learnSteps,
  naturalNumber,
  nonNegativeNumber,
  openCheckpoint,
  plainState,
  readState,
  restoreArray,
  scheduleOf,
  scheduleValue,
  type ActOptions,
  type ActionArray,
  type Agent,
  type Checkpoint,
  type Discrete,
  type Env,
  type LearnMoreOptions,
  type LearnOptions,
  type Observation,
  type OptionCheck,
  type Progress,
  type Schedule,
  type SpaceValue,
  type StateDict,
  type VectorEnv,
} from '@gradus/core';
import { featureOptions, type FeatureOptions } from './create-features.ts';
import { createFeatureVector, type FeatureVector } from './features.ts';
import { LinearActionValues } from './linear-action-values.ts';

/** Options of agents whose action values are linear in features. */
export interface LinearAgentOptions {
  /** x(s). Default: 8 tilings of 8 tiles across each dimension (Sutton and Barto, 2018, §10.1). */
  readonly features: FeatureOptions;
  /**
   * α, the step size, over the progress of training. With tile coding 1 / tilings would bring a value to its target in one step.
   * Default 0.5 / 8 (Sutton and Barto, 2018, Figure 10.2).
   */
  readonly alpha: Schedule;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** Probability of a random action, over the progress of training. Default 0.1 (S3.3). */
  readonly epsilon: Schedule;
  /** Seeds exploration and the environment. Default 0. */
  readonly seed: number;
}

/** Those of the textbook's mountain car, but for γ and ε. */
export const linearAgentDefaults: LinearAgentOptions = {
  features: { kind: 'tiles', tilings: 8, tiles: 8 },
  alpha: 0.0625,
  gamma: 0.99,
  epsilon: 0.1,
  seed: 0,
};

/** What the options of {@link LinearAgentOptions} must be. */
export const linearAgentChecks: { readonly [Name in keyof LinearAgentOptions]: OptionCheck } = {
  features: featureOptions,
  alpha: scheduleOf(nonNegativeNumber),
  gamma: fraction,
  epsilon: scheduleOf(fraction),
  seed: naturalNumber,
};

/** Steps between two yields of `learn`. */
const YIELD_INTERVAL = 100;

/** What agents with linear action values share: acting, the loop around their updates, and checkpoints. */
export abstract class LinearAgent<Options extends LinearAgentOptions = LinearAgentOptions> implements Agent {
  readonly algorithm: string;
  readonly options: Options;
  /** q(s, ·) */
  readonly values: LinearActionValues;
  protected readonly env: VectorEnv;
  protected readonly random: Random;
  /** x(s) of the state to act in, and memory for that of the next one. */
  protected present: FeatureVector;
  protected next: FeatureVector;
  private readonly training: TrainingEnv;
  private readonly actions: ActionArray;
  private readonly firstAction: number;

  constructor(
    algorithm: string,
    env: Env | VectorEnv,
    given: Partial<Options>,
    defaults: Options,
    checks: { readonly [Name in keyof Options]: OptionCheck },
  ) {
    checkOptions<Options>(algorithm, given, checks);
    this.algorithm = algorithm;
    this.options = { ...defaults, ...given };
    this.env = asVectorEnv(env);
    this.values = new LinearActionValues(algorithm, this.env, this.options.features);
    this.random = new Random(this.options.seed);
    this.present = createFeatureVector(this.values.features);
    this.next = createFeatureVector(this.values.features);
    this.training = new TrainingEnv(this.env, this.options.seed);
    this.actions = createActions(this.env.actionSpace, 1);
    this.firstAction = (this.env.actionSpace as Discrete).start;
  }

  get step(): number {
    return this.training.recorder.step;
  }

  /** The best action, the first of equal ones; without `deterministic` the same: exploration belongs to training. */
  act(observation: Observation, options: ActOptions = {}): SpaceValue {
    checkActing(this.env.observationSpace, observation, options);
    return this.values.act(observation, options);
  }

  actBatch(observations: Float32Array, actions: ActionArray, options: ActOptions = {}): void {
    checkActingTogether(this.env, observations, actions, options);
    this.values.actBatch(observations, actions, options);
  }

  /** Trains up to `steps` environment steps, with an update after each; yields after every 100th, and at the end. */
  *learn(learnOptions: LearnOptions | LearnMoreOptions): Generator<Progress, void, void> {
    const steps = learnSteps(learnOptions, this.step);
    const { env, values, options } = this;
    const { recorder } = this.training;
    this.training.requireSameEpisode();
    this.training.begin(steps);
    values.features.write(env.observations, 0, this.present);
    for (let errors = 0, count = 0; recorder.step < steps;) {
      const progress = recorder.step / steps;
      const alpha = scheduleValue(options.alpha, progress);
      const epsilon = scheduleValue(options.epsilon, progress);
      const error = this.learnFromStep(alpha, epsilon);
      errors += Math.abs(error);
      count++;
      recorder.record(env);
      if (error - error !== 0) checkUpdate(this, { 'train/td_error': error });
      if (recorder.step >= steps) this.checkWeights();
      if (recorder.step % YIELD_INTERVAL !== 0 && recorder.step < steps) continue;
      yield recorder.progress({ 'train/td_error': errors / count, 'train/alpha': alpha, 'train/epsilon': epsilon });
      errors = count = 0;
    }
  }

  /** Takes a step from the state of `present`, learns from it, and leaves in `present` the state to act in next. Returns δ. */
  protected abstract learnFromStep(alpha: number, epsilon: number): number;

  /** Which actions are legal in the state that the environment shows. Throws `RangeError` where none is. */
  protected legalActions(): Uint8Array | undefined {
    const { actionMasks } = this.env;
    if (actionMasks) checkActionMasks(actionMasks, this.values.numActions);
    return actionMasks;
  }

  /** An ε-greedy action for the state that the environment shows, of which x(s) is `vector`. */
  protected explore(vector: FeatureVector, epsilon: number): number {
    return this.values.explore(vector, epsilon, this.random, this.legalActions());
  }

  /** Takes action number `action`; its reward. Throws `EnvError` for one that is not finite. */
  protected take(action: number): number {
    const { env, actions, firstAction } = this;
    actions[0] = firstAction + action;
    this.training.step(actions);
    return env.rewards[0];
  }

  /** `next` becomes the state to act in. */
  protected proceed(): void {
    [this.present, this.next] = [this.next, this.present];
  }

  private checkWeights(): void {
    checkParameters(this, { weights: this.values.weights });
  }

  checkpoint(): Checkpoint {
    this.checkWeights();
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        weights: this.values.weights.slice(),
        random: this.random.getState(),
        training: this.training.getState(),
      },
      files: {},
    };
  }

  /** Puts back what {@link checkpoint} holds, but for the options. */
  protected setState(state: StateDict): void {
    restoreArray(state, 'weights', this.values.weights);
    this.random.setState(readState(state, 'random'));
    this.training.setState(readState(state, 'training'));
  }

  dispose(): void {
    // Holds nothing but memory.
  }
}

/** A checkpoint's state and the options in it. Throws `CheckpointError` when it is another algorithm's. */
export function openLinearCheckpoint<Options extends LinearAgentOptions>(
  checkpoint: Checkpoint,
  algorithm: string,
): { readonly state: StateDict; readonly options: Partial<Options> } {
  const { state } = openCheckpoint(checkpoint, algorithm);
  return { state, options: readState(state, 'options') as unknown as Partial<Options> };
}
