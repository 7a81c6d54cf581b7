import {
  activationNames,
  asTensor,
  checkArguments,
  convolution,
  fanInUniform,
  finiteNumber,
  flag,
  layerSizes,
  linear,
  mlp,
  nullable,
  oneOf,
  orthogonal,
  positiveInteger,
  reshape,
  sequential,
  zeros,
  type Activation,
  type Initializer,
  type Module,
  type OptionCheck,
  type Tensor,
  type TensorLike,
} from '@gradus/tensor';
import { aFunction, aRandomSource, anObject, objectOf, someOptions } from '../options/argument-checks.ts';
import { actorCriticOf, someSpaces, type ActorCritic, type ActorNoiseOptions } from './actor-critic.ts';
import { policyOutputs } from './distributions.ts';
import {
  denseLayers,
  featureLayerChecks,
  featureLayerDefaults,
  featureLayers,
  pictureLayers,
  type FeatureLayerOptions,
  type LayerMakers,
} from './feature-layers.ts';
import { outputWidth } from './output-width.ts';
import type { Random } from '../random/random.ts';
import type { VectorEnv } from '../environments/vector-env.ts';

/** Options about networks that algorithms with an actor and a critic share. */
export interface NetworkOptions extends FeatureLayerOptions {
  /**
   * Sizes of the hidden layers of both networks. `null`: after the default `convolutions` one, of 512 numbers after NatureCNN's and 128 after MinAtar's; else
   * [64, 64]. Default `null`.
   */
  readonly hidden: readonly number[] | null;
  /** The critic's, where they are others. `null`: the same. Default `null`. */
  readonly criticHidden: readonly number[] | null;
  /** Of the hidden layers. `null`: `relu` after the default `convolutions`, else `tanh`. Default `null`. */
  readonly activation: Activation | null;
  /**
   * Whether weights are orthogonal at first, with gain √2 in hidden layers, 0.01 for the policy (nearly uniform at first) and 1 for the
   * value, and biases 0 (Huang et al., 2022); if not, all are uniform in ±1/√(inputs), as PyTorch has them. Default true.
   */
  readonly orthogonalInitialization: boolean;
  /**
   * Log standard deviation of continuous actions at the start, which does not depend on the state; with state-dependent exploration, of
   * the weights of their noise. Default 0.
   */
  readonly initialLogStd: number;
  /**
   * Makes networks of one's own, most easily by {@link actorCriticOf}; the other options are then up to it. It is not saved: give it again when loading, where
   * weights are checked by name and shape. `null`: {@link createActorCritic}'s. Default `null`.
   */
  readonly networks: MakeActorCritic | null;
}

/** Stable-Baselines3's defaults. */
export const networkDefaults: NetworkOptions = {
  ...featureLayerDefaults,
  hidden: null,
  criticHidden: null,
  activation: null,
  orthogonalInitialization: true,
  initialLogStd: 0,
  networks: null,
};

/** What each of these options must be. */
export const networkChecks: { readonly [Name in keyof NetworkOptions]: OptionCheck } = {
  ...featureLayerChecks,
  hidden: nullable(layerSizes),
  criticHidden: nullable(layerSizes),
  activation: nullable(oneOf(...activationNames)),
  orthogonalInitialization: flag,
  initialLogStd: finiteNumber,
  networks: nullable(aFunction),
};

/** The networks of an algorithm with an actor and a critic. */
export type ActorCriticOptions = Partial<NetworkOptions> & ActorNoiseOptions;

/** Makes the networks of an algorithm with an actor and a critic. */
export type MakeActorCritic = (
  spaces: Pick<VectorEnv, 'observationSpace' | 'actionSpace'>,
  options: ActorCriticOptions,
  random: Random,
) => ActorCritic;

/** Accepts an {@link ActorCritic}. */
const anActorCritic = objectOf('an ActorCritic (parameters of actor, critic and both, policy, value, dispose)', {
  actorParameters: anObject,
  criticParameters: anObject,
  parameters: anObject,
  policy: aFunction,
  value: aFunction,
  dispose: aFunction,
});

