import {
  Minibatches,
  OffPolicyLoop,
  SamplingKeys,
  UpdateMetrics,
  createActions,
  fraction,
  naturalNumber,
  nonNegativeNumber,
  nullable,
  positiveInteger,
  readNumber,
  randomActions,
  readState,
  samplingChecks,
  samplingDefaults,
  scheduleOf,
  scheduleValue,
  type ActionArray,
  type Agent,
  type AgentState,
  type CheckpointOptions,
  type Metrics,
  type OptionCheck,
  type PrioritizedReplayBatch,
  type Progress,
  type Random,
  type SamplingOptions,
  type Schedule,
  type StateDict,
  type TrainingEnv,
  type VectorEnv,
} from '@gradus/core';
import type { InputSpec, Program } from '@gradus/tensor';

/** Options of algorithms that learn from a replay buffer. */
export interface ReplayOptions extends SamplingOptions {
  /** Adam's step size, over the progress of training; the actor's, where the critic's is another one. Default 1e-3 in DDPG and TD3, 3e-4 in others (SB3). */
  readonly learningRate: Schedule;
  /** That of critics. `null`: the same. Default `null`. */
  readonly criticLearningRate: Schedule | null;
  /** Environment steps before the first update; until then all actions are random. Default 100 (SB3). */
  readonly learningStarts: number;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** Environment steps between rounds of updates; a multiple of the number of copies, which step together. Default 1 (SB3). */
  readonly trainFrequency: number;
  /** Updates in a round: as many as `trainFrequency` for one an environment step. Default 1 (SB3). */
  readonly gradientSteps: number;
  /** Seeds weights, exploration, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** Stable-Baselines3's defaults. */
export const replayDefaults: ReplayOptions = {
  ...samplingDefaults,
  learningRate: 3e-4,
  criticLearningRate: null,
  learningStarts: 100,
  gamma: 0.99,
  trainFrequency: 1,
  gradientSteps: 1,
  seed: 0,
};

/** What each of these options must be. */
export const replayChecks: { readonly [Name in keyof ReplayOptions]: OptionCheck } = {
  ...samplingChecks,
  learningRate: scheduleOf(nonNegativeNumber),
  criticLearningRate: nullable(scheduleOf(nonNegativeNumber)),
  learningStarts: naturalNumber,
  gamma: fraction,
  trainFrequency: positiveInteger,
  gradientSteps: {
    ...positiveInteger,
    explain: (value) => (value === -1 ? 'for one at each step set it to trainFrequency' : undefined),
  },
  seed: naturalNumber,
};

/** A minibatch, a key for what is drawn (each draw of a program has a stream of its own), and the step sizes of actor and critics. */
export type ReplayInputs = Record<
  Exclude<keyof PrioritizedReplayBatch, 'nextActionMasks'> | 'key' | 'learningRate' | 'criticLearningRate',
  unknown
>;

/** One update: what it reports, and the error of each row, for prioritized replay. */
export type ReplayUpdate = Program<ReplayInputs, Record<'metrics' | 'errors', unknown>>;

/** Inputs of an update. */
export function replayInputs(
  { observationSpace, actionSpace }: VectorEnv,
  { batchSize }: ReplayOptions,
): Record<keyof ReplayInputs, InputSpec> {
  const isDiscrete = actionSpace.kind === 'discrete';
  const actions: InputSpec = isDiscrete ? { shape: [batchSize], dtype: 'int32' } : [batchSize, actionSpace.size];
  return {
    observations: [batchSize, observationSpace.size],
    actions,
    rewards: [batchSize],
    nextObservations: [batchSize, observationSpace.size],
    discounts: [batchSize],
    // Only prioritized replay fills them.
    weights: { shape: [batchSize], dtype: 'float32', initial: 1 },
    key: { shape: [2], dtype: 'int32' },
    learningRate: [],
    criticLearningRate: [],
  };
}

/** What of {@link ReplayLearning} is the algorithm's own. */
export interface ReplayMethod {
  /** What updates report, in the order of their output `metrics`; some may report only the first ones. */
  readonly metricNames: readonly string[];
  /** Writes the actions to take in all copies' states; `progress` is the part of training done. */
  readonly act: (actions: ActionArray, progress: number) => void;
  /** The program of an update, counted from 0. */
  readonly update: (count: number) => ReplayUpdate;
  /** What is reported besides after a round of updates. */
  readonly report?: (() => Metrics) | undefined;
}

/** How an agent learns from a replay buffer: random actions at first, then those of the method, and now and then a round of updates. */
export class ReplayLearning implements AgentState {
  readonly keys: SamplingKeys;
  private readonly training: TrainingEnv;
  private readonly options: ReplayOptions;
  private readonly random: Random;
  private readonly minibatches: Minibatches;
  private readonly loop: OffPolicyLoop;
  private updates = 0;

