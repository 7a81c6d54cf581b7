import {
  Random,
  RolloutCollector,
  asVectorEnv,
  checkOptions,
  checkParameters,
  checkUpdate,
  createActorCritic,
  learnSteps,
  openCheckpoint,
  plainState,
  positiveInteger,
  readState,
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
  type SpaceValue,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { NaturalGradient, type StepOutcome } from './natural-gradient/natural-gradient.ts';
import {
  naturalPolicyGradientChecks,
  naturalPolicyGradientDefaults,
  type NaturalPolicyGradientOptions,
} from './natural-policy-gradient.ts';
import { ValueRegression } from './programs/value-regression.ts';

/**
 * Trust region policy optimization (Schulman et al., 2015; S5.9).
 *
 * Each round collects `steps` steps of every environment copy with the present policy and estimates advantages Âₜ by GAE(λ). Then the policy
 * makes one large step, which is to
 *
 *     maximize E[ρₜ Âₜ], ρₜ = π(aₜ|sₜ) / π_old(aₜ|sₜ), subject to E[KL(π_old(·|sₜ) ‖ π(·|sₜ))] < δ.
 *
 * To first order in the objective, g, and second order in the divergence, ½ Δθᵀ F Δθ, the best step is
 *
 *     Δθ = √(2 δ / gᵀ x) x,   x = (F + c I)⁻¹ g,
 *
 * where x comes by conjugate gradients, from products of the Fisher matrix F with vectors. A line search shrinks Δθ until the objective itself
 * has risen and the divergence itself is below δ; where no try is good enough the policy stays as it is. The critic learns from the same
 * round by minibatch steps. But for the line search this is the natural policy gradient, whose options it has.
 *
 * Details follow sb3-contrib, but for: the divergence is KL(π_old ‖ π), as in the paper; there it is KL(π ‖ π_old). Conjugate gradients
 * end at a residual relative to g's size. All of a round serves for F; the paper takes a tenth of it.
 */
export interface TrpoOptions extends NaturalPolicyGradientOptions {
  /** Tries of the line search. Default 10 (sb3-contrib). */
  readonly lineSearchSteps: number;
  /** Each try is this times the one before; between 0 and 1. Default 0.8 (sb3-contrib). */
  readonly lineSearchFactor: number;
}

/** Those of sb3-contrib. */
export const trpoDefaults: TrpoOptions = {
  ...naturalPolicyGradientDefaults,
  lineSearchSteps: 10,
  lineSearchFactor: 0.8,
};

const optionChecks: { readonly [Name in keyof TrpoOptions]: OptionCheck } = {
  ...naturalPolicyGradientChecks,
  lineSearchSteps: positiveInteger,
  lineSearchFactor: {
    expected: 'a number in (0, 1)',
    accepts: (value) => typeof value === 'number' && value > 0 && value < 1,
  },
};

/** A TRPO agent; see {@link TrpoOptions} for the algorithm. */
export class Trpo implements Agent {
  readonly algorithm = 'trpo';
  readonly options: TrpoOptions;
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
  constructor(env: Env | VectorEnv, options: Partial<TrpoOptions> & DeviceOption = {}) {
    const { device, given } = splitDevice('Trpo', options);
    checkOptions<TrpoOptions>('Trpo', given, optionChecks);
    this.options = { ...trpoDefaults, ...given };
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
    // Without a gradient, or one that is not finite, there is no direction.
    const { fraction, gain, divergence } = curvature > 0 ? this.search(Math.sqrt((2 * targetKl) / curvature)) : stay;
    const rate = scheduleValue(learningRate, progress);
    const metrics = {
      'train/policy_loss': -gain,
      'train/entropy': entropy,
      'train/kl': divergence,
      'train/step_fraction': fraction,
      'train/gradient_norm': gradientNorm,
      'train/learning_rate': rate,
    };
    checkUpdate(this, metrics);
    const critique = critic.fit(buffer, { agent: this, epochs: criticEpochs, learningRate: rate, random });
    checkParameters(this, this.networks.parameters);
    return { ...metrics, ...critique };
  }

  /** The line search: the largest of the tries α = largest × factorᵏ that is within the trust region and better than the old policy. */
  private search(largest: number): Move {
    const { targetKl, lineSearchSteps, lineSearchFactor } = this.options;
    const limits = { divergence: targetKl, gain: 0 };
    for (let k = 0; k < lineSearchSteps; k++) {
      const fraction = lineSearchFactor ** k;
      const outcome = this.actor.step(fraction * largest, limits);
      if (outcome.accepted) return { ...outcome, fraction };
    }
    return stay;
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
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv, options: DeviceOption = {}): Trpo {
    const { state, file } = openCheckpoint(checkpoint, 'trpo', env);
    const agent = new Trpo(env, { ...(readState(state, 'options') as Partial<TrpoOptions>), ...options });
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

/** A step of the policy, and what part it is of the largest one. */
type Move = Pick<StepOutcome, 'gain' | 'divergence'> & { readonly fraction: number };

/** No step: the policy is as it was. */
const stay: Move = { gain: 0, divergence: 0, fraction: 0 };
