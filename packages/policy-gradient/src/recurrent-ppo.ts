import {
  BaseAgent,
  RolloutCollector,
  nullable,
  oneOf,
  positiveInteger,
  stepInputs,
  type AgentParts,
  type DeviceOption,
  type Env,
  type OptionCheck,
  type Progress,
  type RecurrentActorCritic,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { ppoEpochs, updateMetrics } from './ppo-epochs.ts';
import { ppoChecks, ppoDefaults, ppoLoss, type PpoOptions } from './ppo.ts';
import { createRecurrentActorCritic, recurrentCells, type RecurrentCell } from './recurrent-networks.ts';

/** PPO's options that it does not have. */
const leftOut = ['klCoefficient', 'klTarget', 'networks'] as const;
type LeftOut = (typeof leftOut)[number];

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
 * When it acts it remembers each observation, row by row, until it is told that an episode starts (`ActOptions.episodeStarts`); batches of different
 * sizes have separate memories. Convolutions and layers of parts come before the memory, and for pictures by default the layer after them; hidden layers come
 * after it, by default two of 64.
 *
 * Details follow `RecurrentPPO` of Stable-Baselines3 Contrib, and `ppo_atari_lstm.py` of CleanRL (Huang et al., 2022), whose minibatches
 * are whole sequences too; those of Stable-Baselines3 Contrib are cut anywhere, and padded.
 */
export interface RecurrentPpoOptions extends Omit<PpoOptions, LeftOut> {
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

/** A table of PPO's options without those that it leaves out. */
function shared<Table extends object>(table: Table): Omit<Table, LeftOut> {
  const entries = Object.entries(table).filter(([name]) => !(leftOut as readonly string[]).includes(name));
  return Object.fromEntries(entries) as Omit<Table, LeftOut>;
}

/** Stable-Baselines3 Contrib's defaults. */
export const recurrentPpoDefaults: RecurrentPpoOptions = {
  ...shared(ppoDefaults),
  steps: 128,
  batchSize: 128,
  sequenceLength: 32,
  cell: 'lstm',
  cellSize: 256,
};

const optionChecks: { readonly [Name in keyof RecurrentPpoOptions]: OptionCheck } = {
  ...shared(ppoChecks),
  sequenceLength: nullable(positiveInteger),
  cell: oneOf(...recurrentCells),
  cellSize: positiveInteger,
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
export class RecurrentPpo extends BaseAgent<RecurrentPpoOptions> {
  static readonly algorithm = 'recurrent-ppo';
  protected readonly parts: AgentParts;
  private readonly rollouts: RolloutCollector;
  private readonly update: ReturnType<typeof updateProgram>;

  /**
   * @param env one environment, or n copies stepped together (n × `steps` transitions a round); where it has action masks, illegal
   *   actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as sequences that do not divide a round evenly.
   */
  constructor(env: Env | VectorEnv, options: Partial<RecurrentPpoOptions> & DeviceOption = {}) {
    const { algorithm } = RecurrentPpo;
    super({ name: 'RecurrentPpo', algorithm, defaults: recurrentPpoDefaults, checks: optionChecks }, env, options);
    const { steps, batchSize, adamEpsilon } = this.options;
    const length = this.options.sequenceLength ?? steps;
    const size = steps * this.env.numEnvs;
    if (steps % length !== 0) {
      throw new RangeError(`RecurrentPpo: expected sequenceLength to be a divisor of ${steps} (steps), got ${length}`);
    }
    if (batchSize % length !== 0 || size % batchSize !== 0) {
      const expected = `a multiple of ${length} (steps of a sequence) that divides ${size} (steps × copies)`;
      throw new RangeError(`RecurrentPpo: expected batchSize to be ${expected}, got ${batchSize}`);
    }
    const networks = createRecurrentActorCritic(this.env, this.options, this.random);
    const optimizer = t.adam(networks.parameters, { epsilon: adamEpsilon });
    this.update = updateProgram(networks, optimizer, this.env, this.options, this.device);
    this.rollouts = new RolloutCollector(this.training, networks, this.options, { device: this.device });
    this.parts = {
      policy: this.rollouts.policy,
      networks: { parameters: networks.parameters },
      optimizers: { optimizer },
      // What it remembers of the episodes that it trains in is saved, what it remembers from acting is not.
      state: { rollouts: this.rollouts },
      programs: [this.update, this.rollouts],
    };
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { rollouts, update, random, options } = this;
    const sequenceLength = options.sequenceLength ?? options.steps;
    for (const progress of rollouts.rounds(totalSteps)) {
      const metrics = ppoEpochs(rollouts.buffer, update, random, options, { agent: this, progress, sequenceLength });
      this.checkWeights();
      yield rollouts.progress(metrics);
    }
  }
}
