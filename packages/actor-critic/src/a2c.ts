import {
  ActorCriticLookup,
  BaseAgent,
  RolloutCollector,
  UpdateMetrics,
  createActorCritic,
  finiteNumber,
  networkChecks,
  networkDefaults,
  nonNegativeNumber,
  oneOf,
  positiveInteger,
  positiveNumber,
  rolloutChecks,
  rolloutDefaults,
  scheduleOf,
  scheduleValue,
  stepInputs,
  type ActorCritic,
  type AgentParts,
  type DeviceOption,
  type Env,
  type Metrics,
  type NetworkOptions,
  type OptionCheck,
  type Progress,
  type RolloutOptions,
  type Schedule,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';

/**
 * Advantage actor-critic (Mnih et al., 2016; S6.2), with all copies of the environment stepped together.
 *
 * Each round plays `steps` steps of every copy with the present policy, estimates advantages Âₜ by GAE(λ), with λ = 1 those of n-step returns Gₜ, and makes
 * one step on all of them,
 *
 *     L = −E[Âₜ log π(aₜ|sₜ)] + c_v E[(v(sₜ) − Gₜ)²] − c_e E[H(π(·|sₜ))],   Âₜ = Gₜ − v(sₜ).
 *
 * Actor and critic are separate networks. Details follow Stable-Baselines3; episodes cut off by a time limit are bootstrapped from the value of their last
 * observation.
 */
export interface A2cOptions extends NetworkOptions, RolloutOptions {
  /** n, the steps of each environment copy in a round. Default 5 (SB3). */
  readonly steps: number;
  /** The optimizer's step size, over the progress of training. Default 7e-4 (SB3). */
  readonly learningRate: Schedule;
  /**
   * `rmsprop` is PyTorch's, with ρ = 0.99 and √s + ε; `tensorflow-rmsprop` has √(s + ε) and s = 1 at first, as the first implementation had
   * (SB3's `RMSpropTFLike`); `adam`. Default `rmsprop` (SB3).
   */
  readonly optimizer: 'rmsprop' | 'tensorflow-rmsprop' | 'adam';
  /** The optimizer's ε. Default 1e-5 (SB3). */
  readonly optimizerEpsilon: number;
  /** λ of generalized advantage estimation. Default 1 (SB3). */
  readonly gaeLambda: number;
  /** c_e. Default 0 (SB3). */
  readonly entropyCoefficient: number;
  /** c_v, of the squared error without a factor ½. Default 0.5 (SB3). */
  readonly valueCoefficient: number;
  /** Largest global norm of the gradient. Default 0.5 (SB3). */
  readonly maxGradNorm: number;
}

/** Stable-Baselines3's defaults. */
export const a2cDefaults: A2cOptions = {
  ...networkDefaults,
  ...rolloutDefaults,
  steps: 5,
  learningRate: 7e-4,
  optimizer: 'rmsprop',
  optimizerEpsilon: 1e-5,
  gaeLambda: 1,
  entropyCoefficient: 0,
  valueCoefficient: 0.5,
  maxGradNorm: 0.5,
};

const optionChecks: { readonly [Name in keyof A2cOptions]: OptionCheck } = {
  ...networkChecks,
  ...rolloutChecks,
  steps: positiveInteger,
  learningRate: scheduleOf(nonNegativeNumber),
  optimizer: oneOf('rmsprop', 'tensorflow-rmsprop', 'adam'),
  optimizerEpsilon: positiveNumber,
  entropyCoefficient: finiteNumber,
  valueCoefficient: nonNegativeNumber,
  maxGradNorm: positiveNumber,
};

function createOptimizer(parameters: t.Parameters, { optimizer, optimizerEpsilon }: A2cOptions): t.Optimizer {
  if (optimizer === 'adam') return t.adam(parameters, { epsilon: optimizerEpsilon });
  return t.rmsProp(parameters, { epsilon: optimizerEpsilon, insideRoot: optimizer === 'tensorflow-rmsprop' });
}

/** What an update reports. */
const metricNames = ['train/policy_loss', 'train/value_loss', 'train/entropy', 'train/gradient_norm'] as const;

/** The step on a round: the loss, its gradient, the optimizer. */
function updateProgram(
  networks: ActorCritic,
  optimizer: t.Optimizer,
  env: VectorEnv,
  options: A2cOptions,
  device: t.Device,
) {
  const { steps, valueCoefficient, entropyCoefficient, maxGradNorm } = options;
  const rows = steps * env.numEnvs;
  return t.program(
    { ...stepInputs(env, rows), advantages: [rows], returns: [rows], learningRate: [] },
    ({ observations, actions, actionMasks, advantages, returns, learningRate }) => {
      const policy = networks.policy(observations, actionMasks);
      const policyLoss = t.neg(t.mean(t.mul(advantages, policy.logProbability(actions))));
      const valueLoss = t.mean(t.square(t.sub(networks.value(observations), returns)));
      const entropy = t.mean(policy.entropy());
      const loss = t.sub(t.add(policyLoss, t.mul(valueCoefficient, valueLoss)), t.mul(entropyCoefficient, entropy));
      const { gradientNorm } = optimizer.minimize(loss, { learningRate, maxGradNorm });
      return { metrics: t.stack([policyLoss, valueLoss, entropy, gradientNorm]) };
    },
    { device },
  );
}

/** An A2C agent; see {@link A2cOptions} for the algorithm. */
export class A2c extends BaseAgent<A2cOptions> {
  static readonly algorithm = 'a2c';
  protected readonly parts: AgentParts;
  readonly actionDistribution: ActorCriticLookup['actionDistribution'];
  readonly stateValue: ActorCriticLookup['stateValue'];
  private readonly rollouts: RolloutCollector;
  private readonly update: ReturnType<typeof updateProgram>;

  /**
   * @param env one environment, or n copies stepped together (n × `steps` transitions a round); where it has action masks, illegal actions are never taken
   * @throws RangeError for an unknown option or a wrong one.
   */
  constructor(env: Env | VectorEnv, options: Partial<A2cOptions> & DeviceOption = {}) {
    super({ name: 'A2c', algorithm: A2c.algorithm, defaults: a2cDefaults, checks: optionChecks }, env, options);
    const { device } = this;
    const networks = createActorCritic(this.env, this.options, this.random);
    const optimizer = createOptimizer(networks.parameters, this.options);
    this.update = updateProgram(networks, optimizer, this.env, this.options, device);
    this.rollouts = new RolloutCollector(this.training, networks, this.options, { device });
    const lookup = new ActorCriticLookup(networks, this.env, device, this.rollouts.prepare);
    ({ actionDistribution: this.actionDistribution, stateValue: this.stateValue } = lookup);
    this.parts = {
      policy: this.rollouts.policy,
      networks: { parameters: networks.parameters },
      optimizers: { optimizer },
      state: { rollouts: this.rollouts },
      programs: [this.update, this.rollouts, lookup],
    };
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { rollouts } = this;
    for (const progress of rollouts.rounds(totalSteps)) yield rollouts.progress(this.improve(progress));
  }

  /** Learns from one round; `progress` is the part of training that was done before it. */
  private improve(progress: number): Metrics {
    const { update, rollouts } = this;
    const rate = scheduleValue(this.options.learningRate, progress);
    update.inputs.learningRate[0] = rate;
    rollouts.buffer.gather(0, rollouts.buffer.size, update.inputs);
    const reported = new UpdateMetrics(this, metricNames);
    reported.add(update.run().metrics);
    return { ...reported.means(), 'train/learning_rate': rate };
  }
}
