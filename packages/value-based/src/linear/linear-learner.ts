import {
  checkActionMasks,
  checkUpdate,
  createActions,
  everyStep,
  fraction,
  naturalNumber,
  nonNegativeNumber,
  scheduleOf,
  scheduleValue,
  type ActionArray,
  type Agent,
  type AgentParts,
  type OptionCheck,
  type Progress,
  type Random,
  type SavedParts,
  type Schedule,
  type TrainingEnv,
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

/** Whose learner it is. */
type Learner = Pick<Agent, 'algorithm' | 'step'> & { readonly options: LinearAgentOptions };

/** What agents with linear action values share: acting by these, exploring, and the loop around their updates. */
export class LinearLearner {
  /** q(s, ·) */
  readonly values: LinearActionValues;
  readonly env: VectorEnv;
  /** x(s) of the state to act in, and memory for that of the next one. */
  present: FeatureVector;
  next: FeatureVector;
  private readonly agent: Learner;
  private readonly training: TrainingEnv;
  private readonly random: Random;
  private readonly actions: ActionArray;

  /** Throws `RangeError`, beginning with the agent's algorithm, as {@link LinearActionValues} does. */
  constructor(agent: Learner, training: TrainingEnv, random: Random) {
    this.agent = agent;
    this.training = training;
    this.random = random;
    this.env = training.env;
    this.values = new LinearActionValues(agent.algorithm, this.env, agent.options.features);
    this.present = createFeatureVector(this.values.features);
    this.next = createFeatureVector(this.values.features);
    this.actions = createActions(this.env.actionSpace, 1);
  }

  /** What its agent is made of; `own`: what the method has besides. */
  parts(own: SavedParts = {}): AgentParts {
    return { ...own, policy: this.values, learned: { weights: this.values.weights } };
  }

  /**
   * Trains until `totalSteps` environment steps are done; yields after every 100th, and at the end. `learn` takes a step from the state of `present`, learns
   * from it, and leaves in `present` the state to act in next; it returns δ.
   */
  train(totalSteps: number, learn: (alpha: number, epsilon: number) => number): Generator<Progress, void, void> {
    const { env, values, agent } = this;
    values.features.write(env.observations, 0, this.present);
    let [errors, count, alpha, epsilon] = [0, 0, 0, 0];
    return everyStep(this.training, totalSteps, {
      interval: YIELD_INTERVAL,
      step: (progress) => {
        alpha = scheduleValue(agent.options.alpha, progress);
        epsilon = scheduleValue(agent.options.epsilon, progress);
        const error = learn(alpha, epsilon);
        if (error - error !== 0) checkUpdate(agent, { 'train/td_error': error });
        errors += Math.abs(error);
        count++;
      },
      report: () => {
        const meanError = errors / count;
        errors = count = 0;
        return { 'train/td_error': meanError, 'train/alpha': alpha, 'train/epsilon': epsilon };
      },
    });
  }

  /** Which actions are legal in the state that the environment shows. Throws `RangeError` where none is. */
  legalActions(): Uint8Array | undefined {
    const { actionMasks } = this.env;
    if (actionMasks) checkActionMasks(actionMasks, this.values.numActions);
    return actionMasks;
  }

  /** An ε-greedy action for the state that the environment shows, of which x(s) is `vector`. */
  explore(vector: FeatureVector, epsilon: number): number {
    return this.values.explore(vector, epsilon, this.random, this.legalActions());
  }

  /** Takes action number `action`; its reward. Throws `EnvError` for one that is not finite. */
  take(action: number): number {
    this.actions[0] = this.values.firstAction + action;
    this.training.step(this.actions);
    return this.env.rewards[0];
  }

  /** `next` becomes the state to act in. */
  proceed(): void {
    [this.present, this.next] = [this.next, this.present];
  }
}
