import {
  BaseAgent,
  NetworkLookup,
  discreteActions,
  fraction,
  type AgentParts,
  type DeviceOption,
  type Discrete,
  type Env,
  type Observation,
  type OptionCheck,
  type Progress,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import {
  createEntropyCoefficient,
  entropyChecks,
  entropyDefaults,
  type EntropyCoefficient,
  type EntropyOptions,
} from './entropy-coefficient.ts';
import {
  createCritics,
  createNetwork,
  networkLayerChecks,
  networkLayerDefaults,
  withTarget,
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
import { softParts } from './soft-parts.ts';
import { stochasticPolicies, type StochasticPolicies } from './stochastic-policy.ts';

/**
 * Soft actor-critic for `Discrete` actions (Christodoulou, 2019): critics give a value for each action, so that expectations over actions are sums.
 *
 *     V(s; w⁻) = Σ_a π(a|s) (minᵢ qᵢ(s, a; w⁻) − α log π(a|s)),   y = r + γ (1 − terminated) V(s′; w⁻)
 *     w ← w − β ∇ Σᵢ E[(y − qᵢ(s, a; w))²]
 *     θ ← θ − β ∇ E[Σ_a π(a|s; θ) (α log π(a|s; θ) − minᵢ qᵢ(s, a; w))]
 *     log α ← log α + β E[Σ_a π(a|s) log π(a|s) + H̄],   w⁻ ← τ w + (1 − τ) w⁻
 *
 * As in `Sac`, α learns first, and the update is made with the α before.
 */
export interface DiscreteSacOptions extends NetworkLayers, ReplayOptions, EntropyOptions {
  /** τ. Default 0.005, as in `Sac`. */
  readonly tau: number;
}

/** The defaults of `Sac`. */
export const discreteSacDefaults: DiscreteSacOptions = {
  ...networkLayerDefaults,
  ...replayDefaults,
  ...entropyDefaults,
  tau: 0.005,
};

const optionChecks: { readonly [Name in keyof DiscreteSacOptions]: OptionCheck } = {
  ...networkLayerChecks,
  ...replayChecks,
  ...entropyChecks,
  tau: fraction,
};

/** minᵢ qᵢ(s, ·): [rows × actions]. */
function smallerValues({ networks }: Critics, observations: t.Tensor): t.Tensor {
  const [q1, q2] = networks.map((critic) => critic(observations));
  return t.minimum(q1, q2);
}

/** Σ_a π(a|s) x(a): [rows]. */
function expectation(logProbabilities: t.Tensor, x: t.Tensor): t.Tensor {
  return t.sum(t.mul(t.exp(logProbabilities), x), { axis: 1 });
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
  actor: StateNetwork,
  online: Critics,
  target: Critics,
  entropyCoefficient: EntropyCoefficient,
  optimizers: Readonly<Record<'actor' | 'critics', t.Optimizer>>,
  env: VectorEnv,
  { start }: Discrete,
  options: DiscreteSacOptions,
  device: t.Device,
): ReplayUpdate {
  return t.program(
    replayInputs(env, options),
    ({ observations, actions, rewards, nextObservations, discounts, weights, ...rates }) => {
      const now = t.logSoftmax(actor(observations));
      const entropy = t.neg(t.mean(expectation(now, now)));
      const alpha = entropyCoefficient.learn(t.neg(entropy), rates.learningRate);

      const next = t.logSoftmax(actor(nextObservations));
      const nextValues = t.sub(smallerValues(target, nextObservations), t.mul(alpha, next));
      const y = t.stopGradient(t.add(rewards, t.mul(discounts, expectation(next, nextValues))));
      const taken = t.sub(actions, start);
      const [q1, q2] = online.networks.map((critic) => t.gather(critic(observations), taken));
      const [errors1, errors2] = [t.sub(y, q1), t.sub(y, q2)];
      const valueLoss = t.mean(t.mul(weights, t.add(t.square(errors1), t.square(errors2))));
      optimizers.critics.minimize(valueLoss, { learningRate: rates.criticLearningRate });

      const costs = t.sub(t.mul(alpha, now), smallerValues(online, observations));
      const policyLoss = t.mean(expectation(now, costs));
      optimizers.actor.minimize(policyLoss, { learningRate: rates.learningRate });

      t.polyakUpdate(online.parameters, target.parameters, options.tau);
      const metrics = t.stack([valueLoss, t.mean(q1), policyLoss, entropy, alpha]);
      return { metrics, errors: t.mul(0.5, t.add(t.abs(errors1), t.abs(errors2))) };
    },
    { device },
  );
}

/** An agent of discrete SAC; see {@link DiscreteSacOptions} for the algorithm. */
export class DiscreteSac extends BaseAgent<DiscreteSacOptions> {
  static readonly algorithm = 'discrete-sac';
  protected readonly parts: AgentParts;
  /** A minibatch step. `learn` fills its inputs and runs it; others may too, to time it or to learn from data of their own. */
  readonly update: ReplayUpdate;
  private readonly learning: ReplayLearning;
  private readonly policies: StochasticPolicies;
  private readonly lookup: NetworkLookup<'probabilities' | 'values'>;

  /**
   * @param env one environment, or n copies stepped together; its actions are `Discrete`, without masks
   * @throws RangeError for other actions, an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n.
   */
  constructor(env: Env | VectorEnv, options: Partial<DiscreteSacOptions> & DeviceOption = {}) {
    const kind = { name: 'DiscreteSac', algorithm: DiscreteSac.algorithm, defaults: discreteSacDefaults };
    super({ ...kind, checks: optionChecks }, env, options);
    const { device, env: copies, random } = this;
    const { observationSpace } = copies;
    const actions = discreteActions('DiscreteSac', copies);
    if (copies.actionMasks) {
      throw new RangeError('DiscreteSac: expected an environment in which all actions are legal, got action masks');
    }
    // No policy has more: α would grow without end.
    const [most, { targetEntropy }] = [Math.log(actions.n), this.options];
    if (targetEntropy !== null && targetEntropy > most) {
      throw new RangeError(
        `DiscreteSac: expected targetEntropy to be at most log ${actions.n} = ${most.toFixed(3)}, that of random actions, got ${targetEntropy}`,
      );
    }
    // Before the networks, since it says at once what does not fit into memory.
    this.learning = new ReplayLearning(this.training, this.options, random);
    const described = { observationSpace, actionSize: 0, outputs: actions.n };
    const actor = createNetwork({ ...described, role: 'actor' }, this.options, random);
    const [online, target] = withTarget(() => createCritics(2, described, this.options, random));
    const alpha = createEntropyCoefficient(this.options, 0.98 * Math.log(actions.n));
    const optimizers = { actor: t.adam(actor.parameters), critics: t.adam(online.parameters) };
    this.update = updateProgram(actor, online, target, alpha, optimizers, copies, actions, this.options, device);
    const act = (observations: t.Tensor, key: t.Tensor | undefined): t.Tensor => {
      const logits = actor(observations);
      return t.add(key ? t.randomCategorical(key, logits) : t.argmax(logits), actions.start);
    };
    this.policies = stochasticPolicies(copies, act, this.learning.keys, device);
    const compile = (batch: number) =>
      t.program(
        { observations: [batch, observationSpace.size] },
        ({ observations }) => ({
          probabilities: t.softmax(actor(observations)),
          values: smallerValues(online, observations),
        }),
        { device },
      );
    this.lookup = new NetworkLookup({ env: copies, compile });
    const { learning, policies, update, lookup } = this;
    const weights = { actor: actor.parameters, critics: online.parameters, criticsTarget: target.parameters };
    this.parts = softParts({ learning, policies, networks: weights, optimizers, alpha, programs: [update, lookup] });
  }

  /** π(·|s), [n × actions], of one observation or of many in a Float32Array [n × observation size]. Throws as `NetworkLookup.run` does. */
  actionProbabilities(observations: Observation | Float32Array): Float32Array {
    return this.lookup.run(observations).probabilities;
  }

  /** minᵢ qᵢ(s, ·), [n × actions], likewise. */
  actionValues(observations: Observation | Float32Array): Float32Array {
    return this.lookup.run(observations).values;
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { update, policies } = this;
    yield* this.learning.run(this, totalSteps, { metricNames, act: policies.act, update: () => update });
  }
}
