import {
  Random,
  asVectorEnv,
  checkOptions,
  checkParameters,
  checkUpdate,
  createActorCritic,
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
  scheduleValue,
  splitDevice,
  type ActOptions,
  type ActionArray,
  type ActorCritic,
  type Agent,
  type Checkpoint,
  type DeviceOption,
  type Env,
  type LearnOptions,
  type Metrics,
  type Observation,
  type OptionCheck,
  type Progress,
  type Schedule,
  type SpaceValue,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import type { Credit } from './estimators/step-credits.ts';
import { flatten, parameterCount, unflatten } from './programs/flat-parameters.ts';
import { stepInputs } from './programs/policy-inputs.ts';
import { episodeAdvantages } from './reinforce/episode-advantages.ts';
import type { EpisodeBuffer } from './reinforce/episode-buffer.ts';
import { EpisodeCollector } from './reinforce/episode-collector.ts';
import { OptimalBaseline } from './reinforce/optimal-baseline.ts';
import { ValueBaseline } from './reinforce/value-baseline.ts';

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
  /**
   * Steps within which an episode has to end, since it is learned from as a whole; null: the environment's own limit, or 10,000 where it has none.
   * Default null.
   */
  readonly maxEpisodeSteps: number | null;
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
  maxEpisodeSteps: null,
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
  maxEpisodeSteps: nullable(positiveInteger),
  seed: naturalNumber,
};

