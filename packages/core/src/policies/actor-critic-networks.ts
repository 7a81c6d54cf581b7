import {
  activationNames,
  checkArguments,
  convolution,
  disposeParameters,
  fanInUniform,
  finiteNumber,
  flag,
  joinParameters,
  layerSizes,
  linear,
  mlp,
  nullable,
  oneOf,
  orthogonal,
  positiveInteger,
  sequential,
  squeeze,
  variable,
  zeros,
  type Activation,
  type Initializer,
  type Module,
  type Parameters,
  type Tensor,
  type TensorLike,
} from '@gradus/tensor';
import { aRandomSource, aSpace, anObject, objectOf } from '../options/argument-checks.ts';
import { convolutionLayers, convolutionsCheck, type Convolution } from './convolution-layers.ts';
import { policyDistribution, policyOutputs, type Distribution } from './distributions.ts';
import { observationFeatures } from '../spaces/observation-features.ts';
import type { Random } from '../random/random.ts';
import { stateDependentGaussian } from './state-dependent-gaussian.ts';
import type { VectorEnv } from '../environments/vector-env.ts';

/** The networks of an algorithm with an actor and a critic. */
export interface ActorCriticOptions {
  /** Sizes of the hidden layers of both networks. */
  readonly hidden: readonly number[];
  /** The critic's, where they are others. `null`: the same. Default `null`. */
  readonly criticHidden?: readonly number[] | null | undefined;
  /** First layers, with ReLU, of each network, for observations of a `Box` [height, width, channels]. Default none. */
  readonly convolutions?: readonly Convolution[] | undefined;
  readonly activation: Activation;
  /**
   * Log standard deviation of continuous actions at the start, which does not depend on the state; with state-dependent exploration, of
   * the weights of their noise.
   */
  readonly initialLogStd: number;
  /**
   * Whether weights are orthogonal at first, with gain √2 in hidden layers, 0.01 for the policy (nearly uniform at first) and 1 for the
   * value, and biases 0 (Huang et al., 2022); if not, all are uniform in ±1/√(inputs), as PyTorch has them. Default true.
   */
  readonly orthogonalInitialization?: boolean | undefined;
  /**
   * Unless `null`, the noise of continuous actions is a random linear function of the actor's last hidden layer: gSDE (Raffin et al., 2021),
   * see `stateDependentGaussian`; the same one for so many steps, which is up to who plays. Default `null`.
   */
  readonly stateDependentExploration?: number | null | undefined;
}

/** Actor and critic, two separate networks. What they see of observations is `observationFeatures`. */
export interface ActorCritic {
  /** Those of the policy. */
  readonly actorParameters: Parameters;
  readonly criticParameters: Parameters;
  /** All of them. */
  readonly parameters: Parameters;
  /** π(·|s) of observations [batch × size]; over legal actions alone where masks, bool [batch × number of actions], are given. */
  policy(observations: Tensor, actionMasks?: TensorLike): Distribution;
  /** v(s) of observations [batch × size]: [batch]. */
  value(observations: Tensor): Tensor;
  dispose(): void;
}

const someSpaces = objectOf('an object with observationSpace and actionSpace', {
  observationSpace: aSpace,
  actionSpace: aSpace,
});

/** New networks for the spaces of `env`. Throws `RangeError` for state-dependent exploration where actions are not a `Box`, and as `convolutionLayers` does. */
export function createActorCritic(
  spaces: Pick<VectorEnv, 'observationSpace' | 'actionSpace'>,
  options: ActorCriticOptions,
  random: Random,
): ActorCritic {
  checkArguments(
    'createActorCritic',
    { spaces, options, random },
    { spaces: someSpaces, options: anObject, random: aRandomSource },
  );
  const { observationSpace, actionSpace } = spaces;
  const {
    hidden,
    criticHidden = null,
    convolutions = [],
    activation,
    initialLogStd,
    orthogonalInitialization = true,
    stateDependentExploration = null,
  } = options;
  checkArguments(
    'createActorCritic',
    {
      hidden,
      criticHidden,
      convolutions,
      activation,
      initialLogStd,
      orthogonalInitialization,
      stateDependentExploration,
    },
    {
      hidden: layerSizes,
      criticHidden: nullable(layerSizes),
      convolutions: convolutionsCheck,
      activation: oneOf(...activationNames),
      initialLogStd: finiteNumber,
      orthogonalInitialization: flag,
      stateDependentExploration: nullable(positiveInteger),
    },
  );
  const isStateDependent = stateDependentExploration !== null;
  if (isStateDependent && actionSpace.kind !== 'box') {
    throw new RangeError(`stateDependentExploration: expected Box actions, got ${actionSpace.toString()}`);
  }
  const initial = (gain: number): Initializer => (orthogonalInitialization ? orthogonal(gain) : fanInUniform);
  const shared = { weight: initial(Math.SQRT2), bias: orthogonalInitialization ? zeros : fanInUniform, random };
  const look = (): [layers: Module[], size: number] =>
    convolutionLayers(observationSpace, convolutions, (layer) =>
      convolution({ ...layer, weight: shared.weight, activation: 'relu', random }),
    );
  const [images, input] = look();
  const sizes = [input, ...hidden];
  const dense = hidden.map((output, i) => linear({ ...shared, input: sizes[i], output, activation }));
  const features = sequential([...images, ...dense]);
  const width = sizes[hidden.length];
  const head = linear({ ...shared, input: width, output: policyOutputs(actionSpace), weight: initial(0.01) });
  const [criticImages] = look();
  const valued = { ...shared, input, hidden: criticHidden ?? hidden, output: 1, activation };
  const judge = mlp({ ...valued, outputWeight: initial(1) });
  const critic = criticImages.length === 0 ? judge : sequential([...criticImages, judge]);
  const shape = isStateDependent ? [width, actionSpace.size] : [actionSpace.size];
  const size = shape.reduce((product, length) => product * length, 1);
  const noise =
    actionSpace.kind === 'box'
      ? { logStd: variable(shape, new Float32Array(size).fill(initialLogStd), { name: 'logStd' }) }
      : undefined;
  const actor = joinParameters({ features: features.parameters, head: head.parameters });
  const parameters = joinParameters({ actor, critic: critic.parameters, policy: noise ?? {} });
  return {
    actorParameters: { ...actor, ...noise },
    criticParameters: critic.parameters,
    parameters,
    policy: (observations, actionMasks) => {
      const latent = features(observationFeatures(observationSpace, observations));
      if (noise && isStateDependent) return stateDependentGaussian(head(latent), latent, noise.logStd);
      return policyDistribution(actionSpace, head(latent), noise?.logStd ?? 0, actionMasks);
    },
    value: (observations) => squeeze(critic(observationFeatures(observationSpace, observations)), 1),
    dispose: () => {
      disposeParameters(parameters);
    },
  };
}
