import {
  ProgramPolicy,
  ProgressRecorder,
  Random,
  RewardNormalizer,
  RolloutBuffer,
  RunningNormalizer,
  TrainingEnv,
  asVectorEnv,
  checkOptions,
  clipToBounds,
  createActions,
  featureCount,
  finiteNumber,
  flag,
  fraction,
  layerSizes,
  naturalNumber,
  nonNegativeNumber,
  nullable,
  observationFeatures,
  oneOf,
  openCheckpoint,
  plainState,
  policyDistribution,
  policyOutputs,
  positiveInteger,
  positiveNumber,
  readNumber,
  readState,
  scheduleOf,
  scheduleValue,
  type ActOptions,
  type ActionArray,
  type Agent,
  type Checkpoint,
  type DeviceOption,
  type Distribution,
  type Env,
  type LearnOptions,
  type Metrics,
  type OptionCheck,
  type Progress,
  type Schedule,
  type SpaceValue,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';

/**
 * Proximal policy optimization (Schulman et al., 2017; S5.9).
 *
 * Each round collects `steps` steps of every environment copy with the present policy, estimates advantages Âₜ by
 * GAE(λ) (Schulman et al., 2016), and makes several epochs of minibatch steps on
 *
 *     L = −E[min(ρₜ Âₜ, clip(ρₜ, 1 − ε, 1 + ε) Âₜ)] + c_v E[(v(sₜ) − Gₜ)²] − c_e E[H(π(·|sₜ))],  ρₜ = π(aₜ|sₜ) / π_old(aₜ|sₜ).
 *
 * Actor and critic are separate networks. Details follow Stable-Baselines3 and "The 37 implementation details of PPO"
 * (Huang et al., 2022). Where these differ: episodes cut off by a time limit are bootstrapped from the value of their last
 * observation (SB3), clipped value errors are the larger of both (CleanRL), and schedules begin with the first round
 * (CleanRL). The minibatch that `targetKl` ends a round with has been learned from; SB3 leaves it out.
 */
export interface PpoOptions {
  /** Steps of each environment copy in a round. Default 2048 (SB3). */
  readonly steps: number;
  /** Transitions in a minibatch; divides steps × number of copies. Default 64 (SB3). */
  readonly batchSize: number;
  /** Passes over a round's transitions. Default 10 (SB3). */
  readonly epochs: number;
  /** Adam's step size, over the progress of training. Default 3e-4 (SB3). */
  readonly learningRate: Schedule;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** λ of generalized advantage estimation. Default 0.95. */
  readonly gaeLambda: number;
  /** ε of the clipped surrogate. Default 0.2. */
  readonly clipRange: Schedule;
  /** Keeps value predictions within this of the old ones, as the loss sees them; `null` for no limit. Default `null` (SB3). */
  readonly clipRangeValue: Schedule | null;
  /** c_e. Default 0 (SB3). */
  readonly entropyCoefficient: number;
  /** c_v, of the squared error without a factor ½. Default 0.5 (SB3). */
  readonly valueCoefficient: number;
  /** Largest global norm of the gradient. Default 0.5. */
  readonly maxGradNorm: number;
  /** Ends a round after a minibatch whose approximate KL divergence exceeds 1.5 times this; `null` for never. Default `null`. */
  readonly targetKl: number | null;
  /** Whether each minibatch's advantages get mean 0 and standard deviation 1. Default true. */
  readonly normalizeAdvantage: boolean;
  /** Whether observations are normalized by their running mean and variance. Default false. */
  readonly normalizeObservation: boolean;
  /** Whether rewards are divided by the running standard deviation of the return. Default false. */
  readonly normalizeReward: boolean;
  /** Sizes of the hidden layers of both networks. Default [64, 64]. */
  readonly hidden: readonly number[];
  /** Default `tanh`. */
  readonly activation: t.Activation;
  /** Log standard deviation of continuous actions at the start; it does not depend on the state. Default 0. */
  readonly initialLogStd: number;
  /** Adam's ε. Default 1e-5 (SB3, as in OpenAI's baselines). */
  readonly adamEpsilon: number;
  /** Seeds weights, actions, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** Stable-Baselines3's defaults. */
export const ppoDefaults: PpoOptions = {
  steps: 2048,
  batchSize: 64,
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
  hidden: [64, 64],
  activation: 'tanh',
  initialLogStd: 0,
  adamEpsilon: 1e-5,
  seed: 0,
};

const optionChecks: { readonly [Name in keyof PpoOptions]: OptionCheck } = {
  steps: positiveInteger,
  batchSize: positiveInteger,
  epochs: positiveInteger,
  learningRate: scheduleOf(nonNegativeNumber),
  gamma: fraction,
  gaeLambda: fraction,
  clipRange: scheduleOf(nonNegativeNumber),
  clipRangeValue: nullable(scheduleOf(nonNegativeNumber)),
  entropyCoefficient: finiteNumber,
  valueCoefficient: nonNegativeNumber,
  maxGradNorm: positiveNumber,
  targetKl: nullable(positiveNumber),
  normalizeAdvantage: flag,
  normalizeObservation: flag,
  normalizeReward: flag,
  hidden: layerSizes,
  activation: oneOf(...t.activationNames),
  initialLogStd: finiteNumber,
  adamEpsilon: positiveNumber,
  seed: naturalNumber,
};

/** Actor and critic, two separate networks, and the log standard deviations of continuous actions. */
interface Networks {
  readonly actor: t.Module;
  readonly critic: t.Module;
  readonly logStd: t.Variable;
  readonly parameters: t.Parameters;
}

/** Orthogonal weights with gain √2 in hidden layers, 0.01 for the policy (nearly uniform at first) and 1 for the value. */
function createNetworks({ observationSpace, actionSpace }: VectorEnv, options: PpoOptions, random: Random): Networks {
  const { hidden, activation, initialLogStd } = options;
  const shared = {
    input: featureCount(observationSpace),
    hidden,
    activation,
    weight: t.orthogonal(Math.SQRT2),
    random,
  };
  const actor = t.mlp({ ...shared, output: policyOutputs(actionSpace), outputWeight: t.orthogonal(0.01) });
  const critic = t.mlp({ ...shared, output: 1, outputWeight: t.orthogonal(1) });
  const { size } = actionSpace;
  const logStd = t.variable([size], new Float32Array(size).fill(initialLogStd), { name: 'logStd' });
  const isContinuous = actionSpace.kind === 'box';
  const groups = { actor: actor.parameters, critic: critic.parameters, policy: isContinuous ? { logStd } : {} };
  return { actor, critic, logStd, parameters: t.joinParameters(groups) };
}

/** π(·|s) of a batch of observations. */
function policyOf(networks: Networks, env: VectorEnv, observations: t.Tensor): Distribution {
  const outputs = networks.actor(observationFeatures(env.observationSpace, observations));
  return policyDistribution(env.actionSpace, outputs, networks.logStd);
}

/** v(s) of a batch of observations: [batch]. */
function valueOf(networks: Networks, env: VectorEnv, observations: t.Tensor): t.Tensor {
  return t.squeeze(networks.critic(observationFeatures(env.observationSpace, observations)), 1);
}

/** Acting while learning: draws actions, and keeps what the update needs to know of them. */
function rolloutProgram(networks: Networks, env: VectorEnv, device: t.Device) {
  return t.program(
    { observations: [env.numEnvs, env.observationSpace.size], key: { shape: [2], dtype: 'int32' } },
    ({ observations, key }) => {
      const policy = policyOf(networks, env, observations);
      const actions = policy.sample(key);
      return {
        actions,
        logProbabilities: policy.logProbability(actions),
        values: valueOf(networks, env, observations),
      };
    },
    { device },
  );
}

function valueProgram(networks: Networks, env: VectorEnv, device: t.Device) {
  return t.program(
    { observations: [env.numEnvs, env.observationSpace.size] },
    ({ observations }) => ({ values: valueOf(networks, env, observations) }),
    { device },
  );
}

/** Acting when learned. */
function actProgram(networks: Networks, env: VectorEnv, device: t.Device, batch: number, deterministic: boolean) {
  return t.program(
    { observations: [batch, env.observationSpace.size], key: { shape: [2], dtype: 'int32' } },
    ({ observations, key }) => {
      const policy = policyOf(networks, env, observations);
      return { actions: deterministic ? policy.mode() : policy.sample(key) };
    },
    { device },
  );
}

/** What an update reports, in the order of its output `metrics`. */
const metricNames = [
  'train/policy_loss',
  'train/value_loss',
  'train/entropy',
  'train/approx_kl',
  'train/clip_fraction',
  'train/gradient_norm',
] as const;

/** One minibatch step: the loss above, its gradient, Adam. */
function updateProgram(
  networks: Networks,
  optimizer: t.Optimizer,
  env: VectorEnv,
  options: PpoOptions,
  device: t.Device,
) {
  const { batchSize, entropyCoefficient, valueCoefficient, clipRangeValue, maxGradNorm } = options;
  const { observationSpace, actionSpace } = env;
  const actions: t.InputSpec = {
    shape: actionSpace.kind === 'discrete' ? [batchSize] : [batchSize, actionSpace.size],
    dtype: actionSpace.kind === 'box' ? 'float32' : 'int32',
  };
  const inputs = {
    observations: [batchSize, observationSpace.size],
    actions,
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
      const policy = policyOf(networks, env, batch.observations);
      // One number has no standard deviation.
      const normalizes = options.normalizeAdvantage && batchSize > 1;
      const advantages = normalizes ? standardize(batch.advantages) : batch.advantages;

      const logRatio = t.sub(policy.logProbability(batch.actions), batch.logProbabilities);
      const ratio = t.exp(logRatio);
      const clipped = t.clip(ratio, t.sub(1, batch.clipRange), t.add(1, batch.clipRange));
      const policyLoss = t.neg(t.mean(t.minimum(t.mul(ratio, advantages), t.mul(clipped, advantages))));

      const values = valueOf(networks, env, batch.observations);
      let errors = t.square(t.sub(values, batch.returns));
      if (clipRangeValue !== null) {
        const change = t.clip(t.sub(values, batch.values), t.neg(batch.clipRangeValue), batch.clipRangeValue);
        errors = t.maximum(errors, t.square(t.sub(t.add(batch.values, change), batch.returns)));
      }
      const valueLoss = t.mean(errors);
      const entropy = t.mean(policy.entropy());

      const loss = t.sub(t.add(policyLoss, t.mul(valueCoefficient, valueLoss)), t.mul(entropyCoefficient, entropy));
      const { gradientNorm } = optimizer.minimize(loss, { learningRate: batch.learningRate, maxGradNorm });

      // E[(ρ − 1) − log ρ], an estimate of the KL divergence that is never negative (Schulman, 2020).
      const approximateKl = t.mean(t.sub(t.sub(ratio, 1), logRatio));
      const clipFraction = t.mean(t.greater(t.abs(t.sub(ratio, 1)), batch.clipRange));
      const metrics = t.stack([policyLoss, valueLoss, entropy, approximateKl, clipFraction, gradientNorm]);
      return { metrics };
    },
    { device },
  );
}

/** (x − mean) / (standard deviation + 1e-8), with Bessel's correction as PyTorch has it. */
function standardize(x: t.Tensor): t.Tensor {
  return t.div(t.sub(x, t.mean(x)), t.add(t.sqrt(t.variance(x, { correction: 1 })), 1e-8));
}

/** A PPO agent; see {@link PpoOptions} for the algorithm. */
export class Ppo implements Agent {
  readonly algorithm = 'ppo';
  readonly options: PpoOptions;
  private readonly env: VectorEnv;
  private readonly networks: Networks;
  private readonly optimizer: t.Optimizer;
  private readonly rollout: ReturnType<typeof rolloutProgram>;
  private readonly value: ReturnType<typeof valueProgram>;
  private readonly update: ReturnType<typeof updateProgram>;
  private readonly policy: ProgramPolicy;
  private readonly buffer: RolloutBuffer;
  private readonly recorder: ProgressRecorder = new ProgressRecorder();
  private readonly random: Random;
  private readonly observationNormalizer: RunningNormalizer | undefined;
  private readonly rewardNormalizer: RewardNormalizer | undefined;
  /** What the networks see, what the environments get, and what the update learns from, of one step. */
  private readonly observations: Float32Array;
  private readonly actions: ActionArray;
  private readonly rewards: Float64Array;
  /** Counts runs of sampling programs, so that each has a key of its own. */
  private draws = 0;
  private readonly training: TrainingEnv;

  /**
   * @param env one environment, or n copies stepped together (n × `steps` transitions a round)
   * @throws RangeError for an unknown option or a wrong one, such as minibatches that do not divide a round evenly.
   */
  constructor(env: Env | VectorEnv, options: Partial<PpoOptions> & DeviceOption = {}) {
    const { device = t.defaultDevice(), ...given } = options;
    checkOptions<PpoOptions>('Ppo', given, optionChecks);
    this.options = { ...ppoDefaults, ...given };
    const { steps, batchSize, seed, gamma } = this.options;
    this.env = asVectorEnv(env);
    const { observationSpace, actionSpace, numEnvs } = this.env;
    if ((steps * numEnvs) % batchSize !== 0) {
      throw new RangeError(`batchSize: expected a divisor of ${steps * numEnvs} (steps × copies), got ${batchSize}`);
    }
    this.random = new Random(seed);
    this.networks = createNetworks(this.env, this.options, this.random);
    this.optimizer = t.adam(this.networks.parameters, { epsilon: this.options.adamEpsilon });
    this.rollout = rolloutProgram(this.networks, this.env, device);
    this.value = valueProgram(this.networks, this.env, device);
    this.update = updateProgram(this.networks, this.optimizer, this.env, this.options, device);
    this.buffer = new RolloutBuffer(this.env, steps);
    if (this.options.normalizeObservation) this.observationNormalizer = new RunningNormalizer(observationSpace.size);
    if (this.options.normalizeReward) this.rewardNormalizer = new RewardNormalizer(numEnvs, gamma);
    this.observations = new Float32Array(numEnvs * observationSpace.size);
    this.actions = createActions(actionSpace, numEnvs);
    this.rewards = new Float64Array(numEnvs);
    this.training = new TrainingEnv(this.env, seed);
    this.policy = new ProgramPolicy({
      observationSpace,
      actionSpace,
      seed,
      compile: (batch, deterministic) => actProgram(this.networks, this.env, device, batch, deterministic),
      prepare: (observations, target) => {
        this.prepare(observations, target);
      },
      nextKey: () => this.draws++,
    });
  }

  get step(): number {
    return this.recorder.step;
  }

  act(observation: SpaceValue, options?: ActOptions): SpaceValue {
    return this.policy.act(observation, options);
  }

  actBatch(observations: Float32Array, actions: ActionArray, options?: ActOptions): void {
    this.policy.actBatch(observations, actions, options);
  }

  /** Trains up to `steps` environment steps, rounded up to whole rounds; yields after each round. */
  *learn({ steps }: LearnOptions): Generator<Progress, void, void> {
    this.training.begin();
    this.recorder.start(steps);
    while (this.recorder.step < steps) {
      const progress = this.recorder.step / steps;
      this.collect();
      yield this.recorder.progress(this.improve(progress));
    }
  }

  /** Plays one round with the present policy and estimates its advantages. */
  private collect(): void {
    const { env, buffer, rollout, observations, actions, rewards } = this;
    const { gamma, gaeLambda, seed } = this.options;
    buffer.clear();
    while (!buffer.full) {
      this.observationNormalizer?.update(env.observations);
      this.prepare(env.observations, observations);
      rollout.inputs.observations.set(observations);
      rollout.inputs.key[0] = seed;
      rollout.inputs.key[1] = this.draws++;
      const chosen = rollout.run();
      buffer.beginStep(observations, chosen.actions, chosen.logProbabilities, chosen.values);
      clipToBounds(env.actionSpace, chosen.actions, actions);
      env.step(actions);
      this.recorder.record(env);
      if (this.rewardNormalizer === undefined) rewards.set(env.rewards);
      else this.rewardNormalizer.normalize(env, rewards);
      buffer.endStep({ rewards, terminated: env.terminated, truncated: env.truncated });
      if (env.truncated.includes(1)) buffer.bootstrap(this.valuesOf(env.finalObservations));
    }
    buffer.finish(this.valuesOf(env.observations), gamma, gaeLambda);
  }

  /** Makes the minibatch steps of one round; `progress` is the part of training that was done before it. */
  private improve(progress: number): Metrics {
    const { buffer, update, random } = this;
    const { epochs, batchSize, targetKl, learningRate, clipRange, clipRangeValue } = this.options;
    const rate = scheduleValue(learningRate, progress);
    update.inputs.learningRate[0] = rate;
    update.inputs.clipRange[0] = scheduleValue(clipRange, progress);
    update.inputs.clipRangeValue[0] = scheduleValue(clipRangeValue ?? 0, progress);
    const totals = new Float64Array(metricNames.length);
    let updates = 0;
    let diverged = false;
    for (let epoch = 0; epoch < epochs && !diverged; epoch++) {
      buffer.shuffle(random);
      for (let start = 0; start < buffer.size && !diverged; start += batchSize) {
        buffer.gather(start, start + batchSize, update.inputs);
        const { metrics } = update.run();
        for (let i = 0; i < totals.length; i++) totals[i] += metrics[i];
        updates++;
        diverged = targetKl !== null && metrics[metricNames.indexOf('train/approx_kl')] > 1.5 * targetKl;
      }
    }
    const means = metricNames.map((name, i) => [name, totals[i] / updates] as const);
    return { ...Object.fromEntries(means), 'train/learning_rate': rate };
  }

  /** What the networks see of observations. */
  private prepare(observations: Float32Array, target: t.TensorData): void {
    target.set(observations);
    this.observationNormalizer?.normalize(observations, target as Float32Array);
  }

  private valuesOf(observations: Float32Array): t.TensorData {
    this.prepare(observations, this.value.inputs.observations);
    return this.value.run().values;
  }

  checkpoint(): Checkpoint {
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        draws: this.draws,
        random: this.random.getState(),
        recorder: this.recorder.getState(),
        training: this.training.getState(),
        observationNormalizer: this.observationNormalizer?.getState() ?? null,
        rewardNormalizer: this.rewardNormalizer?.getState() ?? null,
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
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv, options: DeviceOption = {}): Ppo {
    const { state, file } = openCheckpoint(checkpoint, 'ppo');
    const agent = new Ppo(env, { ...(readState(state, 'options') as Partial<PpoOptions>), ...options });
    t.loadParameters(agent.networks.parameters, file('parameters.safetensors'));
    t.loadParameters(agent.optimizer.state, file('optimizer.safetensors'));
    agent.draws = readNumber(state, 'draws');
    agent.random.setState(readState(state, 'random'));
    agent.recorder.setState(readState(state, 'recorder'));
    agent.training.setState(readState(state, 'training'));
    agent.observationNormalizer?.setState(readState(state, 'observationNormalizer'));
    agent.rewardNormalizer?.setState(readState(state, 'rewardNormalizer'));
    return agent;
  }

  dispose(): void {
    for (const each of [this.rollout, this.value, this.update, this.policy]) each.dispose();
    for (const group of [this.networks.parameters, this.optimizer.state]) t.disposeParameters(group);
    this.networks.logStd.dispose();
  }
}