/**
 * New networks for the spaces of `env`: actor and critic separate, each with the layers of `featureLayers` and hidden ones, or what `options.networks` makes.
 * Throws `RangeError` for state-dependent exploration where actions are not a `Box`, and as `featureLayers` does.
 */
export function createActorCritic(
  spaces: Pick<VectorEnv, 'observationSpace' | 'actionSpace'>,
  options: ActorCriticOptions,
  random: Random,
): ActorCritic {
  checkArguments(
    'createActorCritic',
    { spaces, options, random },
    { spaces: someSpaces, options: someOptions, random: aRandomSource },
  );
  const given = { ...networkDefaults, stateDependentExploration: null, ...options };
  const { convolutions, partLayers, hidden, criticHidden, activation, orthogonalInitialization } = given;
  const { initialLogStd, networks, stateDependentExploration } = given;
  checkArguments(
    'createActorCritic',
    {
      convolutions,
      partLayers,
      hidden,
      criticHidden,
      activation,
      orthogonalInitialization,
      initialLogStd,
      networks,
      stateDependentExploration,
    },
    { ...networkChecks, stateDependentExploration: nullable(positiveInteger) },
  );
  if (networks !== null) {
    const made = networks(spaces, { ...options, networks: null }, random);
    checkArguments('networks', { 'its result': made }, { 'its result': anActorCritic });
    checkMade(made, spaces);
    return made;
  }
  const { observationSpace, actionSpace } = spaces;
  const picture = pictureLayers(observationSpace, convolutions);
  const make = reluLayers(orthogonalInitialization, random);
  const look = (): [layers: Module[], size: number] =>
    featureLayers(observationSpace, { convolutions, partLayers }, make);
  const sizes = hidden ?? picture?.hidden ?? [64, 64];
  const shared = {
    ...firstWeights(orthogonalInitialization, Math.SQRT2),
    activation: activation ?? (picture ? 'relu' : 'tanh'),
    random,
  };
  const [images, input] = look();
  const dense = denseLayers(input, sizes, { linear: (shape) => linear({ ...shared, ...shape }) });
  const features = sequential([...images, ...dense]);
  const head = linear({
    ...firstWeights(orthogonalInitialization, 0.01),
    input: sizes.at(-1) ?? input,
    output: policyOutputs(actionSpace),
    random,
  });
  const [criticImages] = look();
  const outputWeight = firstWeights(orthogonalInitialization, 1).weight;
  const judge = mlp({ ...shared, input, hidden: criticHidden ?? sizes, output: 1, outputWeight });
  const critic = criticImages.length === 0 ? judge : sequential([...criticImages, judge]);
  return actorCriticOf(spaces, { features, head, critic }, { initialLogStd, stateDependentExploration });
}

/** Throws `RangeError` unless networks of the user's own take observations of these spaces, and make values and actions of them. */
function checkMade(
  made: ActorCritic,
  { observationSpace, actionSpace }: Pick<VectorEnv, 'observationSpace' | 'actionSpace'>,
): void {
  const rows = (of: Tensor): Tensor => reshape(of, [of.shape[0], -1]);
  const act = (x: TensorLike): Tensor => rows(made.policy(asTensor(x)).mode());
  const judge = (x: TensorLike): Tensor => rows(made.value(asTensor(x)));
  outputWidth('networks', 'its policy', act, observationSpace.size, actionSpace.size);
  outputWidth('networks', 'its value', judge, observationSpace.size, 1);
}

/** How weights and biases are drawn. */
function firstWeights(isOrthogonal: boolean, gain: number): Readonly<Record<'weight' | 'bias', Initializer>> {
  return isOrthogonal ? { weight: orthogonal(gain), bias: zeros } : { weight: fanInUniform, bias: fanInUniform };
}

/** The layers of `featureLayers` with ReLU, drawn as those of {@link createActorCritic}. */
export function reluLayers(orthogonalInitialization: boolean, random: Random): LayerMakers {
  const { weight, bias } = firstWeights(orthogonalInitialization, Math.SQRT2);
  return {
    convolution: (shape) => convolution({ ...shape, weight, activation: 'relu', random }),
    linear: (shape) => linear({ ...shape, weight, bias, activation: 'relu', random }),
  };
}
