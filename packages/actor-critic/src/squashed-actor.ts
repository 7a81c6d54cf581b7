import {
  checkArguments,
  finiteNumber,
  nullable,
  pictureLayers,
  positiveInteger,
  squashedGaussian,
  stateDependentGaussian,
  type OptionCheck,
  type Random,
  type SquashedSample,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import type { ContinuousActions } from './continuous-actions.ts';
import { createNetwork, type NetworkLayers } from './networks.ts';

/** Options of actors whose actions are drawn from tanh of a Gaussian. */
export interface SquashedActorOptions {
  /**
   * gSDE (Raffin et al., 2021): the noise is a function of the actor's last hidden layer (see `stateDependentGaussian` of core), in training the same one for
   * so many steps. `null`: independent noise at every step, whose deviation the actor chooses. Default `null`.
   */
  readonly stateDependentExploration: number | null;
  /** Log standard deviation of the weights of that noise at first. Default −3 (SB3). */
  readonly initialLogStd: number;
}

/** Stable-Baselines3's defaults. */
export const squashedActorDefaults: SquashedActorOptions = { stateDependentExploration: null, initialLogStd: -3 };

/** What each of these options must be. */
export const squashedActorChecks: { readonly [Name in keyof SquashedActorOptions]: OptionCheck } = {
  stateDependentExploration: nullable(positiveInteger),
  initialLogStd: finiteNumber,
};

/** π(·|s) over actions in (−1, 1), inside a program. */
interface SquashedPolicy {
  /** Draws whose noise is independent from row to row, with their log densities; gradients flow into the actor. */
  sample(key: t.Tensor): SquashedSample;
  /** Draws as they are played: with state-dependent exploration, the same key is the same function of the state. */
  explore(key: t.Tensor): t.Tensor;
  /** The most probable actions. */
  mode(): t.Tensor;
}

/** An actor whose actions are drawn. */
export interface SquashedActor {
  readonly parameters: t.Parameters;
  policy(observations: t.Tensor): SquashedPolicy;
}

/** The limits of log standard deviations (Haarnoja et al., 2018; SB3). */
const [MIN_LOG_STD, MAX_LOG_STD] = [-20, 2];
/** Means before tanh keep within it with state-dependent exploration (SB3). */
const MAX_MEAN = 2;

/** A new actor. Throws `RangeError` as `createNetwork` does, and for state-dependent exploration with a network of one's own or without hidden layers. */
export function createSquashedActor(
  { observationSpace, actionSpace }: VectorEnv,
  options: NetworkLayers & SquashedActorOptions,
  random: Random,
): SquashedActor {
  const { size } = actionSpace;
  const described = { role: 'actor', observationSpace, actionSize: 0 } as const;
  if (options.stateDependentExploration === null) {
    const network = createNetwork({ ...described, outputs: 2 * size }, options, random);
    return {
      parameters: network.parameters,
      policy: (observations) => {
        const [mean, logStd] = t.split(network(observations), 2, 1);
        const policy = squashedGaussian(mean, t.clip(logStd, MIN_LOG_STD, MAX_LOG_STD));
        return { ...policy, explore: (key) => policy.sample(key).action };
      },
    };
  }
  checkArguments('stateDependentExploration', { network: options.network }, { network: none });
  const hidden = options.hidden ?? pictureLayers(observationSpace, options.convolutions)?.hidden ?? [256, 256];
  const width = hidden.at(-1);
  if (width === undefined)
    throw new RangeError('stateDependentExploration: expected at least one hidden layer, got none');
  const body = createNetwork({ ...described, outputs: width }, { ...options, hidden: hidden.slice(0, -1) }, random);
  const head = t.linear({ input: width, output: size, weight: 'fanIn', bias: 'fanIn', random });
  const logStd = t.variable([width, size], new Float32Array(width * size).fill(options.initialLogStd), {
    name: 'logStd',
  });
  return {
    parameters: { ...t.joinParameters({ body: body.parameters, head: head.parameters }), logStd },
    policy: (observations) => {
      const features = t.activate(body(observations), options.activation);
      const mean = t.clip(head(features), -MAX_MEAN, MAX_MEAN);
      const noisy = stateDependentGaussian(mean, features, logStd, { learnsFeatures: true });
      // Of one state, φ W and independent noise of the same variance are the same distribution; the latter needs no W for each row.
      const [center, logDeviation] = noisy.statistics;
      const independent = squashedGaussian(center, logDeviation);
      return { ...independent, explore: (key) => t.tanh(noisy.sample(key)) };
    },
  };
}

/** Inside a program: actions of the environment, drawn as they are played, the most probable ones without a key. */
export function squashedActions(
  actor: SquashedActor,
  { fromUnit }: ContinuousActions,
): (observations: t.Tensor, key: t.Tensor | undefined) => t.Tensor {
  return (observations, key) => {
    const policy = actor.policy(observations);
    return fromUnit(key ? policy.explore(key) : policy.mode());
  };
}

const none: OptionCheck = {
  expected: 'null beside it, since the noise is a function of its last hidden layer',
  accepts: (value) => value === null,
};
