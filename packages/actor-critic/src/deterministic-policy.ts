import { NetworkLookup, ProgramPolicy, type Random, type VectorEnv } from '@gradus/core';
import * as t from '@gradus/tensor';
import type { ContinuousActions } from './continuous-actions.ts';
import { createNetwork, type NetworkLayers, type StateNetwork } from './networks.ts';

/** μ(s), in [−1, 1]: [rows × action size]. */
export function unitActions(actor: StateNetwork, observations: t.Tensor): t.Tensor {
  return t.tanh(actor(observations));
}

/** A new actor μ, before tanh. Throws `RangeError` as `createNetwork` does. */
export function createActor(
  { observationSpace, actionSpace }: VectorEnv,
  options: NetworkLayers,
  random: Random,
): StateNetwork {
  return createNetwork({ role: 'actor', observationSpace, actionSize: 0, outputs: actionSpace.size }, options, random);
}

/** The policy that takes the actor's actions, scaled to their bounds. */
export function deterministicPolicy(
  { observationSpace, actionSpace }: VectorEnv,
  { fromUnit }: ContinuousActions,
  actor: StateNetwork,
  device: t.Device,
): ProgramPolicy {
  const compile = (batch: number) =>
    t.program(
      { observations: [batch, observationSpace.size], key: { shape: [2], dtype: 'int32' } },
      ({ observations }) => ({ actions: fromUnit(unitActions(actor, observations)) }),
      { device },
    );
  return new ProgramPolicy({ observationSpace, actionSpace, compile });
}

/** What `value` makes of observations [rows × size]: [rows]. */
export function stateValueLookup(
  env: VectorEnv,
  value: (observations: t.Tensor) => t.Tensor,
  device: t.Device,
): NetworkLookup<'values'> {
  const compile = (batch: number) =>
    t.program(
      { observations: [batch, env.observationSpace.size] },
      ({ observations }) => ({ values: value(observations) }),
      { device },
    );
  return new NetworkLookup({ env, compile });
}