/** Adds the gradient of the loss −Σ wₜ log π(aₜ | sₜ) over `batchSize` steps to `total`; the entropies of those with `heeded` 1 are summed up. */
function gradientProgram(
  networks: ActorCritic,
  total: t.Variable,
  env: VectorEnv,
  batchSize: number,
  device: t.Device,
) {
  return t.program(
    { ...stepInputs(env, batchSize), weights: [batchSize], heeded: [batchSize] },
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
  private readonly networks: ActorCritic;
  private readonly optimizer: t.Optimizer;
  /** −ĝ, all parameters of the actor in one list, [p]; 0 between updates. */
  private readonly total: t.Variable;
  private readonly gradient: ReturnType<typeof gradientProgram>;
  private readonly policyStep: ReturnType<typeof policyStepProgram>;
  /** Where `baseline` asks for one. */
  private readonly valueBaseline: ValueBaseline | undefined;
  private readonly optimalBaseline: OptimalBaseline | undefined;
  private readonly rollouts: EpisodeCollector;
  private readonly random: Random;

  /**
   * @param env one environment, or n copies stepped together; where it has action masks, illegal actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as a baseline from other episodes where an update has only one.
   */
  constructor(env: Env | VectorEnv, options: Partial<ReinforceOptions> & DeviceOption = {}) {
    const { device, given } = splitDevice('Reinforce', options);
    checkOptions<ReinforceOptions>('Reinforce', given, optionChecks);
    this.options = { ...reinforceDefaults, ...given };
    const { episodes, baseline, batchSize, maxGradNorm, seed } = this.options;
    const copies = asVectorEnv(env);
    if ((baseline === 'mean' || baseline === 'optimal') && episodes * copies.numEnvs < 2) {
      throw new RangeError(`baseline '${baseline}': expected at least 2 episodes (episodes × copies), got 1`);
    }
    this.random = new Random(seed);
    this.networks = createActorCritic(copies, this.options, this.random);
    const { actorParameters } = this.networks;
    this.optimizer = t.adam(actorParameters);
    this.total = t.variable([parameterCount(actorParameters)]);
    this.gradient = gradientProgram(this.networks, this.total, copies, batchSize, device);
    this.policyStep = policyStepProgram(this.optimizer, actorParameters, this.total, maxGradNorm, device);
    if (baseline === 'value') this.valueBaseline = new ValueBaseline(this.networks, copies, this.options, device);
    if (baseline === 'optimal') this.optimalBaseline = new OptimalBaseline(this.networks, copies, device);
    this.rollouts = new EpisodeCollector(copies, this.networks, this.options, device);
  }

  get step(): number {
    return this.rollouts.step;
  }

  act(observation: Observation, options?: ActOptions): SpaceValue {
    return this.rollouts.act(observation, options);
  }

  actBatch(observations: Float32Array, actions: ActionArray, options?: ActOptions): void {
    this.rollouts.actBatch(observations, actions, options);
  }

  /** Trains up to `steps` environment steps, rounded up to whole rounds of episodes; yields after each update. */
  *learn(options: LearnOptions): Generator<Progress, void, void> {
    const steps = learnSteps(options);
    const { rollouts, valueBaseline } = this;
    rollouts.begin(steps);
    while (rollouts.step < steps) {
      const progress = rollouts.step / steps;
      rollouts.collect((observations, copy) => valueBaseline?.valueOf(observations, copy) ?? 0);
      yield rollouts.progress(this.improve(rollouts.buffer, progress));
    }
  }

  /** One step of the policy, and the value network's; `progress` is the part of training that was done before this round. */
  private improve(buffer: EpisodeBuffer, progress: number): Metrics {
    const { policyStep, valueBaseline, optimalBaseline } = this;
    const advantages = episodeAdvantages(buffer, this.options, valueBaseline);
    const sums = this.addGradients(buffer, advantages);
    if (optimalBaseline) this.total.write(optimalBaseline.gradient(buffer, advantages).map((slope) => -slope));
    const rate = scheduleValue(this.options.learningRate, progress);
    policyStep.inputs.learningRate[0] = rate;
    const { gradientNorm } = policyStep.run();
    const metrics = {
      'train/policy_loss': sums.loss,
      'train/entropy': sums.entropy / buffer.size,
      'train/gradient_norm': gradientNorm[0],
      'train/learning_rate': rate,
    };
    checkUpdate(this, metrics);
    const critique = valueBaseline?.fit(buffer, { agent: this, random: this.random, progress });
    checkParameters(this, this.networks.parameters);
    return { ...metrics, ...critique };
  }

  /** Adds −ĝ to `total`, some steps at a time; the loss that it is the gradient of, and the sum of entropies. */
  private addGradients(buffer: EpisodeBuffer, advantages: Float64Array): { loss: number; entropy: number } {
    const { gradient } = this;
    const { batchSize } = this.options;
    const { weights, heeded } = gradient.inputs;
    const rows = buffer.rows();
    let loss = 0;
    let entropy = 0;
    for (let start = 0; start < buffer.size; start += batchSize) {
      buffer.gather(rows, start, gradient.inputs);
      for (let i = 0; i < batchSize; i++) {
        const step = start + i;
        // Rows after the last step are copies of the first ones and must not count.
        heeded[i] = step < buffer.size ? 1 : 0;
        weights[i] = heeded[i] && (buffer.factors[step] * advantages[step]) / buffer.numEpisodes;
      }
      const sums = gradient.run();
      loss += sums.loss[0];
      entropy += sums.entropy[0];
    }
    return { loss, entropy };
  }

  checkpoint(): Checkpoint {
    const { valueBaseline } = this;
    checkParameters(this, this.networks.parameters);
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        random: this.random.getState(),
        ...this.rollouts.getState(),
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
    const { state, file } = openCheckpoint(checkpoint, 'reinforce', env);
    const agent = new Reinforce(env, { ...(readState(state, 'options') as Partial<ReinforceOptions>), ...options });
    t.loadParameters(agent.networks.parameters, file('parameters.safetensors'));
    t.loadParameters(agent.optimizer.state, file('optimizer.safetensors'));
    if (agent.valueBaseline) {
      t.loadParameters(agent.valueBaseline.optimizer.state, file('value-optimizer.safetensors'));
    }
    agent.random.setState(readState(state, 'random'));
    agent.rollouts.setState(state);
    return agent;
  }

  dispose(): void {
    const { gradient, policyStep, valueBaseline, optimalBaseline, rollouts, networks } = this;
    for (const each of [gradient, policyStep, valueBaseline, optimalBaseline, rollouts, networks]) each?.dispose();
    this.total.dispose();
    t.disposeParameters(this.optimizer.state);
  }
}
