import {
  broadcastTo,
  checkOptions,
  concat,
  div,
  exp,
  neg,
  add,
  optional,
  program,
  type Device,
  type InputSpec,
  type Tensor,
} from '@gradus/tensor';
import { actionMaskSize } from '../environments/dynamics.ts';
import type { VectorEnv } from '../environments/vector-env.ts';
import { numberList } from '../options/argument-checks.ts';
import type { Observation, Space } from '../spaces/spaces.ts';
import type { ActOptions } from '../training/agent.ts';
import type { ActorCritic } from './actor-critic.ts';
import type { Distribution } from './distributions.ts';
import { NetworkLookup, type NetworkLookupOptions } from './network-lookup.ts';

/**
 * π(·|s). Where actions are a `Box`: the `mean` and the standard `deviation` of each element, [n × action size]. Else `probabilities`: of each action [n × actions],
 * of each choice of each element one after another [n × Σ counts], or of each bit being 1 [n × bits].
 */
export type ActionDistribution =
  { readonly probabilities: Float32Array } | { readonly mean: Float32Array; readonly deviation: Float32Array };

/** Shows what an actor and a critic make of one observation, or of many in a Float32Array [n × observation size]. */
export class ActorCriticLookup {
  private readonly actor: NetworkLookup<string>;
  private readonly critic: NetworkLookup<'values'>;

  /** `prepare`: what the networks see of observations, such as normalized ones. Default: what there is. */
  constructor(
    networks: Pick<ActorCritic, 'policy' | 'value'>,
    env: VectorEnv,
    device: Device,
    prepare?: NetworkLookupOptions<string>['prepare'],
  ) {
    const { observationSpace, actionSpace } = env;
    const shared = { env, prepare };
    const masks = (batch: number): { actionMasks?: InputSpec } =>
      env.actionMasks ? { actionMasks: { shape: [batch, actionMaskSize(actionSpace)], dtype: 'bool' } } : {};
    this.actor = new NetworkLookup({
      ...shared,
      compile: (batch) =>
        program(
          { observations: [batch, observationSpace.size], ...masks(batch) },
          ({ observations, actionMasks }) => parametersOf(actionSpace, networks.policy(observations, actionMasks)),
          { device },
        ),
    });
    this.critic = new NetworkLookup({
      ...shared,
      compile: (batch) =>
        program(
          { observations: [batch, observationSpace.size] },
          ({ observations }) => ({ values: networks.value(observations) }),
          { device },
        ),
    });
  }

  /** The policy where it was asked, see {@link ActionDistribution}; over legal actions alone where masks are given. Throws as {@link NetworkLookup.run} does. */
  readonly actionDistribution = (
    observations: Observation | Float32Array,
    options: Pick<ActOptions, 'actionMasks'> = {},
  ): ActionDistribution => {
    checkOptions('actionDistribution', options, { actionMasks: optional(numberList) });
    return this.actor.run(observations, options) as ActionDistribution & Record<string, Float32Array>;
  };

  /** v(s), [n]. Throws as {@link NetworkLookup.run} does. */
  readonly stateValue = (observations: Observation | Float32Array): Float32Array =>
    this.critic.run(observations).values;

  /** Frees the programs, not the networks. */
  dispose(): void {
    for (const each of [this.actor, this.critic]) each.dispose();
  }
}

function parametersOf({ kind }: Space, { statistics }: Distribution): Record<string, Tensor> {
  if (kind === 'box') {
    const [mean, logDeviation] = statistics;
    return { mean, deviation: broadcastTo(exp(logDeviation), mean.shape) };
  }
  if (kind === 'multi-binary') return { probabilities: div(1, add(1, exp(neg(statistics[0])))) };
  return { probabilities: concat(statistics.map((logProbabilities) => exp(logProbabilities))) };
}
