import {
  BaseAgent,
  featureLayers,
  naturalNumber,
  observationFeatures,
  pictureLayers,
  positiveInteger,
  squashedGaussian,
  type AgentParts,
  type DeviceOption,
  type Env,
  type NetworkLookup,
  type Observation,
  type OptionCheck,
  type Progress,
  type Random,
  type SquashedGaussian,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { batchRenormalization } from './batch-renormalization.ts';
import { continuousActions, type ContinuousActions } from './continuous-actions.ts';
import { stateValueLookup } from './deterministic-policy.ts';
import {
  createEntropyCoefficient,
  entropyChecks,
  entropyDefaults,
  type EntropyCoefficient,
  type EntropyOptions,
} from './entropy-coefficient.ts';
import { layerSizeChecks, layerSizeDefaults, type LayerSizes } from './networks.ts';
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
 * CrossQ (Bhatt et al., 2024): soft actor-critic without target networks. What they were for, batch normalization does, where (s, a) and (s′, a′) go through the
 * critics as one batch:
 *
 *     (qᵢ, q′ᵢ) = critic i of ((s, a), (s′, a′)) together,   y = r + γ (1 − terminated) (minᵢ q′ᵢ − α log π(a′|s′)),   a′ ~ π(·|s′)
 *     w ← w − β ∇ Σᵢ E[(y − qᵢ)²], no gradient through y
 *
 * Before each linear layer of all networks stands a batch renormalization; networks are shown running statistics when they act, and where the critics judge the
 * actor's actions. Actor and α change at every `policyDelay`-th update, as in `Sac`. Adam has β₁ = 0.5.
 */
export interface CrossQOptions extends LayerSizes, ReplayOptions, EntropyOptions {
  /** Updates of the critics for each one of the actor. Default 3. */
  readonly policyDelay: number;
  /** Updates of a network after the first one in which it still normalizes by the batch alone. Default 100,000. */
  readonly warmUpSteps: number;
}

/** SB3-Contrib's defaults: critics are wider than the actor. */
export const crossQDefaults: CrossQOptions = {
  ...layerSizeDefaults,
  ...replayDefaults,
  ...entropyDefaults,
  criticHidden: [1024, 1024],
  learningRate: 1e-3,
  policyDelay: 3,
  warmUpSteps: 100_000,
};

const optionChecks: { readonly [Name in keyof CrossQOptions]: OptionCheck } = {
  ...layerSizeChecks,
  ...replayChecks,
  ...entropyChecks,
  policyDelay: positiveInteger,
  warmUpSteps: naturalNumber,
};

/** A network that normalizes by running statistics, or in training by the batch. */
interface RenormalizedNetwork {
  readonly parameters: t.Parameters;
  readonly statistics: t.Parameters;
  readonly apply: (observations: t.Tensor, actions?: t.Tensor) => t.Tensor;
  /** Once in a program. */
  readonly train: (observations: t.Tensor, actions?: t.Tensor) => t.Tensor;
}

/** A new network with `hidden` layers, each of which has a batch renormalization before it, as the last one has. */
function renormalizedNetwork(
  { observationSpace }: VectorEnv,
  [actionSize, outputs]: readonly [actionSize: number, outputs: number],
  hidden: readonly number[] | null,
  options: CrossQOptions,
  random: Random,
): RenormalizedNetwork {
  const { activation, convolutions } = options;
  const [images, size] = featureLayers(observationSpace, options, {
    convolution: (shape) => t.convolution({ ...shape, activation: 'relu', random }),
    linear: (shape) => t.linear({ ...shape, weight: 'fanIn', bias: 'fanIn', activation: 'relu', random }),
  });
  const look = t.sequential(images);
  const between = hidden ?? pictureLayers(observationSpace, convolutions)?.hidden ?? [256, 256];
  const sizes = [size + actionSize, ...between, outputs];
  const layers = sizes.slice(1).map((output, i) => {
    const isLast = i === sizes.length - 2;
    return {
      norm: batchRenormalization(sizes[i], options),
      linear: t.linear({
        input: sizes[i],
        output,
        weight: 'fanIn',
        bias: 'fanIn',
        activation: isLast ? 'linear' : activation,
        random,
      }),
    };
  });
  const forward =
    (mode: 'apply' | 'train') =>
    (observations: t.Tensor, actions?: t.Tensor): t.Tensor => {
      const features = look(observationFeatures(observationSpace, observations));
      const input = actions === undefined ? features : t.concat([features, actions], 1);
      return layers.reduce((x, { norm, linear }) => linear(norm[mode](x)), input);
    };
  const groups = layers.map(({ norm, linear }, i) => [i, { ...norm.parameters, ...linear.parameters }] as const);
  const statistics = layers.map(({ norm }, i) => [i, norm.statistics] as const);
  return {
    parameters: t.joinParameters({
      features: look.parameters,
      layers: t.joinParameters(Object.fromEntries(groups)),
    }),
    statistics: t.joinParameters(Object.fromEntries(statistics)),
    apply: forward('apply'),
    train: forward('train'),
  };
}

/** π, q₁ and q₂, with actions in [−1, 1]. */
interface Networks {
  readonly actor: RenormalizedNetwork;
  readonly critics: readonly RenormalizedNetwork[];
  readonly criticParameters: t.Parameters;
  readonly criticStatistics: t.Parameters;
}

function createNetworks(env: VectorEnv, options: CrossQOptions, random: Random): Networks {
  const { hidden, criticHidden } = options;
  const { size } = env.actionSpace;
  const actor = renormalizedNetwork(env, [0, 2 * size], hidden, options, random);
  const critics = [1, 2].map(() => renormalizedNetwork(env, [size, 1], criticHidden ?? hidden, options, random));
  const [critic1, critic2] = critics;
  return {
    actor,
    critics,
    criticParameters: t.joinParameters({ critic1: critic1.parameters, critic2: critic2.parameters }),
    criticStatistics: t.joinParameters({ critic1: critic1.statistics, critic2: critic2.statistics }),
  };
}

/** The policy that the actor's outputs [rows × 2 size] stand for: means and log deviations before tanh. */
function policyOf(outputs: t.Tensor): SquashedGaussian {
  const [mean, logStd] = t.split(outputs, 2, 1);
  return squashedGaussian(mean, t.clip(logStd, -20, 2));
}

/** minᵢ qᵢ(s, a) by running statistics: [rows]. */
function smallerValue({ critics }: Networks, observations: t.Tensor, actions: t.Tensor): t.Tensor {
  const [q1, q2] = critics.map((critic) => t.squeeze(critic.apply(observations, actions), 1));
  return t.minimum(q1, q2);
}

/** What an update reports; one of the critics alone only the first three. */
const metricNames = [
  'train/value_loss',
  'train/q_value',
  'train/entropy_coefficient',
  'train/policy_loss',
  'train/entropy',
] as const;

/** One minibatch step: of the critics alone, or also of α and the actor, by the critics' new weights. */
function updateProgram(
  isOfAll: boolean,
  networks: Networks,
  entropyCoefficient: EntropyCoefficient,
  optimizers: Readonly<Record<'actor' | 'critics', t.Optimizer>>,
  env: VectorEnv,
  { toUnit }: ContinuousActions,
  options: CrossQOptions,
  device: t.Device,
): ReplayUpdate {
  const { actor, critics } = networks;
  return t.program(
    replayInputs(env, options),
    ({ observations, actions, rewards, nextObservations, discounts, weights, key, ...rates }) => {
      const alpha = entropyCoefficient.present();
      const next = policyOf(actor.apply(nextObservations)).sample(key);
      const allObservations = t.concat([observations, nextObservations], 0);
      const allActions = t.concat([toUnit(actions), t.stopGradient(next.action)], 0);
      const [both1, both2] = critics.map((critic) => t.squeeze(critic.train(allObservations, allActions), 1));
      const [[q1, next1], [q2, next2]] = [t.split(both1, 2, 0), t.split(both2, 2, 0)];
      const softValue = t.sub(t.minimum(next1, next2), t.mul(alpha, next.logProbability));
      const y = t.stopGradient(t.add(rewards, t.mul(discounts, softValue)));
      const [errors1, errors2] = [t.sub(y, q1), t.sub(y, q2)];
      const valueLoss = t.mean(t.mul(weights, t.add(t.square(errors1), t.square(errors2))));
      optimizers.critics.minimize(valueLoss, { learningRate: rates.criticLearningRate });
      const errors = t.mul(0.5, t.add(t.abs(errors1), t.abs(errors2)));
      const metrics = [valueLoss, t.mean(q1), alpha];
      if (!isOfAll) return { metrics: t.stack(metrics), errors };

      const now = policyOf(actor.train(observations)).sample(key);
      const meanLogProbability = t.mean(now.logProbability);
      entropyCoefficient.learn(meanLogProbability, rates.learningRate);
      const chosenValue = smallerValue(networks, observations, now.action);
      const policyLoss = t.mean(t.sub(t.mul(alpha, now.logProbability), chosenValue));
      optimizers.actor.minimize(policyLoss, { learningRate: rates.learningRate });
      return { metrics: t.stack([...metrics, policyLoss, t.neg(meanLogProbability)]), errors };
    },
    { device },
  );
}

/** Adam as CrossQ has it. */
function adam(parameters: t.Parameters): t.Optimizer {
  return t.adam(parameters, { beta1: 0.5 });
}

/** A CrossQ agent; see {@link CrossQOptions} for the algorithm. */
export class CrossQ extends BaseAgent<CrossQOptions> {
  static readonly algorithm = 'crossq';
  protected readonly parts: AgentParts;
  /** A minibatch step of all networks. `learn` fills its inputs and runs it; others may too, to time it or to learn from data of their own. */
  readonly update: ReplayUpdate;
  /** The same, of the critics alone. */
  readonly criticUpdate: ReplayUpdate;
  private readonly learning: ReplayLearning;
  private readonly policies: StochasticPolicies;
  private readonly lookup: NetworkLookup<'values'>;

  /**
   * @param env one environment, or n copies stepped together; its actions are a `Box` with finite bounds
   * @throws RangeError for other actions, an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n.
   */
  constructor(env: Env | VectorEnv, options: Partial<CrossQOptions> & DeviceOption = {}) {
    super(
      { name: 'CrossQ', algorithm: CrossQ.algorithm, defaults: crossQDefaults, checks: optionChecks },
      env,
      options,
    );
    const { device, env: copies, random } = this;
    const scale = continuousActions('CrossQ', copies);
    // Before the networks, since it says at once what does not fit into memory.
    this.learning = new ReplayLearning(this.training, this.options, random);
    const networks = createNetworks(copies, this.options, random);
    const { actor, criticParameters, criticStatistics } = networks;
    const alpha = createEntropyCoefficient(this.options, -copies.actionSpace.size);
    const optimizers = { actor: adam(actor.parameters), critics: adam(criticParameters) };
    const compile = (isOfAll: boolean): ReplayUpdate =>
      updateProgram(isOfAll, networks, alpha, optimizers, copies, scale, this.options, device);
    this.update = compile(true);
    this.criticUpdate = compile(false);
    const act = (observations: t.Tensor, key: t.Tensor | undefined): t.Tensor => {
      const policy = policyOf(actor.apply(observations));
      return scale.fromUnit(key ? policy.sample(key).action : policy.mode());
    };
    this.policies = stochasticPolicies(copies, act, this.learning.keys, device);
    const value = (observations: t.Tensor): t.Tensor =>
      smallerValue(networks, observations, policyOf(actor.apply(observations)).mode());
    this.lookup = stateValueLookup(copies, value, device);
    const { learning, policies, update, criticUpdate, lookup } = this;
    this.parts = softParts({
      learning,
      policies,
      networks: {
        actor: actor.parameters,
        actorStatistics: actor.statistics,
        critics: criticParameters,
        criticsStatistics: criticStatistics,
      },
      optimizers,
      alpha,
      programs: [update, criticUpdate, lookup],
    });
  }

  /**
   * minᵢ qᵢ(s, a) of the most probable action, [n], of one observation or of many in a Float32Array [n × observation size]. Throws as `NetworkLookup.run` does.
   */
  stateValue(observations: Observation | Float32Array): Float32Array {
    return this.lookup.run(observations).values;
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { policyDelay } = this.options;
    yield* this.learning.run(this, totalSteps, {
      metricNames,
      act: this.policies.act,
      update: (count) => ((count + 1) % policyDelay === 0 ? this.update : this.criticUpdate),
    });
  }
}
