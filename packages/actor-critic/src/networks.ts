import {
  aFunction,
  aModule,
  checkArguments,
  featureCount,
  featureLayerChecks,
  featureLayerDefaults,
  featureLayers,
  layerSizes,
  nullable,
  observationFeatures,
  oneOf,
  outputWidth,
  pictureLayers,
  type FeatureLayerOptions,
  type OptionCheck,
  type Space,
} from '@gradus/core';
import * as t from '@gradus/tensor';

/** What a network of one's own is made for. */
export interface NetworkDescription {
  readonly role: 'actor' | 'critic';
  readonly observationSpace: Space;
  /** Numbers that it sees of each observation, as `observationFeatures` gives them. */
  readonly features: number;
  /** Numbers of an action, in [−1, 1], that it sees after the features: 0 but for critics of continuous actions. */
  readonly actionSize: number;
  /** Numbers that it puts out for each row. */
  readonly outputs: number;
  readonly random: t.RandomSource;
}

/** Layers of actor and critics, which are separate networks. */
export interface LayerSizes extends FeatureLayerOptions {
  /**
   * Sizes of the hidden layers of all networks. `null`: after the default `convolutions` one, of 512 numbers after NatureCNN's and 128 after MinAtar's; else
   * [256, 256] (S6.3; Fujimoto et al., 2018; Haarnoja et al., 2018). Default `null`.
   */
  readonly hidden: readonly number[] | null;
  /** The critics', where they are others. `null`: the same. Default `null`. */
  readonly criticHidden: readonly number[] | null;
  /** Of the hidden layers. Default `relu`. */
  readonly activation: t.Activation;
}

/** Options about the networks of actor and critics. */
export interface NetworkLayers extends LayerSizes {
  /**
   * Makes a network of one's own, a new one at each call: a module from [rows × (features + actionSize)] to [rows × outputs]. The other options about layers
   * are up to it. It is not saved: give it again when loading, where weights are checked by name and shape. Default `null`.
   */
  readonly network: ((description: NetworkDescription) => t.Module) | null;
}

/** Default layers. */
export const layerSizeDefaults: LayerSizes = {
  ...featureLayerDefaults,
  hidden: null,
  criticHidden: null,
  activation: 'relu',
};

/** Default networks. */
export const networkLayerDefaults: NetworkLayers = { ...layerSizeDefaults, network: null };

/** What each of these options must be. */
export const layerSizeChecks: { readonly [Name in keyof LayerSizes]: OptionCheck } = {
  ...featureLayerChecks,
  hidden: nullable(layerSizes),
  criticHidden: nullable(layerSizes),
  activation: oneOf(...t.activationNames),
};

/** What each of these options must be. */
export const networkLayerChecks: { readonly [Name in keyof NetworkLayers]: OptionCheck } = {
  ...layerSizeChecks,
  network: nullable(aFunction),
};

/** An actor or a critic: from observations [rows × observation size], and from actions [rows × action size] where it sees them, to [rows × outputs]. */
export interface StateNetwork {
  (observations: t.Tensor, actions?: t.Tensor): t.Tensor;
  readonly parameters: t.Parameters;
}

/**
 * A new network: the layers of `featureLayers`, then those with the action beside what these make, drawn as PyTorch draws them; or what `options.network` makes.
 * @throws RangeError as `featureLayers` does, and for what is no module, or puts out another shape.
 */
export function createNetwork(
  description: Omit<NetworkDescription, 'features' | 'random'>,
  options: NetworkLayers,
  random: t.RandomSource,
): StateNetwork {
  const { observationSpace } = description;
  const see = (observations: t.Tensor): t.Tensor => observationFeatures(observationSpace, observations);
  if (options.network) {
    const own = ownNetwork(options.network, { ...description, features: featureCount(observationSpace), random });
    return stateNetwork(own.parameters, (observations, actions) => own(beside(see(observations), actions)));
  }
  const { role, actionSize, outputs } = description;
  const { convolutions, activation } = options;
  const [images, size] = featureLayers(observationSpace, options, {
    convolution: (shape) => t.convolution({ ...shape, activation: 'relu', random }),
    linear: (shape) => t.linear({ ...shape, weight: 'fanIn', bias: 'fanIn', activation: 'relu', random }),
  });
  const usual = options.hidden ?? pictureLayers(observationSpace, convolutions)?.hidden ?? [256, 256];
  const hidden = role === 'critic' ? (options.criticHidden ?? usual) : usual;
  const dense = t.mlp({
    input: size + actionSize,
    hidden,
    output: outputs,
    activation,
    weight: 'fanIn',
    bias: 'fanIn',
    random,
  });
  const look = t.sequential(images);
  const parameters = t.joinParameters({ features: look.parameters, layers: dense.parameters });
  return stateNetwork(parameters, (observations, actions) => dense(beside(look(see(observations)), actions)));
}

/** Critics that learn together. */
export interface Critics {
  readonly networks: readonly StateNetwork[];
  /** Of all of them: `critic1.…`, `critic2.…`, … */
  readonly parameters: t.Parameters;
}

/** `count` new critics. Throws `RangeError` as {@link createNetwork} does. */
export function createCritics(
  count: number,
  description: Omit<NetworkDescription, 'role' | 'features' | 'random'>,
  options: NetworkLayers,
  random: t.RandomSource,
): Critics {
  const networks = Array.from({ length: count }, () =>
    createNetwork({ ...description, role: 'critic' }, options, random),
  );
  const groups = networks.map(({ parameters }, i) => [`critic${i + 1}`, parameters] as const);
  return { networks, parameters: t.joinParameters(Object.fromEntries(groups)) };
}

/** What `create` makes, and once more as its target, which begins with the same weights. */
export function withTarget<T extends { readonly parameters: t.Parameters }>(
  create: () => T,
): readonly [online: T, target: T] {
  const [online, target] = [create(), create()];
  t.copyParameters(online.parameters, target.parameters);
  return [online, target];
}

function stateNetwork(
  parameters: t.Parameters,
  apply: (observations: t.Tensor, actions?: t.Tensor) => t.Tensor,
): StateNetwork {
  return Object.assign((observations: t.Tensor, actions?: t.Tensor) => apply(observations, actions), { parameters });
}

function beside(features: t.Tensor, actions: t.Tensor | undefined): t.Tensor {
  return actions === undefined ? features : t.concat([features, actions], 1);
}

function ownNetwork(make: NonNullable<NetworkLayers['network']>, description: NetworkDescription): t.Module {
  const made = make(description);
  checkArguments('network', { 'its result': made }, { 'its result': aModule });
  const { role, features, actionSize, outputs } = description;
  outputWidth('network', `its ${role}`, made, features + actionSize, outputs);
  return made;
}
