import {
  ActorCriticLookup,
  BaseAgent,
  RolloutCollector,
  checkUpdate,
  createActorCritic,
  roundSize,
  scheduleValue,
  type AgentKind,
  type AgentParts,
  type DeviceOption,
  type Env,
  type Metrics,
  type NetworkOptions,
  type Progress,
  type RolloutOptions,
  type Schedule,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { ValueRegression } from '../programs/value-regression.ts';
import {
  NaturalGradient,
  type NaturalGradientSettings,
  type StepLimits,
  type StepOutcome,
} from './natural-gradient.ts';

/** Some of `NaturalPolicyGradientOptions`, which say what they mean. */
export interface NaturalGradientAgentOptions extends NetworkOptions, RolloutOptions, NaturalGradientSettings {
  readonly steps: number;
  readonly targetKl: number;
  readonly learningRate: Schedule;
  readonly batchSize: number;
  readonly criticEpochs: number;
}

/** An agent whose policy follows a natural gradient. */
export interface NaturalGradientAgent<Options extends NaturalGradientAgentOptions> extends BaseAgent<Options> {
  readonly actionDistribution: ActorCriticLookup['actionDistribution'];
  readonly stateValue: ActorCriticLookup['stateValue'];
}

/** The class of such agents. */
export interface NaturalGradientAgentClass<Options extends NaturalGradientAgentOptions> extends Pick<
  typeof BaseAgent,
  'load' | 'restore'
> {
  /**
   * @param env one environment, or n copies stepped together (n × `steps` transitions a round); where it has action masks, illegal
   *   actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as minibatches that do not divide a round evenly.
   */
  new (env: Env | VectorEnv, options?: Partial<Options> & DeviceOption): NaturalGradientAgent<Options>;
  readonly algorithm: string;
}

/**
 * Moves the policy by a part of √(2 δ / gᵀ x) x, and puts it back, to the bit, unless what came of it is within the limits. Where there is no direction x, since
 * there is no gradient or one that is not finite, nothing is accepted.
 */
export type NaturalStep = (part: number, limits: StepLimits) => StepOutcome;

/** What came of a round's step or steps: of the one that the policy stays at, and what else is to be reported. */
export type NaturalMove = Pick<StepOutcome, 'gain' | 'divergence'> & { readonly metrics?: Metrics };

/** The policy is as it was. */
export const stay: StepOutcome = { accepted: false, gain: 0, divergence: 0 };

/**
 * The class of agents that learn in rounds: the rollout, a direction for the policy, a `move` along it, which is the algorithm's own, and minibatch steps of a
 * critic on the same round.
 */
export function naturalGradientAgent<Options extends NaturalGradientAgentOptions>(
  kind: AgentKind<Options>,
  move: (step: NaturalStep, options: Options) => NaturalMove,
): NaturalGradientAgentClass<Options> {
  return class extends BaseAgent<Options> {
    static readonly algorithm = kind.algorithm;
    readonly actionDistribution: ActorCriticLookup['actionDistribution'];
    readonly stateValue: ActorCriticLookup['stateValue'];
    protected readonly parts: AgentParts;
    private readonly actor: NaturalGradient;
    private readonly critic: ValueRegression;
    private readonly rollouts: RolloutCollector;

    constructor(env: Env | VectorEnv, given: Partial<Options> & DeviceOption = {}) {
      super(kind, env, given);
      const { device, options, env: copies } = this;
      const size = roundSize(kind.name, options, copies);
      const networks = createActorCritic(copies, options, this.random);
      this.actor = new NaturalGradient(networks, copies, size, options, device);
      // Adam's ε as Stable-Baselines3 has it.
      const optimizer = t.adam(networks.criticParameters, { epsilon: 1e-5 });
      this.critic = new ValueRegression(networks, copies, optimizer, options.batchSize, device);
      this.rollouts = new RolloutCollector(this.training, networks, options, { device });
      const lookup = new ActorCriticLookup(networks, copies, device, this.rollouts.prepare);
      ({ actionDistribution: this.actionDistribution, stateValue: this.stateValue } = lookup);
      this.parts = {
        policy: this.rollouts.policy,
        networks: { parameters: networks.parameters },
        optimizers: { optimizer },
        state: { rollouts: this.rollouts },
        programs: [this.actor, this.critic, this.rollouts, lookup],
      };
    }

    protected *train(totalSteps: number): Generator<Progress, void, void> {
      const { rollouts } = this;
      for (const progress of rollouts.rounds(totalSteps)) yield rollouts.progress(this.improve(progress));
    }

    /** The steps of policy and critic; `progress` is the part of training that was done before this round. */
    private improve(progress: number): Metrics {
      const { actor, critic, rollouts, random, options } = this;
      const { buffer } = rollouts;
      const { curvature, gradientNorm, entropy } = actor.compute(buffer);
      const largest = Math.sqrt((2 * options.targetKl) / curvature);
      const step: NaturalStep = (part, limits) => (curvature > 0 ? actor.step(part * largest, limits) : stay);
      const { gain, divergence, metrics: more } = move(step, options);
      const learningRate = scheduleValue(options.learningRate, progress);
      const metrics = {
        'train/policy_loss': -gain,
        'train/entropy': entropy,
        'train/kl': divergence,
        'train/gradient_norm': gradientNorm,
        'train/learning_rate': learningRate,
      };
      checkUpdate(this, metrics);
      const critique = critic.fit(buffer, { agent: this, epochs: options.criticEpochs, learningRate, random });
      this.checkWeights();
      return { ...metrics, ...critique, ...more };
    }
  };
}
