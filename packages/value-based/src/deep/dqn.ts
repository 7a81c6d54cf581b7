import {
  ProgramPolicy,
  ProgressRecorder,
  Random,
  ReplayBuffer,
  TrainingEnv,
  asVectorEnv,
  checkOptions,
  createActions,
  featureCount,
  flag,
  fraction,
  layerSizes,
  linear,
  naturalNumber,
  nonNegativeNumber,
  nullable,
  observationFeatures,
  oneOf,
  openCheckpoint,
  plainState,
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
  type Discrete,
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
 * Deep Q-network (Mnih et al., 2015; S3.3): ε-greedy acting, a replay buffer, and a target network w⁻ that follows w.
 *
 *     y = r + γ (1 − terminated) max_a′ q(s′, a′; w⁻),   L(w) = E[(y − q(s, a; w))²]
 *
 * With `double` (van Hasselt et al., 2016) the next action is chosen by w and valued by w⁻:
 * y = r + γ (1 − terminated) q(s′, argmax_a′ q(s′, a′; w); w⁻).
 */
export interface DqnOptions {
  /** Adam's step size, over the progress of training. Default 1e-4 (SB3). */
  readonly learningRate: Schedule;
  /** Transitions that the replay buffer holds. Default 1,000,000. */
  readonly bufferSize: number;
  /** Environment steps before the first update; until then all actions are random. Default 100 (SB3). */
  readonly learningStarts: number;
  /** Transitions in a minibatch. Default 32. */
  readonly batchSize: number;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** Environment steps between rounds of updates; a multiple of the number of copies. Default 4. */
  readonly trainFrequency: number;
  /** Updates in a round. Default 1. */
  readonly gradientSteps: number;
  /** Environment steps between changes of the target network. Default 10,000 (SB3). */
  readonly targetUpdateInterval: number;
  /** w⁻ ← τ w + (1 − τ) w⁻. Default 1: a copy. */
  readonly tau: number;
  /** Probability of a random action, over the progress of training. Default: 1 → 0.05 in the first tenth (SB3). */
  readonly epsilon: Schedule;
  /** Whether the next action is chosen by the online network. Default false. */
  readonly double: boolean;
  /** `squared` is the paper's; `huber` is SB3's, ½ error² up to 1 and then linear. Default `huber`. */
  readonly loss: 'squared' | 'huber';
  /** Largest global norm of the gradient, `null` for no limit. Default 10 (SB3). */
  readonly maxGradNorm: number | null;
  /** Sizes of the hidden layers, with ReLU. Default [64, 64]. */
  readonly hidden: readonly number[];
  /** Seeds weights, exploration, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** Stable-Baselines3's defaults. */
export const dqnDefaults: DqnOptions = {
  learningRate: 1e-4,
  bufferSize: 1_000_000,
  learningStarts: 100,
  batchSize: 32,
  gamma: 0.99,
  trainFrequency: 4,
  gradientSteps: 1,
  targetUpdateInterval: 10_000,
  tau: 1,
  epsilon: linear(1, 0.05, 0.1),
  double: false,
  loss: 'huber',
  maxGradNorm: 10,
  hidden: [64, 64],
  seed: 0,
};

const optionChecks: { readonly [Name in keyof DqnOptions]: OptionCheck } = {
  learningRate: scheduleOf(nonNegativeNumber),
  bufferSize: positiveInteger,
  learningStarts: naturalNumber,
  batchSize: positiveInteger,
  gamma: fraction,
  trainFrequency: positiveInteger,
  gradientSteps: positiveInteger,
  targetUpdateInterval: positiveInteger,
  tau: fraction,
  epsilon: scheduleOf(fraction),
  double: flag,
  loss: oneOf('squared', 'huber'),
  maxGradNorm: nullable(positiveNumber),
  hidden: layerSizes,
  seed: naturalNumber,
};

/** The online network q(·; w) and the target network q(·; w⁻). */
interface Networks {
  readonly online: t.Module;
  readonly target: t.Module;
}

/** Both start from the same weights, drawn as PyTorch draws those of a linear layer. */
function createNetworks(env: VectorEnv, actions: Discrete, options: DqnOptions, random: Random): Networks {
  const create = (): t.Module =>
    t.mlp({
      input: featureCount(env.observationSpace),
      hidden: options.hidden,
      output: actions.n,
      activation: 'relu',
      weight: 'fanIn',
      bias: 'fanIn',
      random,
    });
  const networks = { online: create(), target: create() };
  t.copyParameters(networks.online.parameters, networks.target.parameters);
  return networks;
}

/** Greedy actions argmax_a q(s, a; w). */
function actProgram({ online }: Networks, env: VectorEnv, actions: Discrete, batch: number, device: t.Device) {
  return t.program(
    { observations: [batch, env.observationSpace.size], key: { shape: [2], dtype: 'int32' } },
    ({ observations }) => {
      const q = online(observationFeatures(env.observationSpace, observations));
      return { actions: t.add(t.argmax(q), actions.start) };
    },
    { device },
  );
}

/** One minibatch step: target, loss, gradient, Adam. */
function updateProgram(
  { online, target }: Networks,
  optimizer: t.Optimizer,
  env: VectorEnv,
  actions: Discrete,
  options: DqnOptions,
  device: t.Device,
) {
  const { batchSize, gamma, double, loss: kind, maxGradNorm } = options;
  const observation = [batchSize, env.observationSpace.size];
  const inputs = {
    observations: observation,
    actions: { shape: [batchSize], dtype: 'int32' },
    rewards: [batchSize],
    nextObservations: observation,
    terminated: [batchSize],
    learningRate: [],
  } as const satisfies Record<string, t.InputSpec>;
  return t.program(
    inputs,
    (batch) => {
      const next = observationFeatures(env.observationSpace, batch.nextObservations);
      const nextQ = double ? t.gather(target(next), t.argmax(online(next))) : t.max(target(next), { axis: 1 });
      const y = t.stopGradient(t.add(batch.rewards, t.mul(t.mul(gamma, t.sub(1, batch.terminated)), nextQ)));

      const all = online(observationFeatures(env.observationSpace, batch.observations));
      const q = t.gather(all, t.sub(batch.actions, actions.start));
      const error = t.sub(y, q);
      const loss = t.mean(kind === 'squared' ? t.square(error) : huber(error));
      const { gradientNorm } = optimizer.minimize(loss, {
        learningRate: batch.learningRate,
        ...(maxGradNorm === null ? {} : { maxGradNorm }),
      });
      return { metrics: t.stack([loss, t.mean(q), gradientNorm]) };
    },
    { device },
  );
}

/** What an update reports, in the order of its output `metrics`. */
const metricNames = ['train/loss', 'train/q_value', 'train/gradient_norm'] as const;

/** ½ x² for |x| ≤ 1, |x| − ½ beyond. */
function huber(x: t.Tensor): t.Tensor {
  const size = t.abs(x);
  const inner = t.minimum(size, 1);
  return t.add(t.mul(0.5, t.square(inner)), t.sub(size, inner));
}

/** w⁻ ← τ w + (1 − τ) w⁻ */
function targetProgram({ online, target }: Networks, tau: number, device: t.Device) {
  return t.program(
    {},
    () => {
      t.polyakUpdate(online.parameters, target.parameters, tau);
      return {};
    },
    { device },
  );
}

/** Whether a multiple of `interval` lies in (before, now]: with several copies a step may pass over it. */
function hasPassed(interval: number, before: number, now: number): boolean {
  return Math.floor(now / interval) > Math.floor(before / interval);
}

/** A DQN agent; see {@link DqnOptions} for the algorithm. */
export class Dqn implements Agent {
  readonly algorithm = 'dqn';
  readonly options: DqnOptions;
  private readonly env: VectorEnv;
  private readonly actionSpace: Discrete;
  private readonly networks: Networks;
  private readonly optimizer: t.Optimizer;
  private readonly update: ReturnType<typeof updateProgram>;
  private readonly updateTarget: ReturnType<typeof targetProgram>;
  private readonly policy: ProgramPolicy;
  private readonly replay: ReplayBuffer;
  private readonly recorder: ProgressRecorder = new ProgressRecorder();
  private readonly random: Random;
  private readonly training: TrainingEnv;
  private readonly actions: ActionArray;
  /** 1 for the copies that explore in this step. */
  private readonly explores: Uint8Array;
  private updates = 0;

  /**
   * @param env one environment, or n copies stepped together; its actions are `Discrete`
   * @throws RangeError for other actions, an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n.
   */
  constructor(env: Env | VectorEnv, options: Partial<DqnOptions> & DeviceOption = {}) {
    const { device = t.defaultDevice(), ...given } = options;
    checkOptions<DqnOptions>('Dqn', given, optionChecks);
    this.options = { ...dqnDefaults, ...given };
    const { bufferSize, tau, trainFrequency, seed } = this.options;
    this.env = asVectorEnv(env);
    const { observationSpace, actionSpace, numEnvs } = this.env;
    if (actionSpace.kind !== 'discrete') {
      throw new RangeError(`Dqn: expected an environment with Discrete actions, got ${actionSpace.toString()}`);
    }
    if (!(Number.isInteger(trainFrequency / numEnvs) && trainFrequency > 0)) {
      throw new RangeError(`trainFrequency: expected a multiple of ${numEnvs} (copies), got ${trainFrequency}`);
    }
    this.actionSpace = actionSpace;
    this.random = new Random(seed);
    this.networks = createNetworks(this.env, actionSpace, this.options, this.random);
    this.optimizer = t.adam(this.networks.online.parameters);
    this.update = updateProgram(this.networks, this.optimizer, this.env, actionSpace, this.options, device);
    this.updateTarget = targetProgram(this.networks, tau, device);
    this.replay = new ReplayBuffer(this.env, bufferSize);
    this.training = new TrainingEnv(this.env, seed);
    this.actions = createActions(actionSpace, numEnvs);
    this.explores = new Uint8Array(numEnvs);
    this.policy = new ProgramPolicy({
      observationSpace,
      actionSpace,
      seed,
      compile: (batch) => actProgram(this.networks, this.env, actionSpace, batch, device),
      nextKey: () => 0,
    });
  }

  get step(): number {
    return this.recorder.step;
  }

  /** The greedy action; without `deterministic` the same: exploration belongs to training. */
  act(observation: SpaceValue, options?: ActOptions): SpaceValue {
    return this.policy.act(observation, options);
  }

  actBatch(observations: Float32Array, actions: ActionArray, options?: ActOptions): void {
    this.policy.actBatch(observations, actions, options);
  }

  /** Trains up to `steps` environment steps; yields every `trainFrequency` of them, after that round's updates, and at the end. */
  *learn({ steps }: LearnOptions): Generator<Progress, void, void> {
    const { env, replay, recorder } = this;
    const { trainFrequency, targetUpdateInterval, learningStarts, epsilon } = this.options;
    this.training.begin();
    recorder.start(steps);
    while (recorder.step < steps) {
      const exploration = recorder.step < learningStarts ? 1 : scheduleValue(epsilon, recorder.step / steps);
      this.chooseActions(exploration);
      replay.beginStep(env.observations, this.actions);
      env.step(this.actions);
      replay.endStep(env);
      const before = recorder.step;
      recorder.record(env);
      if (hasPassed(targetUpdateInterval, before, recorder.step)) this.updateTarget.run();
      const isDue = hasPassed(trainFrequency, before, recorder.step);
      const metrics = isDue && recorder.step > learningStarts ? this.improve(recorder.step / steps) : {};
      if (isDue || recorder.step >= steps) yield recorder.progress({ ...metrics, 'train/epsilon': exploration });
    }
  }

  /** ε-greedy: each copy takes a random action with probability ε. */
  private chooseActions(epsilon: number): void {
    const { env, actions, explores, actionSpace, random } = this;
    for (let i = 0; i < actions.length; i++) explores[i] = Number(random.nextFloat() < epsilon);
    // The network is asked only where its answer matters.
    if (explores.includes(0)) this.policy.actBatch(env.observations, actions);
    for (let i = 0; i < actions.length; i++) {
      if (explores[i] === 1) actions[i] = actionSpace.start + random.integer(actionSpace.n);
    }
  }

  /** A round of minibatch steps; `progress` is the part of training done. */
  private improve(progress: number): Metrics {
    const { update, replay, random } = this;
    const { gradientSteps, batchSize, learningRate } = this.options;
    const rate = scheduleValue(learningRate, progress);
    update.inputs.learningRate[0] = rate;
    const totals = new Float64Array(metricNames.length);
    for (let i = 0; i < gradientSteps; i++) {
      replay.sample(batchSize, random, update.inputs);
      const { metrics } = update.run();
      for (let j = 0; j < totals.length; j++) totals[j] += metrics[j];
    }
    this.updates += gradientSteps;
    const means = metricNames.map((name, i) => [name, totals[i] / gradientSteps] as const);
    return { ...Object.fromEntries(means), 'train/learning_rate': rate, 'train/updates': this.updates };
  }

  checkpoint(): Checkpoint {
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        updates: this.updates,
        random: this.random.getState(),
        recorder: this.recorder.getState(),
        training: this.training.getState(),
        replay: this.replay.getState(),
      },
      files: {
        'online.safetensors': t.saveParameters(this.networks.online.parameters),
        'target.safetensors': t.saveParameters(this.networks.target.parameters),
        'optimizer.safetensors': t.saveParameters(this.optimizer.state),
      },
    };
  }

  /**
   * The agent that was saved, ready to act and to go on learning in `env` exactly as if it had not been interrupted.
   * @throws CheckpointError when the checkpoint is another algorithm's or incomplete, or the environment's state does not fit.
   * @throws SafetensorsError when the weights are corrupt or do not fit the environment's spaces.
   */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv, options: DeviceOption = {}): Dqn {
    const { state, file } = openCheckpoint(checkpoint, 'dqn');
    const agent = new Dqn(env, { ...(readState(state, 'options') as Partial<DqnOptions>), ...options });
    t.loadParameters(agent.networks.online.parameters, file('online.safetensors'));
    t.loadParameters(agent.networks.target.parameters, file('target.safetensors'));
    t.loadParameters(agent.optimizer.state, file('optimizer.safetensors'));
    agent.updates = readNumber(state, 'updates');
    agent.random.setState(readState(state, 'random'));
    agent.recorder.setState(readState(state, 'recorder'));
    agent.training.setState(readState(state, 'training'));
    agent.replay.setState(readState(state, 'replay'));
    return agent;
  }

  dispose(): void {
    for (const each of [this.update, this.updateTarget, this.policy]) each.dispose();
    const { online, target } = this.networks;
    for (const group of [online.parameters, target.parameters, this.optimizer.state]) t.disposeParameters(group);
  }
}
