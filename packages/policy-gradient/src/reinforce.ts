import {
  ProgramPolicy,
  ProgressRecorder,
  Random,
  TrainingEnv,
  actionMaskSize,
  asVectorEnv,
  checkActionMasks,
  checkOptions,
  clipToBounds,
  createActions,
  createActorCritic,
  finiteNumber,
  flag,
  fraction,
  layerSizes,
  naturalNumber,
  nonNegativeNumber,
  nullable,
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
  type ActorCritic,
  type Agent,
  type Checkpoint,
  type DeviceOption,
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
import { EpisodeBuffer } from './episode-buffer.ts';
import type { Credit } from './estimators/step-credits.ts';
import { flatten, parameterCount, unflatten } from './flat-parameters.ts';
import { OptimalBaseline } from './optimal-baseline.ts';
import { ValueBaseline } from './value-baseline.ts';

/**
 * REINFORCE (Williams, 1992; S5.2 to S5.4): play N whole episodes with the present policy, then make one step of Adam along the likelihood-ratio estimate
 * of ∇J,
 *
 *     ĝ = 1/N Σ_n Σ_t f_t (G_t − b) ∇ log π(a_t | s_t; θ)
 *
 * `credit` says what f_t and G_t are, `baseline` what b is, both as in `gradientEstimates`, whose estimates for policies with closed forms these are for
 * networks: a softmax over `Discrete` or `MultiDiscrete` actions, a normal distribution with learned deviations over those of a `Box`. `hidden: []` makes the
 * policy linear.
 *
 * What is learned from is whole episodes, a fixed number of each copy, since those that end first are the short ones. A copy that has played its share goes on
 * unheeded until all have, and the next round begins with new episodes; with one copy nothing is lost. An episode that a time limit cut off counts as ended
 * there; with a learned baseline, G goes on with γ v of its last observation.
 */
export interface ReinforceOptions {
  /** Whole episodes of each copy in an update. Default 8. */
  readonly episodes: number;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /**
   * What an action gets credit for, see {@link Credit}. Default `reward-to-go`, which is biased and what nearly everybody does;
   * `discounted-reward-to-go` has the factor γᵗ of Sutton and Barto (2018, §13.3).
   */
  readonly credit: Credit;
  /**
   * b, what is subtracted from the return. Default `value`.
   *
   * - a number: the same everywhere; 0 for none
   * - `mean`: the mean return of all steps of the other episodes
   * - `value`: v(s) of a second network, fitted to the returns of the rounds before
   * - `optimal`: for each parameter the number of smallest variance, estimated from the other episodes (S5.4); slow, since it differentiates steps one by one
   */
  readonly baseline: number | 'mean' | 'value' | 'optimal';
  /**
   * Whether G − b gets mean 0 and standard deviation 1 over the steps of an update (with `optimal` it is G). This is a baseline, too, and one that
   * biases a little, since it knows the actions. Default true.
   */
  readonly normalizeReturns: boolean;
  /** Adam's step size for the policy, over the progress of training. Default 1e-2. */
  readonly learningRate: Schedule;
  /** Adam's step size for the value network. Default 1e-2. */
  readonly valueLearningRate: Schedule;
  /** Passes of minibatch steps of the value network over the steps of an update. Default 5. */
  readonly valueEpochs: number;
  /** Steps in such a minibatch, and in each part of a gradient; the last one of a pass is filled up with the first steps. Default 128. */
  readonly batchSize: number;
  /** Largest global norm of the policy's gradient, `null` for no limit. Default `null`. */
  readonly maxGradNorm: number | null;
  /** Sizes of the hidden layers of both networks. Default [64, 64]. */
  readonly hidden: readonly number[];
  /** Default `tanh`. */
  readonly activation: t.Activation;
  /** Log standard deviation of continuous actions at the start; it does not depend on the state. Default 0. */
  readonly initialLogStd: number;
  /** Seeds weights, actions, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** Our own: nobody publishes settings. */
export const reinforceDefaults: ReinforceOptions = {
  episodes: 8,
  gamma: 0.99,
  credit: 'reward-to-go',
  baseline: 'value',
  normalizeReturns: true,
  learningRate: 1e-2,
  valueLearningRate: 1e-2,
  valueEpochs: 5,
  batchSize: 128,
  maxGradNorm: null,
  hidden: [64, 64],
  activation: 'tanh',
  initialLogStd: 0,
  seed: 0,
};

const baselineCheck: OptionCheck = {
  expected: "a finite number, 'mean', 'value' or 'optimal'",
  accepts: (value) => Number.isFinite(value) || value === 'mean' || value === 'value' || value === 'optimal',
};

const optionChecks: { readonly [Name in keyof ReinforceOptions]: OptionCheck } = {
  episodes: positiveInteger,
  gamma: fraction,
  credit: oneOf('total-return', 'discounted-reward-to-go', 'reward-to-go'),
  baseline: baselineCheck,
  normalizeReturns: flag,
  learningRate: scheduleOf(nonNegativeNumber),
  valueLearningRate: scheduleOf(nonNegativeNumber),
  valueEpochs: positiveInteger,
  batchSize: positiveInteger,
  maxGradNorm: nullable(positiveNumber),
  hidden: layerSizes,
  activation: oneOf(...t.activationNames),
  initialLogStd: finiteNumber,
  seed: naturalNumber,
};

/** Inputs of programs; masks where the environment has them. */
type Inputs<Name extends string> = Record<Name, t.InputSpec> & Partial<Record<'actionMasks', t.InputSpec>>;

function maskInput({ actionSpace, actionMasks }: VectorEnv, batch: number): { actionMasks?: t.InputSpec } {
  return actionMasks ? { actionMasks: { shape: [batch, actionMaskSize(actionSpace)], dtype: 'bool' } } : {};
}

/** Chooses actions. */
function actProgram(networks: ActorCritic, env: VectorEnv, batch: number, deterministic: boolean, device: t.Device) {
  const inputs: Inputs<'observations' | 'key'> = {
    observations: [batch, env.observationSpace.size],
    key: { shape: [2], dtype: 'int32' },
    ...maskInput(env, batch),
  };
  return t.program(
    inputs,
    ({ observations, key, actionMasks }) => {
      const policy = networks.policy(observations, actionMasks);
      return { actions: deterministic ? policy.mode() : policy.sample(key) };
    },
    { device },
  );
}

/** Adds the gradient of the loss −Σ wₜ log π(aₜ | sₜ) over `batchSize` steps to `total`; the entropies of those with `heeded` 1 are summed up. */
function gradientProgram(
  networks: ActorCritic,
  total: t.Variable,
  env: VectorEnv,
  batchSize: number,
  device: t.Device,
) {
  const { observationSpace, actionSpace } = env;
  const inputs: Inputs<'observations' | 'actions' | 'weights' | 'heeded'> = {
    observations: [batchSize, observationSpace.size],
    actions: {
      shape: actionSpace.kind === 'discrete' ? [batchSize] : [batchSize, actionSpace.size],
      dtype: actionSpace.kind === 'box' ? 'float32' : 'int32',
    },
    weights: [batchSize],
    heeded: [batchSize],
    ...maskInput(env, batchSize),
  };
  return t.program(
    inputs,
    ({ observations, actions, weights, heeded, actionMasks }) => {
      const policy = networks.policy(observations, actionMasks);
      const loss = t.neg(t.sum(t.mul(weights, policy.logProbability(actions))));
      const gradients = t.grad(loss, Object.values(networks.actorParameters));
      t.assign(total, t.add(total, flatten(gradients)));
      return { loss, entropy: t.sum(t.mul(heeded, policy.entropy())) };
    },
    { device },
  );
}

/** One step of Adam along the gradient `total`, which begins anew from 0. */
function policyStepProgram(
  optimizer: t.Optimizer,
  parameters: t.Parameters,
  total: t.Variable,
  maxGradNorm: number | null,
  device: t.Device,
) {
  return t.program(
    { learningRate: [] },
    ({ learningRate }) => {
      const limit = maxGradNorm === null ? {} : { maxGradNorm };
      const { gradientNorm } = optimizer.apply(unflatten(t.asTensor(total), parameters), { learningRate, ...limit });
      t.assign(total, t.full(total.shape, 0));
      return { gradientNorm };
    },
    { device },
  );
}

/** A REINFORCE agent; see {@link ReinforceOptions} for the algorithm. */
export class Reinforce implements Agent {
  readonly algorithm = 'reinforce';
  readonly options: ReinforceOptions;
  private readonly env: VectorEnv;
  private readonly networks: ActorCritic;
  private readonly optimizer: t.Optimizer;
  /** −ĝ, all parameters of the actor in one list, [p]; 0 between updates. */
  private readonly total: t.Variable;
  private readonly gradient: ReturnType<typeof gradientProgram>;
  private readonly policyStep: ReturnType<typeof policyStepProgram>;
  /** Where `baseline` asks for one. */
  private readonly valueBaseline: ValueBaseline | undefined;
  private readonly optimalBaseline: OptimalBaseline | undefined;
  private readonly rollout: ReturnType<typeof actProgram>;
  private readonly policy: ProgramPolicy;
  private readonly buffer: EpisodeBuffer;
  private readonly training: TrainingEnv;
  private readonly recorder: ProgressRecorder = new ProgressRecorder();
  private readonly random: Random;
  private readonly actions: ActionArray;
  /** Episodes that each copy has yet to end in this round. */
  private readonly left: Int32Array;
  /** 1 where the last step ended an episode that is learned from. */
  private readonly ended: Uint8Array;
  /** The episodes that are learned from, which is what progress reports on. */
  private readonly heeded: Parameters<ProgressRecorder['record']>[0];
  /** Counts keys, so that each run of a sampling program has one of its own. */
  private draws = 0;

  /**
   * @param env one environment, or n copies stepped together; where it has action masks, illegal actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as a baseline from other episodes where an update has only one.
   */
  constructor(env: Env | VectorEnv, options: Partial<ReinforceOptions> & DeviceOption = {}) {
    const { device = t.defaultDevice(), ...given } = options;
    checkOptions<ReinforceOptions>('Reinforce', given, optionChecks);
    this.options = { ...reinforceDefaults, ...given };
    const { episodes, baseline, batchSize, maxGradNorm, seed } = this.options;
    this.env = asVectorEnv(env);
    const { observationSpace, actionSpace, numEnvs } = this.env;
    if ((baseline === 'mean' || baseline === 'optimal') && episodes * numEnvs < 2) {
      throw new RangeError(`baseline '${baseline}': expected at least 2 episodes (episodes × copies), got 1`);
    }
    this.random = new Random(seed);
    this.networks = createActorCritic(this.env, this.options, this.random);
    const { actorParameters } = this.networks;
    this.optimizer = t.adam(actorParameters);
    this.total = t.variable([parameterCount(actorParameters)]);
    this.gradient = gradientProgram(this.networks, this.total, this.env, batchSize, device);
    this.policyStep = policyStepProgram(this.optimizer, actorParameters, this.total, maxGradNorm, device);
    if (baseline === 'value') this.valueBaseline = new ValueBaseline(this.networks, this.env, this.options, device);
    if (baseline === 'optimal') this.optimalBaseline = new OptimalBaseline(this.networks, this.env, device);
    this.rollout = actProgram(this.networks, this.env, numEnvs, false, device);
    this.policy = new ProgramPolicy({
      observationSpace,
      actionSpace,
      seed,
      compile: (batch, deterministic) => actProgram(this.networks, this.env, batch, deterministic, device),
      nextKey: () => this.draws++,
    });
    this.buffer = new EpisodeBuffer(this.env, this.options);
    this.training = new TrainingEnv(this.env, seed);
    this.actions = createActions(actionSpace, numEnvs);
    this.left = new Int32Array(numEnvs);
    this.ended = new Uint8Array(numEnvs);
    const { episodeReturns, episodeLengths } = this.env;
    const truncated = new Uint8Array(numEnvs);
    this.heeded = { numEnvs, terminated: this.ended, truncated, episodeReturns, episodeLengths };
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

  /** Trains up to `steps` environment steps, rounded up to whole rounds of episodes; yields after each update. */
  *learn({ steps }: LearnOptions): Generator<Progress, void, void> {
    this.training.begin();
    this.recorder.start(steps);
    while (this.recorder.step < steps) {
      const progress = this.recorder.step / steps;
      this.collect();
      yield this.recorder.progress(this.improve(progress));
    }
  }

  /** Plays the episodes of one update. */
  private collect(): void {
    const { env, buffer, actions, left, ended, valueBaseline } = this;
    buffer.clear();
    left.fill(this.options.episodes);
    if (isWithinEpisode(env)) env.reset();
    while (buffer.numEpisodes < env.numEnvs * this.options.episodes) {
      const chosen = this.chooseActions();
      for (let i = 0; i < env.numEnvs; i++) {
        if (left[i] > 0) buffer.beginStep(i, env.observations, chosen, env.actionMasks);
      }
      clipToBounds(env.actionSpace, chosen, actions);
      env.step(actions);
      ended.fill(0);
      for (let i = 0; i < env.numEnvs; i++) {
        if (left[i] === 0) continue;
        buffer.endStep(i, env.rewards[i]);
        if (!env.terminated[i] && !env.truncated[i]) continue;
        buffer.endEpisode(i, env.terminated[i] ? 0 : (valueBaseline?.valueOf(env.finalObservations, i) ?? 0));
        left[i]--;
        ended[i] = 1;
      }
      this.recorder.record(this.heeded);
    }
  }

  /** Actions of the present policy for all copies, as they were drawn: those of a `Box` may lie outside its bounds. */
  private chooseActions(): t.TensorData {
    const { env, rollout } = this;
    const { actionMasks, actionSpace } = env;
    rollout.inputs.observations.set(env.observations);
    if (actionMasks) {
      const counts = actionSpace.kind === 'multi-discrete' ? actionSpace.counts : actionMaskSize(actionSpace);
      checkActionMasks(actionMasks, counts, env.numEnvs);
      rollout.inputs.actionMasks?.set(actionMasks);
    }
    rollout.inputs.key[0] = this.options.seed;
    rollout.inputs.key[1] = this.draws++;
    return rollout.run().actions;
  }

  /** Learns from the round in the buffer; `progress` is the part of training that was done before it. */
  private improve(progress: number): Metrics {
    const { buffer, policyStep, valueBaseline, optimalBaseline } = this;
    const order = Uint32Array.from({ length: buffer.size }, (_, row) => row);
    const advantages = this.advantages();
    const sums = this.addGradients(order, advantages);
    if (optimalBaseline) this.total.write(optimalBaseline.gradient(buffer, advantages).map((slope) => -slope));
    const rate = scheduleValue(this.options.learningRate, progress);
    policyStep.inputs.learningRate[0] = rate;
    const { gradientNorm } = policyStep.run();
    return {
      'train/policy_loss': sums.loss,
      ...(valueBaseline && { 'train/value_loss': valueBaseline.fit(buffer, order, this.random, progress) }),
      'train/entropy': sums.entropy / buffer.size,
      'train/gradient_norm': gradientNorm[0],
      'train/learning_rate': rate,
    };
  }

  /** G − b of each step in the buffer, normalized where that is asked for; G with `optimal`, whose b are of parameters. */
  private advantages(): Float64Array {
    const { buffer, valueBaseline } = this;
    const { baseline, normalizeReturns } = this.options;
    const { size } = buffer;
    const advantages = new Float64Array(size);
    if (valueBaseline) valueBaseline.values(buffer.observations, size, advantages);
    else if (baseline === 'mean') meansOfOthers(buffer, advantages);
    else if (typeof baseline === 'number') advantages.fill(baseline);
    for (let row = 0; row < size; row++) advantages[row] = buffer.returns[row] - advantages[row];
    // One number has no standard deviation.
    if (normalizeReturns && size > 1) standardize(advantages);
    return advantages;
  }

  /** Adds −ĝ to `total`, some steps at a time; the loss that it is the gradient of, and the sum of entropies. */
  private addGradients(order: Uint32Array, advantages: Float64Array): { loss: number; entropy: number } {
    const { buffer, gradient } = this;
    const { batchSize } = this.options;
    const { weights, heeded } = gradient.inputs;
    let loss = 0;
    let entropy = 0;
    for (let start = 0; start < order.length; start += batchSize) {
      buffer.gather(order, start, gradient.inputs);
      for (let row = 0; row < batchSize; row++) {
        const step = start + row;
        // Rows after the last step are copies of the first ones and must not count.
        heeded[row] = step < order.length ? 1 : 0;
        weights[row] = heeded[row] && (buffer.factors[step] * advantages[step]) / buffer.numEpisodes;
      }
      const sums = gradient.run();
      loss += sums.loss[0];
      entropy += sums.entropy[0];
    }
    return { loss, entropy };
  }

  checkpoint(): Checkpoint {
    const { valueBaseline } = this;
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        draws: this.draws,
        random: this.random.getState(),
        recorder: this.recorder.getState(),
        training: this.training.getState(),
      },
      files: {
        'parameters.safetensors': t.saveParameters(this.networks.parameters),
        'optimizer.safetensors': t.saveParameters(this.optimizer.state),
        ...(valueBaseline && { 'value-optimizer.safetensors': t.saveParameters(valueBaseline.optimizer.state) }),
      },
    };
  }

  /**
   * The agent that was saved, ready to act and to go on learning in `env` exactly as if it had not been interrupted.
   * @throws CheckpointError when the checkpoint is another algorithm's or incomplete, or the environment's state does not fit.
   * @throws SafetensorsError when the weights are corrupt or do not fit the environment's spaces.
   */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv, options: DeviceOption = {}): Reinforce {
    const { state, file } = openCheckpoint(checkpoint, 'reinforce');
    const agent = new Reinforce(env, { ...(readState(state, 'options') as Partial<ReinforceOptions>), ...options });
    t.loadParameters(agent.networks.parameters, file('parameters.safetensors'));
    t.loadParameters(agent.optimizer.state, file('optimizer.safetensors'));
    if (agent.valueBaseline) {
      t.loadParameters(agent.valueBaseline.optimizer.state, file('value-optimizer.safetensors'));
    }
    agent.draws = readNumber(state, 'draws');
    agent.random.setState(readState(state, 'random'));
    agent.recorder.setState(readState(state, 'recorder'));
    agent.training.setState(readState(state, 'training'));
    return agent;
  }

  dispose(): void {
    const { rollout, gradient, policyStep, policy, networks, valueBaseline, optimalBaseline } = this;
    for (const each of [rollout, gradient, policyStep, policy, networks, valueBaseline, optimalBaseline])
      each?.dispose();
    this.total.dispose();
    t.disposeParameters(this.optimizer.state);
  }
}

