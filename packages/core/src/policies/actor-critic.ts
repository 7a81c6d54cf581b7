import {
  asTensor,
  checkArguments,
  disposeParameters,
  finiteNumber,
  joinParameters,
  nullable,
  optional,
  positiveInteger,
  sizeOf,
  squeeze,
  variable,
  type Module,
  type OptionCheck,
  type Parameters,
  type Tensor,
  type TensorLike,
} from '@gradus/tensor';
import { aSpace, anObject, objectOf, someOptions } from '../options/argument-checks.ts';
import { policyDistribution, policyOutputs, type Distribution } from './distributions.ts';
import { aModule } from './feature-layers.ts';
import { featureCount, observationFeatures } from '../spaces/observation-features.ts';
import { outputWidth } from './output-width.ts';
import { stateDependentGaussian } from './state-dependent-gaussian.ts';
import type { VectorEnv } from '../environments/vector-env.ts';

/** Actor and critic. What they see of observations is `observationFeatures`. */
export interface ActorCritic {
  /** Those of the policy. */
  readonly actorParameters: Parameters;
  /** Those that only the value depends on: what a critic learns that learns apart from the actor. */
  readonly criticParameters: Parameters;
  /** All of them. */
  readonly parameters: Parameters;
  /** π(·|s) of observations [batch × size]; over legal actions alone where masks, bool [batch × number of actions], are given. */
  policy(observations: Tensor, actionMasks?: TensorLike): Distribution;
  /** v(s) of observations [batch × size]: [batch]. */
  value(observations: Tensor): Tensor;
  dispose(): void;
}

/** What an {@link ActorCritic} is made of, one after the other. */
export interface ActorCriticModules {
  /** What both see, [rows × `featureCount`], to [rows × any size], a part of the actor for algorithms in which the critic learns apart. Default: nothing. */
  readonly body?: Module;
  /** The actor's own layers, whose result is what gSDE's noise is a function of. Default: none. */
  readonly features?: Module;
  /** To the policy's outputs, [rows × `policyOutputs`]: a logit for each choice, a mean for each real number. */
  readonly head: Module;
  /** To the value, [rows × 1]. */
  readonly critic: Module;
}

/** The noise of continuous actions. */
export interface ActorNoiseOptions {
  /** Its log standard deviation at the start; with state-dependent exploration, that of its weights. Default 0. */
  readonly initialLogStd?: number;
  /**
   * Unless `null`, the noise is a random linear function of the actor's last hidden layer: gSDE (Raffin et al., 2021), see `stateDependentGaussian`; the same
   * one for so many steps, which is up to who plays. Default `null`.
   */
  readonly stateDependentExploration?: number | null;
}

/** Accepts what {@link actorCriticOf} needs to know of environments. */
export const someSpaces: OptionCheck = objectOf('an object with observationSpace and actionSpace', {
  observationSpace: aSpace,
  actionSpace: aSpace,
});

/**
 * An actor and a critic made of modules, for the option `networks`:
 *
 *     const networks: MakeActorCritic = (spaces, options, random) => {
 *       const body = sequential([linear({ input: 4, output: 64, random }), layerNormalization(64), relu]);
 *       const head = linear({ input: 64, output: policyOutputs(spaces.actionSpace), random });
 *       const critic = linear({ input: 64, output: 1, random });
 *       return actorCriticOf(spaces, { body, head, critic }, options);
 *     };
 *
 * Throws `RangeError`, which names the module, where one does not take what it sees or makes something of another size, and for state-dependent exploration where actions are not a `Box`.
 */
export function actorCriticOf(
  spaces: Pick<VectorEnv, 'observationSpace' | 'actionSpace'>,
  modules: ActorCriticModules,
  options: ActorNoiseOptions = {},
): ActorCritic {
  checkArguments(
    'actorCriticOf',
    { spaces, modules, options },
    { spaces: someSpaces, modules: anObject, options: someOptions },
  );
  checkArguments('actorCriticOf', modules, {
    body: optional(aModule),
    features: optional(aModule),
    head: aModule,
    critic: aModule,
  });
  const { initialLogStd = 0, stateDependentExploration = null } = options;
  checkArguments(
    'actorCriticOf',
    { initialLogStd, stateDependentExploration },
    { initialLogStd: finiteNumber, stateDependentExploration: nullable(positiveInteger) },
  );
  const { observationSpace, actionSpace } = spaces;
  const isStateDependent = stateDependentExploration !== null;
  if (isStateDependent && actionSpace.kind !== 'box') {
    throw new RangeError(`stateDependentExploration: expected Box actions, got ${actionSpace.toString()}`);
  }
  const { body, features, head, critic } = modules;
  const see = (x: TensorLike): Tensor => body?.(x) ?? asTensor(x);
  const think = (x: TensorLike): Tensor => features?.(see(x)) ?? see(x);
  const judge = (x: TensorLike): Tensor => critic(see(x));
  const input = featureCount(observationSpace);
  const seen = body === undefined ? input : outputWidth('actorCriticOf', 'body', body, input);
  const thought = features === undefined ? seen : outputWidth('actorCriticOf', 'features', features, seen);
  outputWidth('actorCriticOf', 'head', head, thought, policyOutputs(actionSpace));
  outputWidth('actorCriticOf', 'critic', critic, seen, 1);
  const shape = isStateDependent ? [thought, actionSpace.size] : [actionSpace.size];
  const logStd =
    actionSpace.kind === 'box'
      ? variable(shape, new Float32Array(sizeOf(shape)).fill(initialLogStd), { name: 'logStd' })
      : undefined;
  const noise: Parameters = logStd ? { logStd } : {};
  const shared = body?.parameters ?? {};
  const actor = joinParameters({ features: features?.parameters ?? {}, head: head.parameters });
  const parameters = joinParameters({ body: shared, actor, critic: critic.parameters, policy: noise });
  return {
    actorParameters: { ...joinParameters({ body: shared }), ...actor, ...noise },
    criticParameters: critic.parameters,
    parameters,
    policy: (observations, actionMasks) => {
      const latent = think(observationFeatures(observationSpace, observations));
      if (logStd && isStateDependent) return stateDependentGaussian(head(latent), latent, logStd);
      return policyDistribution(actionSpace, head(latent), logStd ?? 0, actionMasks);
    },
    value: (observations) => squeeze(judge(observationFeatures(observationSpace, observations)), 1),
    dispose: () => {
      disposeParameters(parameters);
    },
  };
}
