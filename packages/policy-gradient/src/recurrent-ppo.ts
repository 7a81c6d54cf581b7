import {
  Random,
  RolloutCollector,
  asVectorEnv,
  checkOptions,
  checkParameters,
  finiteNumber,
  flag,
  fraction,
  layerSizes,
  learnSteps,
  naturalNumber,
  nonNegativeNumber,
  nullable,
  oneOf,
  openCheckpoint,
  plainState,
  positiveInteger,
  positiveNumber,
  readState,
  scheduleOf,
  splitDevice,
  type ActOptions,
  type ActionArray,
  type Agent,
  type Checkpoint,
  type DeviceOption,
  type Env,
  type LearnOptions,
  type Observation,
  type OptionCheck,
  type Progress,
  type RecurrentActorCritic,
  type SpaceValue,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { ppoEpochs, updateMetrics } from './ppo-epochs.ts';
import { ppoLoss } from './ppo-loss.ts';
import type { PpoOptions } from './ppo.ts';
import { stepInputs } from './programs/policy-inputs.ts';
import { createRecurrentActorCritic, recurrentCells, type RecurrentCell } from './recurrent-networks.ts';

/**
 * PPO whose actor and critic remember, for environments that do not show their whole state: what it chooses depends on all that it saw
 * in the episode, through the state hₜ of an LSTM or a GRU,
 *
 *     hₜ = f(xₜ, hₜ₋₁),   π(·|hₜ),   v(h′ₜ),
 *
 * empty where an episode starts. The loss is that of `Ppo` (see {@link PpoOptions}). Each round begins with what was remembered at the end
 * of the one before; minibatches are sequences of consecutive steps of one copy, which begin with what was remembered when they were
 * played, and gradients flow back to their first step (truncated backpropagation through time). The states after the first are computed
 * anew with the present weights.
 *
 * Details follow `RecurrentPPO` of Stable-Baselines3 Contrib, and `ppo_atari_lstm.py` of CleanRL (Huang et al., 2022), whose minibatches
 * are whole sequences too; those of Stable-Baselines3 Contrib are cut anywhere, and padded.
 */
export interface RecurrentPpoOptions extends Omit<PpoOptions, 'klCoefficient' | 'klTarget'> {
  /** Steps of each environment copy in a round. Default 128 (Stable-Baselines3 Contrib). */
  readonly steps: number;
  /** Transitions in a minibatch, in whole sequences; divides steps × number of copies. Default 128 (Stable-Baselines3 Contrib). */
  readonly batchSize: number;
  /**
   * Steps of a sequence; divides `steps`; `null` for all of them. The program of an update has all these steps in it, and the time to
   * compile it grows with their square: about a second for 32, some twenty for 128. Default 32.
   */
  readonly sequenceLength: number | null;
  /** `lstm` (Hochreiter and Schmidhuber, 1997) or `gru` (Cho et al., 2014). Default `lstm`. */
  readonly cell: RecurrentCell;
  /** Numbers that the actor's recurrent layer puts out, and as many the critic's. Default 256 (Stable-Baselines3 Contrib). */
  readonly cellSize: number;
}

/** Stable-Baselines3 Contrib's defaults. */
export const recurrentPpoDefaults: RecurrentPpoOptions = {
  steps: 128,
  batchSize: 128,
  sequenceLength: 32,
  epochs: 10,
  learningRate: 3e-4,
  gamma: 0.99,
  gaeLambda: 0.95,
  clipRange: 0.2,
  clipRangeValue: null,
  entropyCoefficient: 0,
  valueCoefficient: 0.5,
  maxGradNorm: 0.5,
  targetKl: null,
  normalizeAdvantage: true,
  normalizeObservation: false,
  normalizeReward: false,
  cell: 'lstm',
  cellSize: 256,
  hidden: [64, 64],
  activation: 'tanh',
  orthogonalInitialization: true,
  initialLogStd: 0,
  stateDependentExploration: null,
  adamEpsilon: 1e-5,
  seed: 0,
};

const optionChecks: { readonly [Name in keyof RecurrentPpoOptions]: OptionCheck } = {
  steps: positiveInteger,
  batchSize: positiveInteger,
  sequenceLength: nullable(positiveInteger),
  epochs: positiveInteger,
  learningRate: scheduleOf(nonNegativeNumber),
  gamma: fraction,
  gaeLambda: fraction,
  clipRange: nullable(scheduleOf(nonNegativeNumber)),
  clipRangeValue: nullable(scheduleOf(nonNegativeNumber)),
  entropyCoefficient: finiteNumber,
  valueCoefficient: nonNegativeNumber,
  maxGradNorm: positiveNumber,
  targetKl: nullable(positiveNumber),
  normalizeAdvantage: flag,
  normalizeObservation: flag,
  normalizeReward: flag,
  cell: oneOf(...recurrentCells),
  cellSize: positiveInteger,
  hidden: layerSizes,
  activation: oneOf(...t.activationNames),
  orthogonalInitialization: flag,
  initialLogStd: finiteNumber,
  stateDependentExploration: nullable(positiveInteger),
  adamEpsilon: positiveNumber,
  seed: naturalNumber,
};

/** One minibatch step: through the sequences, the loss and its gradient back through them, Adam. */
function updateProgram(
  networks: RecurrentActorCritic,
  optimizer: t.Optimizer,
  env: VectorEnv,
  options: RecurrentPpoOptions,
  device: t.Device,
) {
  const { batchSize, steps, sequenceLength, maxGradNorm } = options;
  const inputs = {
    ...stepInputs(env, batchSize),
    memories: [batchSize / (sequenceLength ?? steps), networks.memorySize],
    episodeStarts: [batchSize],
    logProbabilities: [batchSize],
    advantages: [batchSize],
    returns: [batchSize],
    values: [batchSize],
    learningRate: [],
    clipRange: [],
    clipRangeValue: [],
  };
  return t.program(
    inputs,
    (batch) => {
      const { policy, values } = networks.unroll(batch.observations, batch.memories, batch);
      const parts = ppoLoss(policy, values, batch, options);
      const { gradientNorm } = optimizer.minimize(parts.loss, { learningRate: batch.learningRate, maxGradNorm });
      return { metrics: updateMetrics(parts, gradientNorm) };
    },
    { device },
  );
}

/** A PPO agent that remembers; see {@link RecurrentPpoOptions} for the algorithm. */
export class RecurrentPpo implements Agent {
  readonly algorithm = 'recurrent-ppo';
  readonly options: RecurrentPpoOptions;
  private readonly networks: RecurrentActorCritic;
  private readonly optimizer: t.Optimizer;
  private readonly update: ReturnType<typeof updateProgram>;
  private readonly rollouts: RolloutCollector;
  private readonly random: Random;

  /**
   * @param env one environment, or n copies stepped together (n × `steps` transitions a round); where it has action masks, illegal
   *   actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as sequences that do not divide a round evenly.
   */
  constructor(env: Env | VectorEnv, options: Partial<RecurrentPpoOptions> & DeviceOption = {}) {
    const { device, given } = splitDevice('RecurrentPpo', options);
    checkOptions<RecurrentPpoOptions>('RecurrentPpo', given, optionChecks);
    this.options = { ...recurrentPpoDefaults, ...given };
    const { steps, batchSize, seed, stateDependentExploration, adamEpsilon } = this.options;
    const { sequenceLength } = this.options;
    const length = sequenceLength ?? steps;
    const copies = asVectorEnv(env);
    const size = steps * copies.numEnvs;
    if (steps % length !== 0) {
      throw new RangeError(`sequenceLength: expected a divisor of ${steps} (steps), got ${length}`);
    }
    if (batchSize % length !== 0 || size % batchSize !== 0) {
      const expected = `a multiple of ${length} (steps of a sequence) that divides ${size} (steps × copies)`;
      throw new RangeError(`batchSize: expected ${expected}, got ${batchSize}`);
    }
    this.random = new Random(seed);
    const networkOptions = { ...this.options, stateDependentExploration: stateDependentExploration !== null };
    this.networks = createRecurrentActorCritic(copies, networkOptions, this.random);
    this.optimizer = t.adam(this.networks.parameters, { epsilon: adamEpsilon });
    this.update = updateProgram(this.networks, this.optimizer, copies, this.options, device);
    const rolloutOptions = { ...this.options, noiseSteps: stateDependentExploration ?? 1 };
    this.rollouts = new RolloutCollector(copies, this.networks, rolloutOptions, { device });
  }

  get step(): number {
    return this.rollouts.step;
  }

  /** The action for an observation, which it remembers until it is told that an episode starts (`ActOptions.episodeStarts`). */
  act(observation: Observation, options?: ActOptions): SpaceValue {
    return this.rollouts.act(observation, options);
  }

  /** As {@link RecurrentPpo.act}, row by row; batches of different sizes have separate memories. */
  actBatch(observations: Float32Array, actions: ActionArray, options?: ActOptions): void {
    this.rollouts.actBatch(observations, actions, options);
  }

  /** Trains up to `steps` environment steps, rounded up to whole rounds; yields after each round. */
  *learn(options: LearnOptions): Generator<Progress, void, void> {
    const steps = learnSteps(options);
    const { rollouts } = this;
    rollouts.begin(steps);
    while (rollouts.step < steps) {
      const progress = rollouts.step / steps;
      rollouts.collect();
      const round = { agent: this, progress, sequenceLength: this.options.sequenceLength ?? this.options.steps };
      const metrics = ppoEpochs(rollouts.buffer, this.update, this.random, this.options, round);
      checkParameters(this, this.networks.parameters);
      yield rollouts.progress(metrics);
    }
  }

  /** What it remembers of the episodes that it trains in is saved, what it remembers from acting is not. */
  checkpoint(): Checkpoint {
    checkParameters(this, this.networks.parameters);
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        random: this.random.getState(),
        rollouts: this.rollouts.getState(),
      },
      files: {
        'parameters.safetensors': t.saveParameters(this.networks.parameters),
        'optimizer.safetensors': t.saveParameters(this.optimizer.state),
      },
    };
  }

  /**
   * The agent that was saved, ready to act and to go on learning in `env` exactly as if it had not been interrupted.
   * @throws CheckpointError when the checkpoint is another algorithm's or incomplete, or the environment's state does not fit.
   * @throws SafetensorsError when the weights are corrupt or do not fit the environment's spaces.
   */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv, options: DeviceOption = {}): RecurrentPpo {
    const { state, file } = openCheckpoint(checkpoint, 'recurrent-ppo', env);
    const saved = readState(state, 'options') as Partial<RecurrentPpoOptions>;
    const agent = new RecurrentPpo(env, { ...saved, ...options });
    t.loadParameters(agent.networks.parameters, file('parameters.safetensors'));
    t.loadParameters(agent.optimizer.state, file('optimizer.safetensors'));
    agent.random.setState(readState(state, 'random'));
    agent.rollouts.setState(readState(state, 'rollouts'));
    return agent;
  }

  dispose(): void {
    for (const each of [this.update, this.rollouts, this.networks]) each.dispose();
    t.disposeParameters(this.optimizer.state);
  }
}