/** Whether any copy has begun an episode that it has not ended. */
function isWithinEpisode({ numEnvs, terminated, truncated, episodeLengths }: VectorEnv): boolean {
  for (let i = 0; i < numEnvs; i++) if (episodeLengths[i] > 0 && !terminated[i] && !truncated[i]) return true;
  return false;
}

/** Writes the mean return of all steps of the other episodes, Σ f_t G_t / Σ f_t, for each step of `buffer` into `target`. */
function meansOfOthers({ size, numEpisodes, episodes, factors, returns }: EpisodeBuffer, target: Float64Array): void {
  const products = new Float64Array(numEpisodes);
  const weights = new Float64Array(numEpisodes);
  for (let row = 0; row < size; row++) {
    products[episodes[row]] += factors[row] * returns[row];
    weights[episodes[row]] += factors[row];
  }
  const product = products.reduce((sum, each) => sum + each, 0);
  const weight = weights.reduce((sum, each) => sum + each, 0);
  for (let row = 0; row < size; row++) {
    const own = episodes[row];
    target[row] = (product - products[own]) / (weight - weights[own]);
  }
}

/** (x − mean) / (standard deviation + 1e-8) in place, with Bessel's correction. */
function standardize(values: Float64Array): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const scale = 1 / (Math.sqrt(variance) + 1e-8);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - mean) * scale;
}
