import { NetworkLookup, ProgramPolicy, type VectorEnv } from '@gradus/core';
import * as t from '@gradus/tensor';
import type { ContinuousActions } from './continuous-actions.ts';

/** The policy that takes the actions which `best` makes of observations [rows × size], in [−1, 1]: [rows × action size]. */
export function deterministicPolicy(
  { observationSpace, actionSpace }: VectorEnv,
  { fromUnit }: ContinuousActions,
  best: (observations: t.Tensor) => t.Tensor,
  device: t.Device,
): ProgramPolicy {
  const compile = (batch: number) =>
    t.program(
      { observations: [batch, observationSpace.size], key: { shape: [2], dtype: 'int32' } },
      ({ observations }) => ({ actions: fromUnit(best(observations)) }),
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
