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
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { continuousActions, type ContinuousActions } from './continuous-actions.ts';
import { stateValueLookup } from './deterministic-policy.ts';
import {
  createEntropyCoefficient,
  entropyChecks,
  entropyDefaults,
  type EntropyCoefficient,
  type EntropyOptions,
} from './entropy-coefficient.ts';
import {
  createCritics,
  networkLayerChecks,
  networkLayerDefaults,
  withTarget,
  type Critics,
  type NetworkLayers,
} from './networks.ts';
import {
  ReplayLearning,
  replayChecks,
  replayDefaults,
  replayInputs,
  type ReplayOptions,
  type ReplayUpdate,
} from './replay-learning.ts';
import { softParts } from './soft-parts.ts';
import {
  createSquashedActor,
  squashedActions,
  squashedActorChecks,
  squashedActorDefaults,
  type SquashedActor,
  type SquashedActorOptions,
} from './squashed-actor.ts';
import { stochasticPolicies, type StochasticPolicies } from './stochastic-policy.ts';

/**
 * Soft actor-critic (Haarnoja et al., 2018): rewards and the policy's entropy are maximized together, with two critics, of which the smaller value counts,
 * target networks w⁻, and actions a = tanh(u), u ~ N(m(s), σ(s)²), in [−1, 1] between their bounds.
 *
 *     y = r + γ (1 − terminated) (minᵢ qᵢ(s′, a′; w⁻) − α log π(a′|s′)),   a′ ~ π(·|s′; θ)
 *     w ← w − β ∇ Σᵢ E[(y − qᵢ(s, a; w))²]
 *     θ ← θ − β ∇ E[α log π(ã|s; θ) − minᵢ qᵢ(s, ã; w)],   ã ~ π(·|s; θ)
 *     log α ← log α + β E[log π(ã|s) + H̄],   w⁻ ← τ w + (1 − τ) w⁻
 *
 * with log π(a|s) = log N(u; m, σ²) − Σ log(1 − tanh² u), in a form that neither overflows nor cancels. α learns (Haarnoja et al., 2018b) first, with the
 * same actions as the actor, but the update is made with the α before, as in Stable-Baselines3.
 */
export interface SacOptions extends NetworkLayers, ReplayOptions, EntropyOptions, SquashedActorOptions {
  /** τ. Default 0.005 (SB3). */
  readonly tau: number;
}

/** Stable-Baselines3's defaults. */
export const sacDefaults: SacOptions = {
  ...networkLayerDefaults,
  ...replayDefaults,
  ...entropyDefaults,
  ...squashedActorDefaults,
  tau: 0.005,
};

const optionChecks: { readonly [Name in keyof SacOptions]: OptionCheck } = {
  ...networkLayerChecks,
  ...replayChecks,
  ...entropyChecks,
  ...squashedActorChecks,
  tau: fraction,
};

/** qᵢ(s, a), i = 1, 2, with actions in [−1, 1]: [rows] each. */
function values({ networks }: Critics, observations: t.Tensor, actions: t.Tensor): t.Tensor[] {
  return networks.map((critic) => t.squeeze(critic(observations, actions), 1));
}

/** minᵢ qᵢ(s, a): [rows]. */
function smallerValue(critics: Critics, observations: t.Tensor, actions: t.Tensor): t.Tensor {
  const [q1, q2] = values(critics, observations, actions);
  return t.minimum(q1, q2);
}

/** What an update reports. */
const metricNames = [
  'train/value_loss',
  'train/q_value',
  'train/policy_loss',
  'train/entropy',
  'train/entropy_coefficient',
] as const;

