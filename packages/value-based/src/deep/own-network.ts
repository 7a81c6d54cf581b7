import {
  aFunction,
  aModule,
  checkArguments,
  featureCount,
  featureLayerChecks,
  featureLayerDefaults,
  layerSizes,
  nullable,
  observationFeatures,
  oneOf,
  outputWidth,
  type FeatureLayerOptions,
  type OptionCheck,
  type Space,
} from '@gradus/core';
import * as t from '@gradus/tensor';

/** What a Q-network of one's own is made for. */
export interface QNetworkDescription {
  readonly observationSpace: Space;
  /** Numbers that it sees of each observation, as `observationFeatures` gives them. */
  readonly features: number;
  readonly actions: number;
  /** Numbers that it puts out for each observation, see `QNetworkLayers.network`. */
  readonly outputs: number;
  readonly random: t.RandomSource;
}

/** Options about the layers of a Q-network. */
export interface QNetworkLayers extends FeatureLayerOptions {
  /**
   * Sizes of the hidden layers. `null`: after the default `convolutions` one, of 512 numbers after NatureCNN's and 128 after MinAtar's; else
   * [64, 64] in `Dqn` (SB3) and [120, 84] in `Pqn` (CleanRL). Default `null`.
   */
  readonly hidden: readonly number[] | null;
  /** Of the hidden layers. Default `relu`. */
  readonly activation: t.Activation;
  /**
   * Makes a network of one's own, a new one at each call: a module from [rows × features] to [rows × outputs], the values of the actions; with `distribution`
   * the atoms' logits or quantiles of the first action, then those of the second, … The other options about layers, `dueling` and `noisy` among them, are up to
   * it, and an error beside it. It is not saved: give it again when loading, where weights are checked by name and shape. Default `null`.
   */
  readonly network: ((description: QNetworkDescription) => t.Module) | null;
}

/** Default layers. */
export const qNetworkDefaults: QNetworkLayers = {
  ...featureLayerDefaults,
  hidden: null,
  activation: 'relu',
  network: null,
};

/** What each of these options must be. */
export const qNetworkChecks: { readonly [Name in keyof QNetworkLayers]: OptionCheck } = {
  ...featureLayerChecks,
  hidden: nullable(layerSizes),
  activation: oneOf(...t.activationNames),
  network: nullable(aFunction),
};

/** Options of which a network of one's own takes the place. */
const replaced = ['convolutions', 'partLayers', 'hidden', 'dueling', 'noisy'] as const;

/** What a network of one's own is made for, and the options beside it. */
type OwnNetworkOptions = Omit<QNetworkDescription, 'features'> &
  Partial<Record<(typeof replaced)[number] | 'activation', unknown>>;

/**
 * The module that `network` makes, of observations [rows × observation size].
 * @throws RangeError for options that it takes the place of, for what is no module, and for one of another width.
 */
export function ownNetwork(network: NonNullable<QNetworkLayers['network']>, options: OwnNetworkOptions): t.Module {
  const { activation = qNetworkDefaults.activation } = options;
  const given: string[] = replaced.filter((name) => Boolean(options[name]));
  if (activation !== qNetworkDefaults.activation) given.push('activation');
  if (given.length > 0)
    throw new RangeError(`network: expected no ${given.join(' or ')} beside it: all layers are up to it`);
  const { observationSpace, actions, outputs, random } = options;
  const features = featureCount(observationSpace);
  const made = network({ observationSpace, features, actions, outputs, random });
  checkArguments('network', { 'its result': made }, { 'its result': aModule });
  outputWidth('network', 'its module', made, features, outputs);
  return t.module(made.parameters, (x) => made(observationFeatures(observationSpace, x)));
}
