import {
  BaseAgent,
  NetworkLookup,
  categoricalReturns,
  finiteNumber,
  fraction,
  positiveInteger,
  type AgentParts,
  type Atoms,
  type CategoricalReturns,
  type DeviceOption,
  type Env,
  type Observation,
  type OptionCheck,
  type Progress,
  type Random,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { continuousActions, type ContinuousActions } from './continuous-actions.ts';
import { deterministicParts } from './deterministic-parts.ts';
import { createActor, unitActions } from './deterministic-policy.ts';
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
 * Distributed distributional deterministic policy gradients (Barth-Maron et al., 2018; S6.5): DDPG whose critic gives the probabilities p of the return Z(s, a; w)
 * on atoms zᵢ, with returns of n steps, and several actors, which are copies of the environment, that fill one replay buffer. With Φ the projection on the atoms:
 *
 *     m = Φ(Σ_{k<n} γᵏ rₖ₊₁ + γⁿ (1 − terminated) Z(s⁽ⁿ⁾, μ(s⁽ⁿ⁾; θ⁻); w⁻))
 *     w ← w + α ∇ E[Σᵢ mᵢ log pᵢ(s, a; w)],   θ ← θ + α ∇ E[Σᵢ zᵢ pᵢ(s, μ(s; θ); w)]
 *     θ⁻ ← τ θ + (1 − τ) θ⁻,   w⁻ ← τ w + (1 − τ) w⁻   at every `targetUpdateInterval`-th update
 *
 * Actor and critic step together: both gradients are those of the weights before. The actor ends with tanh, and what networks know of actions lies in [−1, 1]
 * between their bounds. In training noise is added to μ(s), for each copy its own.
 */
export interface D4pgOptions extends NetworkLayers, ReplayOptions, Atoms {
  /** Number of atoms zᵢ, at least 2. Default 51 (the paper). */
  readonly atoms: number;
  /** The smallest atom; choose both so that the discounted returns of the task lie between. Default −150 (Acme). */
  readonly low: number;
  /** The largest. Default 150 (Acme). */
  readonly high: number;
  /** Updates of actor and critic for each one of the targets. Default 100 (the paper). */
  readonly targetUpdateInterval: number;
  /** τ. Default 1 (the paper): a copy. */
  readonly tau: number;
  /** Noise of actions in training. Default: normal with a deviation of 0.3 (the paper). */
  readonly noise: ExplorationNoise;
}

/** The paper's, but for layers, those of S6.3, and the atoms, Acme's. */
export const d4pgDefaults: D4pgOptions = {
  ...networkLayerDefaults,
  ...replayDefaults,
  learningRate: 1e-4,
  nSteps: 5,
  atoms: 51,
  low: -150,
  high: 150,
  targetUpdateInterval: 100,
  tau: 1,
  noise: { kind: 'gaussian', deviation: 0.3 },
};

const severalAtoms: OptionCheck = {
  expected: 'an integer of at least 2',
  accepts: (value) => positiveInteger.accepts(value) && Number(value) >= 2,
};

const optionChecks: { readonly [Name in keyof D4pgOptions]: OptionCheck } = {
  ...networkLayerChecks,
  ...replayChecks,
  atoms: severalAtoms,
  low: finiteNumber,
  high: finiteNumber,
  targetUpdateInterval: positiveInteger,
  tau: fraction,
  noise: explorationNoiseCheck,
};

/** μ, and the logits of p, with actions in [−1, 1]. */
interface Networks {
  readonly actor: StateNetwork;
  readonly critic: StateNetwork;
}

function createNetworks(env: VectorEnv, options: D4pgOptions, random: Random): Networks {
  const { observationSpace, actionSpace } = env;
  const { size } = actionSpace;
  return {
    actor: createActor(env, options, random),
    critic: createNetwork(
      { role: 'critic', observationSpace, actionSize: size, outputs: options.atoms },
      options,
      random,
    ),
  };
}

/** Logits of Z(s, μ(s)): [rows × atoms]. */
function returnsOfBest(networks: Networks, observations: t.Tensor): t.Tensor {
  return networks.critic(observations, unitActions(networks.actor, observations));
}

/** What an update reports. */
const metricNames = ['train/value_loss', 'train/q_value', 'train/policy_loss'] as const;

/** One minibatch step: of critic and actor, or also of the targets. */
function updateProgram(
  isOfAll: boolean,
  online: Networks,
  target: Networks,
  { expectation, compare }: CategoricalReturns,
  optimizers: Readonly<Record<keyof Networks, t.Optimizer>>,
  env: VectorEnv,
  { toUnit }: ContinuousActions,
  options: D4pgOptions,
  device: t.Device,
): ReplayUpdate {
  return t.program(
    replayInputs(env, options),
    ({ observations, actions, rewards, nextObservations, discounts, weights, ...rates }) => {
      const prediction = online.critic(observations, toUnit(actions));
      const next = t.stopGradient(returnsOfBest(target, nextObservations));
      const { losses, errors } = compare(prediction, next, rewards, discounts);
      const valueLoss = t.mean(t.mul(weights, losses));
      // Before the critic's step, so that the actor's gradient is by the same weights.
      const policyLoss = t.neg(t.mean(expectation(returnsOfBest(online, observations))));
      const qValue = t.mean(expectation(prediction));
      optimizers.critic.minimize(valueLoss, { learningRate: rates.criticLearningRate });
      optimizers.actor.minimize(policyLoss, { learningRate: rates.learningRate });

      if (isOfAll) {
        for (const name of ['actor', 'critic'] as const) {
          t.polyakUpdate(online[name].parameters, target[name].parameters, options.tau);
        }
      }
      return { metrics: t.stack([valueLoss, qValue, policyLoss]), errors };
    },
    { device },
  );
}

/** A D4PG agent; see {@link D4pgOptions} for the algorithm. */
export class D4pg extends BaseAgent<D4pgOptions> {
  static readonly algorithm = 'd4pg';
  protected readonly parts: AgentParts;
  /** A minibatch step of actor and critic. `learn` fills its inputs and runs it; others may too, to time it or to learn from data of their own. */
  readonly update: ReplayUpdate;
  /** The same, and then of the targets. */
  readonly targetUpdate: ReplayUpdate;
  private readonly learning: ReplayLearning;
  private readonly lookup: NetworkLookup<'values' | 'probabilities'>;
  private readonly exploration: Exploration;

  /**
   * @param env one environment, or n copies stepped together, the paper's actors; its actions are a `Box` with finite bounds
   * @throws RangeError for other actions, an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n, or a `low` that is not below
   *   `high`.
   */
  constructor(env: Env | VectorEnv, options: Partial<D4pgOptions> & DeviceOption = {}) {
    super({ name: 'D4pg', algorithm: D4pg.algorithm, defaults: d4pgDefaults, checks: optionChecks }, env, options);
    const { device, env: copies, random } = this;
    const { low, high } = this.options;
    if (low >= high) throw new RangeError(`D4pg: expected low to be less than high, got ${low} and ${high}`);
    const scale = continuousActions('D4pg', copies);
    // Before the networks, since it says at once what does not fit into memory.
    const learning = new ReplayLearning(this.training, this.options, random);
    this.learning = learning;
    const [online, target] = [0, 1].map(() => createNetworks(copies, this.options, random));
    const { actor, critic } = online;
    t.copyParameters(actor.parameters, target.actor.parameters);
    t.copyParameters(critic.parameters, target.critic.parameters);
    const optimizers = { actor: t.adam(actor.parameters), critic: t.adam(critic.parameters) };
    const returns = categoricalReturns(this.options);
    const compile = (isOfAll: boolean): ReplayUpdate =>
      updateProgram(isOfAll, online, target, returns, optimizers, copies, scale, this.options, device);
    this.update = compile(false);
    this.targetUpdate = compile(true);
    const look = (batch: number) =>
      t.program(
        { observations: [batch, copies.observationSpace.size] },
        ({ observations }) => {
          const logits = returnsOfBest(online, observations);
          return { values: returns.expectation(logits), probabilities: t.softmax(logits) };
        },
        { device },
      );
    this.lookup = new NetworkLookup({ env: copies, compile: look });
    const explorer = { env: copies, actions: scale, learning, random, device };
    const programs = [this.update, this.targetUpdate, this.lookup];
    const made = deterministicParts({ online, target, optimizers }, explorer, this.options, programs);
    ({ exploration: this.exploration, parts: this.parts } = made);
  }

  /** E[Z(s, μ(s))], [n], of one observation or of many in a Float32Array [n × observation size]. Throws as `NetworkLookup.run` does. */
  stateValue(observations: Observation | Float32Array): Float32Array {
    return this.lookup.run(observations).values;
  }

  /** The probabilities of the atoms in Z(s, μ(s)), [n × atoms], likewise. */
  returnProbabilities(observations: Observation | Float32Array): Float32Array {
    return this.lookup.run(observations).probabilities;
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { exploration } = this;
    const { targetUpdateInterval } = this.options;
    yield* this.learning.run(this, totalSteps, {
      metricNames,
      act: exploration.act,
      report: exploration.report,
      update: (count) => ((count + 1) % targetUpdateInterval === 0 ? this.targetUpdate : this.update),
    });
  }
}