/** One minibatch step: α, the critics, the actor by the critics' new weights, the targets. */
function updateProgram(
  actor: SquashedActor,
  online: Critics,
  target: Critics,
  entropyCoefficient: EntropyCoefficient,
  optimizers: Readonly<Record<'actor' | 'critics', t.Optimizer>>,
  env: VectorEnv,
  { toUnit }: ContinuousActions,
  options: SacOptions,
  device: t.Device,
): ReplayUpdate {
  return t.program(
    replayInputs(env, options),
    ({ observations, actions, rewards, nextObservations, discounts, weights, key, ...rates }) => {
      const now = actor.policy(observations).sample(key);
      const meanLogProbability = t.mean(now.logProbability);
      const alpha = entropyCoefficient.learn(meanLogProbability, rates.learningRate);

      const next = actor.policy(nextObservations).sample(key);
      const nextValue = smallerValue(target, nextObservations, next.action);
      const softValue = t.sub(nextValue, t.mul(alpha, next.logProbability));
      const y = t.add(rewards, t.mul(discounts, softValue));
      const [q1, q2] = values(online, observations, toUnit(actions));
      const [errors1, errors2] = [t.sub(t.stopGradient(y), q1), t.sub(t.stopGradient(y), q2)];
      const valueLoss = t.mean(t.mul(weights, t.add(t.square(errors1), t.square(errors2))));
      optimizers.critics.minimize(valueLoss, { learningRate: rates.criticLearningRate });

      const chosenValue = smallerValue(online, observations, now.action);
      const policyLoss = t.mean(t.sub(t.mul(alpha, now.logProbability), chosenValue));
      optimizers.actor.minimize(policyLoss, { learningRate: rates.learningRate });

      t.polyakUpdate(online.parameters, target.parameters, options.tau);
      const metrics = t.stack([valueLoss, t.mean(q1), policyLoss, t.neg(meanLogProbability), alpha]);
      return { metrics, errors: t.mul(0.5, t.add(t.abs(errors1), t.abs(errors2))) };
    },
    { device },
  );
}

/** A SAC agent; see {@link SacOptions} for the algorithm. */
export class Sac extends BaseAgent<SacOptions> {
  static readonly algorithm = 'sac';
  protected readonly parts: AgentParts;
  /** A minibatch step. `learn` fills its inputs and runs it; others may too, to time it or to learn from data of their own. */
  readonly update: ReplayUpdate;
  private readonly learning: ReplayLearning;
  private readonly policies: StochasticPolicies;
  private readonly lookup: NetworkLookup<'values'>;

  /**
   * @param env one environment, or n copies stepped together; its actions are a `Box` with finite bounds
   * @throws RangeError for other actions, an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n.
   */
  constructor(env: Env | VectorEnv, options: Partial<SacOptions> & DeviceOption = {}) {
    super({ name: 'Sac', algorithm: Sac.algorithm, defaults: sacDefaults, checks: optionChecks }, env, options);
    const { device, env: copies, random } = this;
    const { observationSpace, actionSpace } = copies;
    const scale = continuousActions('Sac', copies);
    // Before the networks, since it says at once what does not fit into memory.
    this.learning = new ReplayLearning(this.training, this.options, random);
    const actor = createSquashedActor(copies, this.options, random);
    const described = { observationSpace, actionSize: actionSpace.size, outputs: 1 };
    const [online, target] = withTarget(() => createCritics(2, described, this.options, random));
    const alpha = createEntropyCoefficient(this.options, -actionSpace.size);
    const optimizers = { actor: t.adam(actor.parameters), critics: t.adam(online.parameters) };
    this.update = updateProgram(actor, online, target, alpha, optimizers, copies, scale, this.options, device);
    const { stateDependentExploration } = this.options;
    const act = squashedActions(actor, scale);
    this.policies = stochasticPolicies(copies, act, this.learning.keys, device, stateDependentExploration ?? 1);
    const value = (observations: t.Tensor): t.Tensor =>
      smallerValue(online, observations, actor.policy(observations).mode());
    this.lookup = stateValueLookup(copies, value, device);
    const { learning, policies, update, lookup } = this;
    const weights = { actor: actor.parameters, critics: online.parameters, criticsTarget: target.parameters };
    this.parts = softParts({ learning, policies, networks: weights, optimizers, alpha, programs: [update, lookup] });
  }

  /**
   * minᵢ qᵢ(s, a) of the most probable action, [n], of one observation or of many in a Float32Array [n × observation size]. Throws as `NetworkLookup.run` does.
   */
  stateValue(observations: Observation | Float32Array): Float32Array {
    return this.lookup.run(observations).values;
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { update, policies } = this;
    yield* this.learning.run(this, totalSteps, { metricNames, act: policies.act, update: () => update });
  }
}
