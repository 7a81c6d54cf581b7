import {
  PrioritizedReplayBuffer,
  ProgramPolicy,
  ProgressRecorder,
  Random,
  ReplayBuffer,
  TrainingEnv,
  UpdateMetrics,
  asVectorEnv,
  checkActionMasks,
  checkOptions,
  checkParameters,
  createActions,
  learnSteps,
  openCheckpoint,
  plainState,
  programKeys,
  readNumber,
  readState,
  scheduleValue,
  splitDevice,
  type ActOptions,
  type ActionArray,
  type Agent,
  type Checkpoint,
  type CheckpointOptions,
  type DeviceOption,
  type Discrete,
  type Env,
  type LearnOptions,
  type Metrics,
  type Observation,
  type PrioritizedReplayBatch,
  type Progress,
  type SpaceValue,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { chooseValueHead } from './choose-value-head.ts';
import { dqnDefaults, dqnOptionChecks, type DqnOptions } from './dqn-options.ts';
import type { NoisyModule } from './noisy-linear.ts';
import { qNetwork } from './q-network.ts';
import type { ValueHead } from './value-head.ts';

/** The online network q(·; w) and the target network q(·; w⁻), and what their outputs mean. */
interface Networks {
  readonly online: NoisyModule;
  readonly target: NoisyModule;
  readonly head: ValueHead;
}

/** Both start from the same weights. */
function createNetworks(env: VectorEnv, actions: Discrete, options: DqnOptions, random: Random): Networks {
  const { observationSpace } = env;
  const head = chooseValueHead(options.distribution, options.loss);
  const create = (): NoisyModule =>
    qNetwork({ ...options, observationSpace, actions: actions.n, outputs: head.outputs, random });
  const networks = { online: create(), target: create(), head };
  t.copyParameters(networks.online.parameters, networks.target.parameters);
  return networks;
}

function createOptimizer(parameters: t.Parameters, { optimizer, adamEpsilon }: DqnOptions): t.Optimizer {
  return optimizer === 'adam'
    ? t.adam(parameters, { epsilon: adamEpsilon })
    : t.rmsProp(parameters, { decay: 0.95, epsilon: 0.01, centered: true });
}

/** argmax_a q(s, a) among the actions that masks leave, counted from 0: [rows × actions] → [rows]. */
function bestActions(q: t.Tensor, masks: t.Tensor): t.Tensor {
  return t.argmax(t.where(masks, q, -Infinity));
}

/** The outputs for one action of each row: [rows × actions × outputs] → [rows × outputs]. */
function outputsOf(outputs: t.Tensor, actions: t.Tensor): t.Tensor {
  const [rows, count, size] = outputs.shape;
  return t.embedding(t.reshape(outputs, [rows * count, size]), t.add(t.mul(t.range(rows), count), actions));
}

/** Greedy actions argmax_a q(s, a; w), with noise on w or without. */
function actProgram(
  { online, head }: Networks,
  env: VectorEnv,
  actions: Discrete,
  batch: number,
  isNoisy: boolean,
  device: t.Device,
) {
  const inputs = {
    observations: [batch, env.observationSpace.size],
    actionMasks: { shape: [batch, actions.n], dtype: 'bool' },
    key: { shape: [2], dtype: 'int32' },
  } as const satisfies Record<string, t.InputSpec>;
  return t.program(
    inputs,
    ({ observations, actionMasks, key }) => {
      const q = head.values(online(observations, isNoisy ? key : undefined));
      return { actions: t.add(bestActions(q, actionMasks), actions.start) };
    },
    { device },
  );
}

/** Parts of a {@link PrioritizedReplayBatch}, step size, and the key of noise. */
type UpdateInputs = Record<keyof PrioritizedReplayBatch | 'learningRate' | 'key', unknown>;

/** One minibatch step: target, loss, gradient, Adam. */
function updateProgram(
  { online, target, head }: Networks,
  optimizer: t.Optimizer,
  env: VectorEnv,
  actions: Discrete,
  options: DqnOptions,
  device: t.Device,
) {
  const { batchSize, double, noisy, maxGradNorm } = options;
  const observation = [batchSize, env.observationSpace.size];
  const inputs = {
    observations: observation,
    actions: { shape: [batchSize], dtype: 'int32' },
    rewards: [batchSize],
    nextObservations: observation,
    nextActionMasks: { shape: [batchSize, actions.n], dtype: 'bool' },
    discounts: [batchSize],
    weights: [batchSize],
    learningRate: [],
    key: { shape: [2], dtype: 'int32' },
  } as const satisfies Record<string, t.InputSpec>;
  const program = t.program(
    inputs,
    (batch) => {
      const key = noisy ? batch.key : undefined;
      const next = target(batch.nextObservations, key);
      const chooser = double ? online(batch.nextObservations, key) : next;
      const nextActions = bestActions(head.values(chooser), batch.nextActionMasks);

      const prediction = outputsOf(online(batch.observations, key), t.sub(batch.actions, actions.start));
      const followed = t.stopGradient(outputsOf(next, nextActions));
      const { losses, errors } = head.compare(prediction, followed, batch.rewards, batch.discounts);
      const loss = t.mean(t.mul(batch.weights, losses));
      const { gradientNorm } = optimizer.minimize(loss, {
        learningRate: batch.learningRate,
        ...(maxGradNorm === null ? {} : { maxGradNorm }),
      });
      return { metrics: t.stack([loss, t.mean(head.values(prediction)), gradientNorm]), errors };
    },
    { device },
  );
  // What only some replay buffers and environments fill.
  program.inputs.weights.fill(1);
  program.inputs.nextActionMasks.fill(1);
  return program;
}

/** What an update reports, in the order of its output `metrics`. */
const metricNames = ['train/loss', 'train/q_value', 'train/gradient_norm'] as const;

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

/** With `none`, room for just the transitions of one round. */
function createReplay(env: VectorEnv, options: DqnOptions): ReplayBuffer | PrioritizedReplayBuffer {
  const { replay, bufferSize, trainFrequency, gamma, nSteps, priorityExponent } = options;
  const kept = { capacity: replay === 'none' ? trainFrequency : bufferSize, gamma, nSteps };
  if (replay !== 'prioritized') return new ReplayBuffer(env, kept);
  return new PrioritizedReplayBuffer(env, { ...kept, priorityExponent });
}

/** Whether a multiple of `interval` lies in (before, now]: with several copies a step may pass over it. */
function hasPassed(interval: number, before: number, now: number): boolean {
  return Math.floor(now / interval) > Math.floor(before / interval);
}

/**
 * Deep Q-network (Mnih et al., 2015; S3.3): ε-greedy acting, a replay buffer, and a target network w⁻ that follows w.
 *
 *     y = r + γ (1 − terminated) max_a′ q(s′, a′; w⁻),   L(w) = E[(y − q(s, a; w))²]
 *
 * Its extensions (S3.5) are options, off by default: see {@link DqnOptions}. `rainbowDefaults` is the sum of most of them.
 */
export class Dqn implements Agent {
  readonly algorithm = 'dqn';
  readonly options: DqnOptions;
  /** A minibatch step. `learn` fills its inputs and runs it; others may too, to time it or to learn from data of their own. */
  readonly update: t.Program<UpdateInputs, Record<'metrics' | 'errors', unknown>>;
  private readonly env: VectorEnv;
  private readonly actionSpace: Discrete;
  private readonly networks: Networks;
  private readonly optimizer: t.Optimizer;
  private readonly updateTarget: ReturnType<typeof targetProgram>;
  /** Acts for others, {@link behaviorPolicy} in training: what others ask for does not change what training draws. */
  private readonly policy: ProgramPolicy;
  private readonly behaviorPolicy: ProgramPolicy;
  private readonly replay: ReplayBuffer | PrioritizedReplayBuffer;
  /** All rows of the buffer of `replay: 'none'`. */
  private readonly allRows: Uint32Array;
  private readonly recorder: ProgressRecorder = new ProgressRecorder();
  private readonly random: Random;
  private readonly training: TrainingEnv;
  private readonly writeKey: ReturnType<typeof programKeys>;
  private readonly actions: ActionArray;
  /** 1 for the copies that explore in this step. */
  private readonly explores: Uint8Array;
  /** The step after which it learns: more than `learningStarts` where the buffer was left out of a checkpoint. */
  private learnsFrom: number;
  private updates = 0;
  /** Keys of noise used so far in training, from 0 on. */
  private draws = 0;
  /** And in acting for others, from −1 down. */
  private actingDraws = 0;

  /**
   * @param env one environment, or n copies stepped together; its actions are `Discrete`
   * @throws RangeError for other actions, an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n, and for
   * options that do not fit together.
   */
  constructor(env: Env | VectorEnv, options: Partial<DqnOptions> & DeviceOption = {}) {
    const { device, given } = splitDevice('Dqn', options);
    checkOptions<DqnOptions>('Dqn', given, dqnOptionChecks);
    this.options = { ...dqnDefaults, ...given };
    const { tau, trainFrequency, batchSize, gradientSteps, replay, noisy, seed } = this.options;
    this.env = asVectorEnv(env);
    const { observationSpace, actionSpace, numEnvs } = this.env;
    if (actionSpace.kind !== 'discrete') {
      throw new RangeError(`Dqn: expected an environment with Discrete actions, got ${actionSpace.toString()}`);
    }
    if (trainFrequency % numEnvs !== 0) {
      throw new RangeError(`trainFrequency: expected a multiple of ${numEnvs} (copies), got ${trainFrequency}`);
    }
    if (replay === 'none' && !(batchSize === trainFrequency && gradientSteps === 1)) {
      throw new RangeError(
        `replay 'none': expected batchSize ${trainFrequency} (trainFrequency) and gradientSteps 1, got ${batchSize} and ${gradientSteps}`,
      );
    }
    this.actionSpace = actionSpace;
    // First, since it says at once what does not fit into memory.
    this.replay = createReplay(this.env, this.options);
    this.learnsFrom = this.options.learningStarts;
    this.random = new Random(seed);
    this.networks = createNetworks(this.env, actionSpace, this.options, this.random);
    this.optimizer = createOptimizer(this.networks.online.parameters, this.options);
    this.update = updateProgram(this.networks, this.optimizer, this.env, actionSpace, this.options, device);
    this.updateTarget = targetProgram(this.networks, tau, device);
    this.writeKey = programKeys(seed);
    this.allRows = Uint32Array.from({ length: trainFrequency }, (_, row) => row);
    this.training = new TrainingEnv(this.env, seed);
    this.actions = createActions(actionSpace, numEnvs);
    this.explores = new Uint8Array(numEnvs);
    const createPolicy = (nextKey: () => number): ProgramPolicy =>
      new ProgramPolicy({
        observationSpace,
        actionSpace,
        seed,
        compile: (batch, deterministic) =>
          actProgram(this.networks, this.env, actionSpace, batch, noisy && !deterministic, device),
        nextKey,
      });
    this.policy = createPolicy(() => -++this.actingDraws);
    this.behaviorPolicy = createPolicy(() => this.draws++);
  }

  get step(): number {
    return this.recorder.step;
  }

  /** The greedy action; without `deterministic` the same, but by noisy values with `noisy`: other exploration belongs to training. */
  act(observation: Observation, options?: ActOptions): SpaceValue {
    return this.policy.act(observation, options);
  }

  actBatch(observations: Float32Array, actions: ActionArray, options?: ActOptions): void {
    this.policy.actBatch(observations, actions, options);
  }

  /** Trains up to `steps` environment steps; yields every `trainFrequency` of them, after that round's updates, and at the end. */
  *learn(options: LearnOptions): Generator<Progress, void, void> {
    const steps = learnSteps(options);
    const { env, replay, recorder } = this;
    const { trainFrequency, targetUpdateInterval, learningStarts, epsilon } = this.options;
    this.training.begin();
    recorder.start(steps);
    while (recorder.step < steps) {
      const exploration = recorder.step < learningStarts ? 1 : scheduleValue(epsilon, recorder.step / steps);
      this.chooseActions(exploration);
      replay.beginStep(env.observations, this.actions);
      this.training.step(this.actions);
      replay.endStep(env);
      const before = recorder.step;
      recorder.record(env);
      if (hasPassed(targetUpdateInterval, before, recorder.step)) this.updateTarget.run();
      const isDue = hasPassed(trainFrequency, before, recorder.step);
      const metrics = isDue && recorder.step > this.learnsFrom ? this.improve(recorder.step / steps) : {};
      // After earlier updates the next one shows what the weights are.
      if (recorder.step >= steps) this.checkWeights();
      if (isDue || recorder.step >= steps) yield recorder.progress({ ...metrics, 'train/epsilon': exploration });
    }
  }

  /** ε-greedy: each copy takes a random action with probability ε. All are legal ones where there are masks. */
  private chooseActions(epsilon: number): void {
    const { env, actions, explores, actionSpace, random } = this;
    const { actionMasks } = env;
    if (actionMasks) checkActionMasks(actionMasks, actionSpace.n, actions.length);
    for (let i = 0; i < actions.length; i++) explores[i] = Number(random.nextFloat() < epsilon);
    // The network is asked only where its answer matters.
    if (explores.includes(0)) {
      this.behaviorPolicy.actBatch(env.observations, actions, { deterministic: !this.options.noisy, actionMasks });
    }
    for (let i = 0; i < actions.length; i++) {
      if (explores[i] === 1) actions[i] = actionSpace.start + this.randomAction(i);
    }
  }

  /** A random legal action of copy `i`, counted from 0. */
  private randomAction(i: number): number {
    const { env, actionSpace, random } = this;
    let action;
    do action = random.integer(actionSpace.n);
    while (env.actionMasks?.[i * actionSpace.n + action] === 0);
    return action;
  }

  /** A round of minibatch steps; `progress` is the part of training done. */
  private improve(progress: number): Metrics {
    const { update, replay } = this;
    const { gradientSteps, learningRate } = this.options;
    const rate = scheduleValue(learningRate, progress);
    update.inputs.learningRate[0] = rate;
    const reported = new UpdateMetrics(this, metricNames);
    for (let i = 0; i < gradientSteps; i++) {
      this.fillMinibatch(progress);
      this.writeKey(update.inputs.key, this.draws++);
      const { metrics, errors } = update.run();
      reported.add(metrics);
      if (replay instanceof PrioritizedReplayBuffer) replay.updatePriorities(errors);
    }
    this.updates += gradientSteps;
    return { ...reported.means(), 'train/learning_rate': rate, 'train/updates': this.updates };
  }

  private checkWeights(): void {
    checkParameters(this, this.networks.online.parameters);
  }

  private fillMinibatch(progress: number): void {
    const { replay, random, options } = this;
    const { inputs } = this.update;
    if (replay instanceof PrioritizedReplayBuffer) {
      replay.sample(options.batchSize, random, inputs, scheduleValue(options.importanceExponent, progress));
    } else if (options.replay === 'none') replay.gather(this.allRows, inputs);
    else replay.sample(options.batchSize, random, inputs);
  }

  checkpoint({ saveReplay = true }: CheckpointOptions = {}): Checkpoint {
    this.checkWeights();
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        updates: this.updates,
        draws: this.draws,
        actingDraws: this.actingDraws,
        random: this.random.getState(),
        recorder: this.recorder.getState(),
        training: this.training.getState(),
        learnsFrom: this.learnsFrom,
        // Without replay the buffer is the round that is just being gathered.
        replay: saveReplay || this.options.replay === 'none' ? this.replay.getState() : null,
      },
      files: {
        'online.safetensors': t.saveParameters(this.networks.online.parameters),
        'target.safetensors': t.saveParameters(this.networks.target.parameters),
        'optimizer.safetensors': t.saveParameters(this.optimizer.state),
      },
    };
  }

  /**
   * The agent that was saved, ready to act and to go on learning in `env` exactly as if it had not been interrupted; where it was saved
   * without its replay buffer, with an empty one, as a warning on the console says.
   * @throws CheckpointError when the checkpoint is another algorithm's or incomplete, or the environment's state does not fit.
   * @throws SafetensorsError when the weights are corrupt or do not fit the environment's spaces.
   */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv, options: DeviceOption = {}): Dqn {
    const { state, file } = openCheckpoint(checkpoint, 'dqn', env);
    const agent = new Dqn(env, { ...(readState(state, 'options') as Partial<DqnOptions>), ...options });
    t.loadParameters(agent.networks.online.parameters, file('online.safetensors'));
    t.loadParameters(agent.networks.target.parameters, file('target.safetensors'));
    t.loadParameters(agent.optimizer.state, file('optimizer.safetensors'));
    agent.updates = readNumber(state, 'updates');
    agent.draws = readNumber(state, 'draws');
    agent.actingDraws = readNumber(state, 'actingDraws');
    agent.random.setState(readState(state, 'random'));
    agent.recorder.setState(readState(state, 'recorder'));
    agent.training.setState(readState(state, 'training'));
    if (state.replay === null) agent.refillReplay();
    else {
      agent.replay.setState(readState(state, 'replay'));
      agent.learnsFrom = readNumber(state, 'learnsFrom');
    }
    return agent;
  }

  /** Learning from a few transitions again and again would spoil what was learned. */
  private refillReplay(): void {
    const { learningStarts } = this.options;
    this.learnsFrom = this.step + learningStarts;
    const waiting = `it is empty, and learning goes on after ${learningStarts} more steps (learningStarts)`;
    console.warn(`Dqn: the checkpoint was saved without its replay buffer: ${waiting}`);
  }

  dispose(): void {
    for (const each of [this.update, this.updateTarget, this.policy, this.behaviorPolicy]) each.dispose();
    const { online, target } = this.networks;
    for (const group of [online.parameters, target.parameters, this.optimizer.state]) t.disposeParameters(group);
  }
}
