import {
  BaseAgent,
  fraction,
  naturalNumber,
  positiveInteger,
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
 * Truncated quantile critics (Kuznetsov et al., 2020): soft actor-critic whose N critics each give M quantiles θ of the return, at τ̂ₘ = (2m − 1) / 2M. Of all
 * N M quantiles that follow the d N largest are dropped, which keeps values from being overestimated.
 *
 *     yₖ = r + γ (1 − terminated) (z₍ₖ₎(s′, a′; w⁻) − α log π(a′|s′)),   z₍₁₎ ≤ z₍₂₎ ≤ …, k ≤ N M − d N,   a′ ~ π(·|s′)
 *     w ← w − β ∇ E[mean over quantiles and k of |τ̂ₘ − [yₖ < θₘ(s, a; w)]| H(yₖ − θₘ(s, a; w))],   H = Huber's loss with κ = 1
 *     θ ← θ − β ∇ E[α log π(ã|s) − mean of all quantiles(s, ã; w)],   ã ~ π(·|s; θ)
 *
 * α and targets as in `Sac`.
 */
export interface TqcOptions extends NetworkLayers, ReplayOptions, EntropyOptions, SquashedActorOptions {
  /** τ of the targets. Default 0.005. */
  readonly tau: number;
  /** N. Default 2 (SB3-Contrib); 5 in the paper. */
  readonly critics: number;
  /** M. Default 25. */
  readonly quantiles: number;
  /** d, less than M. Default 2. */
  readonly droppedQuantiles: number;
}

/** SB3-Contrib's defaults. */
export const tqcDefaults: TqcOptions = {
  ...networkLayerDefaults,
  ...replayDefaults,
  ...entropyDefaults,
  ...squashedActorDefaults,
  tau: 0.005,
  critics: 2,
  quantiles: 25,
  droppedQuantiles: 2,
};

const optionChecks: { readonly [Name in keyof TqcOptions]: OptionCheck } = {
  ...networkLayerChecks,
  ...replayChecks,
  ...entropyChecks,
  ...squashedActorChecks,
  tau: fraction,
  critics: positiveInteger,
  quantiles: positiveInteger,
  droppedQuantiles: naturalNumber,
};

/** All quantiles at (s, a), with actions in [−1, 1], one critic's after another's: [rows × N M]. */
function quantilesOf({ networks }: Critics, observations: t.Tensor, actions: t.Tensor): t.Tensor {
  return t.concat(networks.map((critic) => critic(observations, actions)));
}

/** 1 for the `kept` smallest numbers of each row of `values` [rows × n], else 0; of equal ones those that come first are smaller. */
export function smallest(values: t.Tensor, kept: number): t.Tensor {
  const [, n] = values.shape;
  const [own, others] = [t.expandDims(values, 2), t.expandDims(values, 1)];
  const before = t.constant(
    [n, n],
    Float32Array.from({ length: n * n }, (_, k) => Number(k % n < Math.floor(k / n))),
  );
  const isBefore = t.where(t.equal(others, own), before, t.cast(t.less(others, own), 'float32'));
  return t.cast(t.less(t.sum(isBefore, { axis: 2 }), kept), 'float32');
}

/** The loss of quantiles [rows × N M] for targets [rows × n], of which those count that `mask` has as 1, `kept` in each row: [rows]. */
function quantileLosses(
  predictions: t.Tensor,
  targets: t.Tensor,
  mask: t.Tensor,
  { quantiles, critics }: TqcOptions,
  kept: number,
): t.Tensor {
  // Quantiles down, targets across.
  const errors = t.sub(t.expandDims(targets, 1), t.expandDims(predictions, 2));
  const size = t.abs(errors);
  const huber = t.where(t.less(size, 1), t.mul(0.5, t.square(errors)), t.sub(size, 0.5));
  const levels = t.constant(
    [critics * quantiles, 1],
    Float32Array.from({ length: critics * quantiles }, (_, m) => (2 * (m % quantiles) + 1) / (2 * quantiles)),
  );
  const weight = t.abs(t.sub(levels, t.cast(t.less(errors, 0), 'float32')));
  const losses = t.mul(t.mul(weight, huber), t.expandDims(mask, 1));
  return t.mul(t.sum(losses, { axis: [1, 2] }), 1 / (critics * quantiles * kept));
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
  options: TqcOptions,
  device: t.Device,
): ReplayUpdate {
  const { critics, quantiles, droppedQuantiles, tau } = options;
  const kept = critics * (quantiles - droppedQuantiles);
  return t.program(
    replayInputs(env, options),
    ({ observations, actions, rewards, nextObservations, discounts, weights, key, ...rates }) => {
      const now = actor.policy(observations).sample(key);
      const meanLogProbability = t.mean(now.logProbability);
      const alpha = entropyCoefficient.learn(meanLogProbability, rates.learningRate);

      const next = actor.policy(nextObservations).sample(key);
      const following = quantilesOf(target, nextObservations, next.action);
      const soft = t.sub(following, t.expandDims(t.mul(alpha, next.logProbability), 1));
      const y = t.stopGradient(t.add(t.expandDims(rewards, 1), t.mul(t.expandDims(discounts, 1), soft)));
      const mask = t.stopGradient(smallest(following, kept));
      const predictions = quantilesOf(online, observations, toUnit(actions));
      const losses = quantileLosses(predictions, y, mask, options, kept);
      const valueLoss = t.mean(t.mul(weights, losses));
      optimizers.critics.minimize(valueLoss, { learningRate: rates.criticLearningRate });

      const chosenValue = t.mean(quantilesOf(online, observations, now.action), { axis: 1 });
      const policyLoss = t.mean(t.sub(t.mul(alpha, now.logProbability), chosenValue));
      optimizers.actor.minimize(policyLoss, { learningRate: rates.learningRate });

      t.polyakUpdate(online.parameters, target.parameters, tau);
      const metrics = [valueLoss, t.mean(predictions), policyLoss, t.neg(meanLogProbability), alpha];
      return { metrics: t.stack(metrics), errors: losses };
    },
    { device },
  );
}

/** A TQC agent; see {@link TqcOptions} for the algorithm. */
export class Tqc extends BaseAgent<TqcOptions> {
  static readonly algorithm = 'tqc';
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
  constructor(env: Env | VectorEnv, options: Partial<TqcOptions> & DeviceOption = {}) {
    super({ name: 'Tqc', algorithm: Tqc.algorithm, defaults: tqcDefaults, checks: optionChecks }, env, options);
    const { device, env: copies, random } = this;
    const { observationSpace, actionSpace } = copies;
    const { critics, quantiles, droppedQuantiles, stateDependentExploration } = this.options;
    if (droppedQuantiles >= quantiles) {
      throw new RangeError(`droppedQuantiles: expected less than ${quantiles} (quantiles), got ${droppedQuantiles}`);
    }
    const scale = continuousActions('Tqc', copies);
    // Before the networks, since it says at once what does not fit into memory.
    this.learning = new ReplayLearning(this.training, this.options, random);
    const actor = createSquashedActor(copies, this.options, random);
    const described = { observationSpace, actionSize: actionSpace.size, outputs: quantiles };
    const [online, target] = withTarget(() => createCritics(critics, described, this.options, random));
    const alpha = createEntropyCoefficient(this.options, -actionSpace.size);
    const optimizers = { actor: t.adam(actor.parameters), critics: t.adam(online.parameters) };
    this.update = updateProgram(actor, online, target, alpha, optimizers, copies, scale, this.options, device);
    const act = squashedActions(actor, scale);
    this.policies = stochasticPolicies(copies, act, this.learning.keys, device, stateDependentExploration ?? 1);
    const value = (observations: t.Tensor): t.Tensor =>
      t.mean(quantilesOf(online, observations, actor.policy(observations).mode()), { axis: 1 });
    this.lookup = stateValueLookup(copies, value, device);
    const { learning, policies, update, lookup } = this;
    const weights = { actor: actor.parameters, critics: online.parameters, criticsTarget: target.parameters };
    this.parts = softParts({ learning, policies, networks: weights, optimizers, alpha, programs: [update, lookup] });
  }

  /**
   * The mean of all quantiles of the most probable action, [n], of one observation or of many in a Float32Array [n × observation size]. Throws as
   * `NetworkLookup.run` does.
   */
  stateValue(observations: Observation | Float32Array): Float32Array {
    return this.lookup.run(observations).values;
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { update, policies } = this;
    yield* this.learning.run(this, totalSteps, { metricNames, act: policies.act, update: () => update });
  }
}
