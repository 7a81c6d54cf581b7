import {
  BaseAgent,
  fraction,
  type AgentParts,
  type DeviceOption,
  type Env,
  type NetworkLookup,
  type Observation,
  type OptionCheck,
  type Progress,
  type Random,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { continuousActions, type ContinuousActions } from './continuous-actions.ts';
import { deterministicParts } from './deterministic-parts.ts';
import { createActor, stateValueLookup, unitActions } from './deterministic-policy.ts';
import { explorationNoiseCheck, type ExplorationNoise } from './exploration-noise.ts';
import type { Exploration } from './exploration.ts';
import {
  createNetwork,
  networkLayerChecks,
  networkLayerDefaults,
  type NetworkLayers,
  type StateNetwork,
} from './networks.ts';
import {
  ReplayLearning,
  replayChecks,
  replayDefaults,
  replayInputs,
  type ReplayOptions,
  type ReplayUpdate,
} from './replay-learning.ts';

/**
 * Deep deterministic policy gradient (Lillicrap et al., 2016; S6.3): an actor μ(s; θ) whose gradient the critic q(s, a; w) supplies, a replay buffer, and
 * target networks θ⁻ and w⁻ that follow both.
 *
 *     y = r + γ (1 − terminated) q(s′, μ(s′; θ⁻); w⁻)
 *     w ← w − α ∇ E[(y − q(s, a; w))²],   θ ← θ + α ∇ E[q(s, μ(s; θ); w)]
 *     θ⁻ ← τ θ + (1 − τ) θ⁻,   w⁻ ← τ w + (1 − τ) w⁻
 *
 * The actor ends with tanh, and what networks know of actions lies in [−1, 1] between their bounds. In training noise is added to μ(s).
 */
export interface DdpgOptions extends NetworkLayers, ReplayOptions {
  /** τ. Default 0.005 (SB3). */
  readonly tau: number;
  /** Noise of actions in training. Default: Ornstein and Uhlenbeck's with θ = 0.15, σ = 0.2, scaled by 0.1 (S6.3). */
  readonly noise: ExplorationNoise;
}

/** Layers, noise and targets of S6.3, the rest Stable-Baselines3's. */
export const ddpgDefaults: DdpgOptions = {
  ...networkLayerDefaults,
  ...replayDefaults,
  learningRate: 1e-3,
  tau: 0.005,
  noise: { kind: 'ornstein-uhlenbeck' },
};

const optionChecks: { readonly [Name in keyof DdpgOptions]: OptionCheck } = {
  ...networkLayerChecks,
  ...replayChecks,
  tau: fraction,
  noise: explorationNoiseCheck,
};

/** μ and q, with actions in [−1, 1]. */
interface Networks {
  readonly actor: StateNetwork;
  readonly critic: StateNetwork;
}

function createNetworks(env: VectorEnv, options: DdpgOptions, random: Random): Networks {
  const { observationSpace, actionSpace } = env;
  const { size } = actionSpace;
  return {
    actor: createActor(env, options, random),
    critic: createNetwork({ role: 'critic', observationSpace, actionSize: size, outputs: 1 }, options, random),
  };
}

/** q(s, a), by default of the actor's own action: [rows]. */
function value(
  networks: Networks,
  observations: t.Tensor,
  actions = unitActions(networks.actor, observations),
): t.Tensor {
  return t.squeeze(networks.critic(observations, actions), 1);
}

/** What an update reports. */
const metricNames = ['train/value_loss', 'train/q_value', 'train/policy_loss'] as const;

/** One minibatch step: the critic, the actor by the critic's new weights, the targets. */
function updateProgram(
  online: Networks,
  target: Networks,
  optimizers: Readonly<Record<keyof Networks, t.Optimizer>>,
  env: VectorEnv,
  { toUnit }: ContinuousActions,
  options: DdpgOptions,
  device: t.Device,
): ReplayUpdate {
  return t.program(
    replayInputs(env, options),
    ({ observations, actions, rewards, nextObservations, discounts, weights, ...rates }) => {
      const y = t.add(rewards, t.mul(discounts, value(target, nextObservations)));
      const q = value(online, observations, toUnit(actions));
      const errors = t.sub(y, q);
      const valueLoss = t.mean(t.mul(weights, t.square(errors)));
      optimizers.critic.minimize(valueLoss, { learningRate: rates.criticLearningRate });

      const policyLoss = t.neg(t.mean(value(online, observations)));
      optimizers.actor.minimize(policyLoss, { learningRate: rates.learningRate });

      for (const name of ['actor', 'critic'] as const) {
        t.polyakUpdate(online[name].parameters, target[name].parameters, options.tau);
      }
      return { metrics: t.stack([valueLoss, t.mean(q), policyLoss]), errors };
    },
    { device },
  );
}

/** A DDPG agent; see {@link DdpgOptions} for the algorithm. */
export class Ddpg extends BaseAgent<DdpgOptions> {
  static readonly algorithm = 'ddpg';
  protected readonly parts: AgentParts;
  /** A minibatch step. `learn` fills its inputs and runs it; others may too, to time it or to learn from data of their own. */
  readonly update: ReplayUpdate;
  private readonly learning: ReplayLearning;
  private readonly lookup: NetworkLookup<'values'>;
  private readonly exploration: Exploration;

  /**
   * @param env one environment, or n copies stepped together; its actions are a `Box` with finite bounds
   * @throws RangeError for other actions, an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n.
   */
  constructor(env: Env | VectorEnv, options: Partial<DdpgOptions> & DeviceOption = {}) {
    super({ name: 'Ddpg', algorithm: Ddpg.algorithm, defaults: ddpgDefaults, checks: optionChecks }, env, options);
    const { device, env: copies, random } = this;
    const scale = continuousActions('Ddpg', copies);
    // Before the networks, since it says at once what does not fit into memory.
    const learning = new ReplayLearning(this.training, this.options, random);
    this.learning = learning;
    const [online, target] = [0, 1].map(() => createNetworks(copies, this.options, random));
    const { actor, critic } = online;
    t.copyParameters(actor.parameters, target.actor.parameters);
    t.copyParameters(critic.parameters, target.critic.parameters);
    const optimizers = { actor: t.adam(actor.parameters), critic: t.adam(critic.parameters) };
    this.update = updateProgram(online, target, optimizers, copies, scale, this.options, device);
    this.lookup = stateValueLookup(copies, (observations) => value(online, observations), device);
    const explorer = { env: copies, actions: scale, learning, random, device };
    const programs = [this.update, this.lookup];
    const made = deterministicParts({ online, target, optimizers }, explorer, this.options, programs);
    ({ exploration: this.exploration, parts: this.parts } = made);
  }

  /** q(s, μ(s)), [n], of one observation or of many in a Float32Array [n × observation size]. Throws as `NetworkLookup.run` does. */
  stateValue(observations: Observation | Float32Array): Float32Array {
    return this.lookup.run(observations).values;
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { update, exploration } = this;
    yield* this.learning.run(this, totalSteps, {
      metricNames,
      act: exploration.act,
      report: exploration.report,
      update: () => update,
    });
  }
}
