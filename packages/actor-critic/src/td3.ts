import {
  BaseAgent,
  fraction,
  nonNegativeNumber,
  positiveInteger,
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
  createCritics,
  networkLayerChecks,
  networkLayerDefaults,
  type Critics,
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
 * Twin delayed deep deterministic policy gradient (Fujimoto et al., 2018): DDPG with two critics, of which the smaller value counts, noise on the target's
 * actions, and an actor and targets that follow at every `policyDelay`-th update only.
 *
 *     ã = clip(μ(s′; θ⁻) + clip(ε, −c, c), −1, 1),   ε ~ N(0, σ²)
 *     y = r + γ (1 − terminated) minᵢ qᵢ(s′, ã; w⁻)
 *     w ← w − α ∇ Σᵢ E[(y − qᵢ(s, a; w))²],   θ ← θ + α ∇ E[q₁(s, μ(s; θ); w)]
 *     θ⁻ ← τ θ + (1 − τ) θ⁻,   w⁻ ← τ w + (1 − τ) w⁻
 *
 * The actor ends with tanh, and what networks know of actions lies in [−1, 1] between their bounds. In training noise is added to μ(s).
 */
export interface Td3Options extends NetworkLayers, ReplayOptions {
  /** τ. Default 0.005 (SB3). */
  readonly tau: number;
  /** Noise of actions in training. Default: normal with a deviation of 0.1 (Fujimoto et al., 2018). */
  readonly noise: ExplorationNoise;
  /** Updates of the critics for each one of actor and targets. Default 2. */
  readonly policyDelay: number;
  /** σ, the deviation of the noise on the target's actions. Default 0.2. */
  readonly targetNoise: number;
  /** c, at which that noise is cut off. Default 0.5. */
  readonly targetNoiseClip: number;
}

/** Stable-Baselines3's defaults, which are the paper's; noise and layers of the paper. */
export const td3Defaults: Td3Options = {
  ...networkLayerDefaults,
  ...replayDefaults,
  learningRate: 1e-3,
  tau: 0.005,
  noise: { kind: 'gaussian', deviation: 0.1 },
  policyDelay: 2,
  targetNoise: 0.2,
  targetNoiseClip: 0.5,
};

const optionChecks: { readonly [Name in keyof Td3Options]: OptionCheck } = {
  ...networkLayerChecks,
  ...replayChecks,
  tau: fraction,
  noise: explorationNoiseCheck,
  policyDelay: positiveInteger,
  targetNoise: nonNegativeNumber,
  targetNoiseClip: nonNegativeNumber,
};

/** μ, q₁ and q₂, with actions in [−1, 1]. */
interface Networks {
  readonly actor: StateNetwork;
  readonly critics: Critics;
}

function createNetworks(env: VectorEnv, options: Td3Options, random: Random): Networks {
  const { observationSpace, actionSpace } = env;
  const { size } = actionSpace;
  const actor = createActor(env, options, random);
  const critics = createCritics(2, { observationSpace, actionSize: size, outputs: 1 }, options, random);
  return { actor, critics };
}

/** qᵢ(s, a): [rows] each. */
function values({ critics }: Networks, observations: t.Tensor, actions: t.Tensor): t.Tensor[] {
  return critics.networks.map((critic) => t.squeeze(critic(observations, actions), 1));
}

/** What an update reports; one of the critics alone only the first two. */
const metricNames = ['train/value_loss', 'train/q_value', 'train/policy_loss'] as const;

/** One minibatch step: of the critics alone, or also of the actor, by the critics' new weights, and the targets. */
function updateProgram(
  isOfAll: boolean,
  online: Networks,
  target: Networks,
  optimizers: Readonly<Record<'actor' | 'critics', t.Optimizer>>,
  env: VectorEnv,
  { toUnit }: ContinuousActions,
  options: Td3Options,
  device: t.Device,
): ReplayUpdate {
  const { tau, targetNoise, targetNoiseClip, batchSize } = options;
  return t.program(
    replayInputs(env, options),
    ({ observations, actions, rewards, nextObservations, discounts, weights, key, ...rates }) => {
      const normal = t.randomNormal(key, [batchSize, env.actionSpace.size]);
      const noise = t.clip(t.mul(targetNoise, normal), -targetNoiseClip, targetNoiseClip);
      const nextActions = t.clip(t.add(unitActions(target.actor, nextObservations), noise), -1, 1);
      const [next1, next2] = values(target, nextObservations, nextActions);
      const y = t.add(rewards, t.mul(discounts, t.minimum(next1, next2)));
      const [q1, q2] = values(online, observations, toUnit(actions));
      const [errors1, errors2] = [t.sub(y, q1), t.sub(y, q2)];
      const valueLoss = t.mean(t.mul(weights, t.add(t.square(errors1), t.square(errors2))));
      optimizers.critics.minimize(valueLoss, { learningRate: rates.criticLearningRate });
      const errors = t.mul(0.5, t.add(t.abs(errors1), t.abs(errors2)));
      const metrics = [valueLoss, t.mean(q1)];
      if (!isOfAll) return { metrics: t.stack(metrics), errors };

      const [q] = values(online, observations, unitActions(online.actor, observations));
      const policyLoss = t.neg(t.mean(q));
      optimizers.actor.minimize(policyLoss, { learningRate: rates.learningRate });

      t.polyakUpdate(online.actor.parameters, target.actor.parameters, tau);
      t.polyakUpdate(online.critics.parameters, target.critics.parameters, tau);
      return { metrics: t.stack([...metrics, policyLoss]), errors };
    },
    { device },
  );
}

/** A TD3 agent; see {@link Td3Options} for the algorithm. */
export class Td3 extends BaseAgent<Td3Options> {
  static readonly algorithm = 'td3';
  protected readonly parts: AgentParts;
  /** A minibatch step of all networks. `learn` fills its inputs and runs it; others may too, to time it or to learn from data of their own. */
  readonly update: ReplayUpdate;
  /** The same, of the critics alone. */
  readonly criticUpdate: ReplayUpdate;
  private readonly learning: ReplayLearning;
  private readonly lookup: NetworkLookup<'values'>;
  private readonly exploration: Exploration;

  /**
   * @param env one environment, or n copies stepped together; its actions are a `Box` with finite bounds
   * @throws RangeError for other actions, an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n.
   */
  constructor(env: Env | VectorEnv, options: Partial<Td3Options> & DeviceOption = {}) {
    super({ name: 'Td3', algorithm: Td3.algorithm, defaults: td3Defaults, checks: optionChecks }, env, options);
    const { device, env: copies, random } = this;
    const scale = continuousActions('Td3', copies);
    // Before the networks, since it says at once what does not fit into memory.
    const learning = new ReplayLearning(this.training, this.options, random);
    this.learning = learning;
    const [online, target] = [0, 1].map(() => createNetworks(copies, this.options, random));
    const { actor, critics } = online;
    t.copyParameters(actor.parameters, target.actor.parameters);
    t.copyParameters(critics.parameters, target.critics.parameters);
    const optimizers = { actor: t.adam(actor.parameters), critics: t.adam(critics.parameters) };
    const compile = (isOfAll: boolean): ReplayUpdate =>
      updateProgram(isOfAll, online, target, optimizers, copies, scale, this.options, device);
    this.update = compile(true);
    this.criticUpdate = compile(false);
    const value = (observations: t.Tensor): t.Tensor => {
      const [q1, q2] = values(online, observations, unitActions(online.actor, observations));
      return t.minimum(q1, q2);
    };
    this.lookup = stateValueLookup(copies, value, device);
    const explorer = { env: copies, actions: scale, learning, random, device };
    const programs = [this.update, this.criticUpdate, this.lookup];
    const made = deterministicParts({ online, target, optimizers }, explorer, this.options, programs);
    ({ exploration: this.exploration, parts: this.parts } = made);
  }

  /** minᵢ qᵢ(s, μ(s)), [n], of one observation or of many in a Float32Array [n × observation size]. Throws as `NetworkLookup.run` does. */
  stateValue(observations: Observation | Float32Array): Float32Array {
    return this.lookup.run(observations).values;
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { exploration } = this;
    const { policyDelay } = this.options;
    yield* this.learning.run(this, totalSteps, {
      metricNames,
      act: exploration.act,
      report: exploration.report,
      update: (count) => ((count + 1) % policyDelay === 0 ? this.update : this.criticUpdate),
    });
  }
}
