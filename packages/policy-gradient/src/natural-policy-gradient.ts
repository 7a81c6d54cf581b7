import {
  Random,
  RolloutCollector,
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
  type RolloutBuffer,
  type Schedule,
  type SpaceValue,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { NaturalGradient } from './natural-gradient/natural-gradient.ts';
import { ValueRegression } from './programs/value-regression.ts';

/**
 * Natural policy gradient (Kakade, 2001), with the step size of Rajeswaran et al. (2017).
 *
 * Each round collects `steps` steps of every environment copy with the present policy, estimates advantages Âₜ by GAE(λ), and makes one step
 *
 *     θ ← θ + √(2 δ / gᵀ x) x,   x = (F + c I)⁻¹ g,   g = E[Âₜ ∇ log π(aₜ|sₜ)],
 *
 * where F is the Fisher matrix of the policy, so that the direction depends on the policies and not on how θ describes them. To second
 * order the policy moves by a divergence of δ = `targetKl`. The critic learns from the same round by minibatch steps.
 *
 * This is TRPO without its line search: nothing checks how far the policy really went, or whether it became better.
 */
export interface NaturalPolicyGradientOptions {
  /** Steps of each environment copy in a round. Default 2048 (sb3-contrib's TRPO). */
  readonly steps: number;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** λ of generalized advantage estimation. Default 0.95 (sb3-contrib's TRPO). */
  readonly gaeLambda: number;
  /** δ, nats. Default 0.01. */
  readonly targetKl: number;
  /** Iterations of conjugate gradients at most, each a product F v. Default 15 (sb3-contrib's TRPO). */
  readonly conjugateGradientSteps: number;
  /** c. Default 0.1. */
  readonly damping: number;
  /** Whether a round's advantages get mean 0 and standard deviation 1. Default true. */
  readonly normalizeAdvantage: boolean;
  /** Adam's step size for the critic, over the progress of training. Default 1e-3 (sb3-contrib's TRPO). */
  readonly learningRate: Schedule;
  /** Transitions in a minibatch of the critic; divides steps × number of copies. Default 128 (sb3-contrib's TRPO). */
  readonly batchSize: number;
  /** Passes of the critic over a round's transitions. Default 10 (sb3-contrib's TRPO). */
  readonly criticEpochs: number;
  /** Whether observations are normalized by their running mean and variance. Default false. */
  readonly normalizeObservation: boolean;
  /** Whether rewards are divided by the running standard deviation of the return. Default false. */
  readonly normalizeReward: boolean;
  /** Sizes of the hidden layers of both networks. Default [64, 64]. */
  readonly hidden: readonly number[];
  /** Default `tanh`. */
  readonly activation: t.Activation;
  /** Log standard deviation of continuous actions at the start, or with gSDE of their noise's weights. Default 0. */
  readonly initialLogStd: number;
  /**
   * gSDE (Raffin et al., 2021) for continuous actions: their noise is a function of the state (see `stateDependentGaussian` of core), the
   * same one for so many steps, and a new one in each round. `null`: independent noise, whose deviation does not depend on the state, at
   * every step. Default `null`.
   */
  readonly stateDependentExploration: number | null;
  /** Seeds weights, actions, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** Those of sb3-contrib's TRPO. */
export const naturalPolicyGradientDefaults: NaturalPolicyGradientOptions = {
  steps: 2048,
  gamma: 0.99,
  gaeLambda: 0.95,
  targetKl: 0.01,
  conjugateGradientSteps: 15,
  damping: 0.1,
  normalizeAdvantage: true,
  learningRate: 1e-3,
  batchSize: 128,
  criticEpochs: 10,
  normalizeObservation: false,
  normalizeReward: false,
  hidden: [64, 64],
  activation: 'tanh',
  initialLogStd: 0,
  stateDependentExploration: null,
  seed: 0,
};

/** What each option must be. */
export const naturalPolicyGradientChecks: { readonly [Name in keyof NaturalPolicyGradientOptions]: OptionCheck } = {
  steps: positiveInteger,
  gamma: fraction,
  gaeLambda: fraction,
  targetKl: positiveNumber,
  conjugateGradientSteps: positiveInteger,
  damping: nonNegativeNumber,
  normalizeAdvantage: flag,
  learningRate: scheduleOf(nonNegativeNumber),
  batchSize: positiveInteger,
  criticEpochs: naturalNumber,
  normalizeObservation: flag,
  normalizeReward: flag,
  hidden: layerSizes,
  activation: oneOf(...t.activationNames),
  initialLogStd: finiteNumber,
  stateDependentExploration: nullable(positiveInteger),
  seed: naturalNumber,
};

/** A natural policy gradient agent; see {@link NaturalPolicyGradientOptions} for the algorithm. */
export class NaturalPolicyGradient implements Agent {
  readonly algorithm = 'npg';
  readonly options: NaturalPolicyGradientOptions;
  private readonly networks: ActorCritic;
  private readonly actor: NaturalGradient;
  private readonly critic: ValueRegression;
  private readonly rollouts: RolloutCollector;
  private readonly random: Random;

  /**
   * @param env one environment, or n copies stepped together (n × `steps` transitions a round); where it has action masks, illegal
   *   actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as minibatches that do not divide a round evenly.
   */
  constructor(env: Env | VectorEnv, options: Partial<NaturalPolicyGradientOptions> & DeviceOption = {}) {
    const { device, given } = splitDevice('NaturalPolicyGradient', options);
    checkOptions<NaturalPolicyGradientOptions>('NaturalPolicyGradient', given, naturalPolicyGradientChecks);
    this.options = { ...naturalPolicyGradientDefaults, ...given };
    const { steps, batchSize, seed, stateDependentExploration } = this.options;
    const copies = asVectorEnv(env);
    const size = steps * copies.numEnvs;
    if (size % batchSize !== 0) {
      throw new RangeError(`batchSize: expected a divisor of ${size} (steps × copies), got ${batchSize}`);
    }
    this.random = new Random(seed);
    const exploration = { stateDependentExploration: stateDependentExploration !== null };
    this.networks = createActorCritic(copies, { ...this.options, ...exploration }, this.random);
    this.actor = new NaturalGradient(this.networks, copies, size, this.options, device);
    // Adam's ε as Stable-Baselines3 has it.
    const optimizer = t.adam(this.networks.criticParameters, { epsilon: 1e-5 });
    this.critic = new ValueRegression(this.networks, copies, optimizer, batchSize, device);
    const noise = { noiseSteps: stateDependentExploration ?? 1 };
    this.rollouts = new RolloutCollector(copies, this.networks, { ...this.options, ...noise }, { device });
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

  /** Trains up to `steps` environment steps, rounded up to whole rounds; yields after each round. */
  *learn(options: LearnOptions): Generator<Progress, void, void> {
    const steps = learnSteps(options);
    const { rollouts } = this;
    rollouts.begin(steps);
    while (rollouts.step < steps) {
      const progress = rollouts.step / steps;
      rollouts.collect();
      yield rollouts.progress(this.improve(rollouts.buffer, progress));
    }
  }

  /** One step of the policy, and the critic's; `progress` is the part of training that was done before this round. */
  private improve(buffer: RolloutBuffer, progress: number): Metrics {
    const { actor, critic, random } = this;
    const { targetKl, criticEpochs, learningRate } = this.options;
    const { curvature, gradientNorm, entropy } = actor.compute(buffer);
    let [gain, divergence] = [0, 0];
    // Without a gradient, or one that is not finite, there is no direction.
    if (curvature > 0) {
      ({ gain, divergence } = actor.step(Math.sqrt((2 * targetKl) / curvature), anyFinite));
    }
    const rate = scheduleValue(learningRate, progress);
    const metrics = {
      'train/policy_loss': -gain,
      'train/entropy': entropy,
      'train/kl': divergence,
      'train/gradient_norm': gradientNorm,
      'train/learning_rate': rate,
    };
    checkUpdate(this, metrics);
    const critique = critic.fit(buffer, { agent: this, epochs: criticEpochs, learningRate: rate, random });
    checkParameters(this, this.networks.parameters);
    return { ...metrics, ...critique };
  }

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
        'optimizer.safetensors': t.saveParameters(this.critic.optimizer.state),
      },
    };
  }

  /**
   * The agent that was saved, ready to act and to go on learning in `env` exactly as if it had not been interrupted.
   * @throws CheckpointError when the checkpoint is another algorithm's or incomplete, or the environment's state does not fit.
   * @throws SafetensorsError when the weights are corrupt or do not fit the environment's spaces.
   */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv, options: DeviceOption = {}): NaturalPolicyGradient {
    const { state, file } = openCheckpoint(checkpoint, 'npg', env);
    const saved = readState(state, 'options') as Partial<NaturalPolicyGradientOptions>;
    const agent = new NaturalPolicyGradient(env, { ...saved, ...options });
    t.loadParameters(agent.networks.parameters, file('parameters.safetensors'));
    t.loadParameters(agent.critic.optimizer.state, file('optimizer.safetensors'));
    agent.random.setState(readState(state, 'random'));
    agent.rollouts.setState(readState(state, 'rollouts'));
    return agent;
  }

  dispose(): void {
    for (const each of [this.actor, this.critic, this.rollouts, this.networks]) each.dispose();
  }
}

/** A step to a policy that is not finite is taken back; any other one stays. */
const anyFinite = { divergence: Infinity, gain: -Infinity };
