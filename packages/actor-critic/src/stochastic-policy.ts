import {
  ProgramPolicy,
  savedValues,
  type ActionArray,
  type SamplingKeys,
  type Stateful,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';

/** The policies of an actor that draws: one for training, and one for whoever else asks, so that neither changes what the other draws. */
export interface StochasticPolicies {
  readonly behavior: ProgramPolicy;
  readonly policy: ProgramPolicy;
  /** Writes training's actions in the present states of all copies. */
  readonly act: (actions: ActionArray) => void;
  /** The key of training's noise, and for how many steps it still holds. */
  readonly noise: Stateful;
}

/**
 * Compiles `act`, which makes actions of observations [rows × size] and a key, the best ones without a key. In training a key holds for `stepsPerKey` steps.
 */
export function stochasticPolicies(
  env: VectorEnv,
  act: (observations: t.Tensor, key: t.Tensor | undefined) => t.Tensor,
  keys: SamplingKeys,
  device: t.Device,
  stepsPerKey = 1,
): StochasticPolicies {
  const { observationSpace, actionSpace } = env;
  const compile = (batch: number, deterministic: boolean) =>
    t.program(
      { observations: [batch, observationSpace.size], key: { shape: [2], dtype: 'int32' } },
      ({ observations, key }) => ({ actions: act(observations, deterministic ? undefined : key) }),
      { device },
    );
  const noise = { key: new Int32Array(2), stepsLeft: 0 };
  const writeKey = (key: t.TensorData): void => {
    if (noise.stepsLeft === 0) {
      keys.forTraining(noise.key);
      noise.stepsLeft = stepsPerKey;
    }
    noise.stepsLeft--;
    key.set(noise.key);
  };
  const spaces = { observationSpace, actionSpace, compile };
  const behavior = new ProgramPolicy({ ...spaces, writeKey });
  return {
    behavior,
    act: (actions) => {
      behavior.actBatch(env.observations, actions, { deterministic: false });
    },
    policy: new ProgramPolicy({ ...spaces, writeKey: keys.forActing }),
    noise: savedValues(noise),
  };
}
