import {
  ActorCriticLookup,
  RolloutCollector,
  checkParameters,
  checkUpdate,
  createActorCritic,
  roundSize,
  scheduleValue,
  type ActorCriticOptions,
  type Agent,
  type AgentParts,
  type Metrics,
  type Random,
  type RolloutCollectorOptions,
  type Schedule,
  type TrainingEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { ValueRegression } from '../programs/value-regression.ts';
import {
  NaturalGradient,
  type NaturalDirection,
  type NaturalGradientSettings,
  type StepOutcome,
} from './natural-gradient.ts';

/** What came of a step of the policy. */
export type Move = Pick<StepOutcome, 'gain' | 'divergence'>;

/** No step: the policy is as it was. */
export const stay: Move = { gain: 0, divergence: 0 };

/** Some of `NaturalPolicyGradientOptions`, which say what they mean. */
export interface NaturalGradientLearnerOptions
  extends NaturalGradientSettings, ActorCriticOptions, Omit<RolloutCollectorOptions, 'stateDependentExploration'> {
  readonly learningRate: Schedule;
  readonly batchSize: number;
  readonly criticEpochs: number;
}

/** What algorithms with a natural gradient share: rounds, a direction for the policy, and a critic that learns from the same round after the policy's step. */
export class NaturalGradientLearner {
  readonly actor: NaturalGradient;
  readonly rollouts: RolloutCollector;
  readonly parts: AgentParts;
  readonly lookup: ActorCriticLookup;
  private readonly critic: ValueRegression;
  private readonly parameters: t.Parameters;
  private readonly options: NaturalGradientLearnerOptions;
  private readonly random: Random;

  /** Throws `RangeError` for minibatches that do not divide a round evenly. */
  constructor(training: TrainingEnv, random: Random, options: NaturalGradientLearnerOptions, device: t.Device) {
    const { env } = training;
    const size = roundSize(options, env);
    const networks = createActorCritic(env, options, random);
    this.options = options;
    this.random = random;
    this.parameters = networks.parameters;
    this.actor = new NaturalGradient(networks, env, size, options, device);
    // Adam's ε as Stable-Baselines3 has it.
    const optimizer = t.adam(networks.criticParameters, { epsilon: 1e-5 });
    this.critic = new ValueRegression(networks, env, optimizer, options.batchSize, device);
    this.rollouts = new RolloutCollector(training, networks, options, { device });
    this.lookup = new ActorCriticLookup(networks, env, device, this.rollouts.prepare);
    this.parts = {
      policy: this.rollouts.policy,
      networks: { parameters: networks.parameters },
      optimizers: { optimizer },
      state: { rollouts: this.rollouts },
      programs: [this.actor, this.critic, this.rollouts, this.lookup],
    };
  }

  /** The critic's share of a round, and what is to be reported of both; `progress` is the part of training that was done before it. */
  finishRound(
    agent: Pick<Agent, 'algorithm' | 'step'>,
    { gradientNorm, entropy }: NaturalDirection,
    { gain, divergence }: Move,
    progress: number,
  ): Metrics {
    const { random } = this;
    const learningRate = scheduleValue(this.options.learningRate, progress);
    const metrics = {
      'train/policy_loss': -gain,
      'train/entropy': entropy,
      'train/kl': divergence,
      'train/gradient_norm': gradientNorm,
      'train/learning_rate': learningRate,
    };
    checkUpdate(agent, metrics);
    const { rollouts, critic, options } = this;
    const critique = critic.fit(rollouts.buffer, { agent, epochs: options.criticEpochs, learningRate, random });
    checkParameters(agent, this.parameters);
    return { ...metrics, ...critique };
  }
}