  /** Throws `RangeError` for a buffer that has no room, and for options that do not fit together or to the number of copies. */
  constructor(training: TrainingEnv, options: ReplayOptions, random: Random) {
    this.training = training;
    this.options = options;
    this.random = random;
    this.minibatches = new Minibatches(training, options, random);
    this.loop = new OffPolicyLoop(training, this.minibatches.buffer, options);
    this.keys = new SamplingKeys(options.seed);
  }

  /** Trains `agent` until `totalSteps` environment steps are done; yields every `trainFrequency` of them, and at the end. */
  *run(agent: Agent, totalSteps: number, method: ReplayMethod): Generator<Progress, void, void> {
    const { training, random, options } = this;
    yield* this.loop.run(totalSteps, {
      explore: (actions, progress) => {
        if (agent.step < options.learningStarts) randomActions(training.env, actions, random);
        else method.act(actions, progress);
        return noMetrics;
      },
      improve: (progress) => this.improve(agent, method, progress),
    });
  }

  /** A round of minibatch steps. */
  private improve(agent: Agent, { metricNames, update, report }: ReplayMethod, progress: number): Metrics {
    const { minibatches, keys } = this;
    const { gradientSteps, learningRate, criticLearningRate } = this.options;
    const rate = scheduleValue(learningRate, progress);
    const criticRate = scheduleValue(criticLearningRate ?? learningRate, progress);
    const reported = new UpdateMetrics(agent, metricNames);
    for (let i = 0; i < gradientSteps; i++) {
      const program = update(this.updates++);
      const { inputs } = program;
      inputs.learningRate[0] = rate;
      inputs.criticLearningRate[0] = criticRate;
      keys.forTraining(inputs.key);
      minibatches.draw(inputs, progress);
      const { metrics, errors } = program.run();
      reported.add(metrics);
      minibatches.learnedFrom(errors);
    }
    return { ...reported.means(), 'train/learning_rate': rate, 'train/updates': this.updates, ...report?.() };
  }

  get batchSize(): number {
    return this.options.batchSize;
  }

  /** The observations of a minibatch that nothing is learned from, [rows × size]; undefined while there is nothing to draw. */
  drawObservations(progress: number): Float32Array | undefined {
    const { minibatches, batchSize, training } = this;
    if (!minibatches.areReady) return undefined;
    const { observationSpace, actionSpace } = training.env;
    const observations = (): Float32Array => new Float32Array(batchSize * observationSpace.size);
    const drawn = {
      observations: observations(),
      actions: createActions(actionSpace, batchSize),
      rewards: new Float32Array(batchSize),
      nextObservations: observations(),
      discounts: new Float32Array(batchSize),
      weights: new Float32Array(batchSize),
    };
    minibatches.draw(drawn, progress);
    return drawn.observations;
  }

  getState(options?: CheckpointOptions): StateDict {
    return { updates: this.updates, keys: this.keys.getState(), loop: this.loop.getState(options) };
  }

  setState(state: StateDict): void {
    this.updates = readNumber(state, 'updates');
    this.keys.setState(readState(state, 'keys'));
    this.loop.setState(readState(state, 'loop'));
  }
}

const noMetrics: Metrics = {};
