import {
  checkArguments,
  innerStatistics,
  numberList,
  numbersOf,
  resetEnv,
  stepEnv,
  type Box,
  type Dynamics,
  type Env,
  type Observation,
  type VectorEnv,
} from '@gradus/core';
import { boxOf } from './box-of.ts';
import { checkOneOrMore, wrapEnv, wrapVectorEnv } from './wrap-env.ts';

/**
 * Shows 0 instead of some elements of the observation, so that an agent has to remember, or to infer, what it does not see; the
 * observation space stays as it is. RL Baselines3 Zoo's `MaskVelocityWrapper` hides velocities in this way.
 * Throws `RangeError` unless observations are in a `Box` which 0 belongs to, and `indices` are those of elements of it.
 */
export function hideElements(env: Env, indices: readonly number[]): Env;
export function hideElements(env: VectorEnv, indices: readonly number[]): VectorEnv;
export function hideElements(env: Dynamics, indices: readonly number[]): Dynamics;
export function hideElements(env: Env | VectorEnv | Dynamics, indices: readonly number[]): Env | VectorEnv | Dynamics {
  checkOneOrMore('hideElements', env);
  const space = boxOf('hideElements: observationSpace', env.observationSpace);
  checkArguments('hideElements', { indices }, { indices: numberList });
  for (const index of indices) checkIndex(space, index);
  if ('variables' in env) return hideInDynamics(env, space.size, indices);
  return 'numEnvs' in env ? hideInVector(env, space.size, indices) : hideInOne(env, indices);
}

function checkIndex({ size, low, high }: Box, index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= size) {
    throw new RangeError(`hideElements: expected indices of observation elements, 0 to ${size - 1}, got ${index}`);
  }
  if (low[index] > 0 || high[index] < 0) {
    throw new RangeError(
      `hideElements: expected bounds with 0 between them, got [${low[index]}, ${high[index]}] at [${index}]`,
    );
  }
}

/** Rows start ≤ i < end of `observations`, [rows × size], without what is hidden. */
function hide(observations: Float32Array, size: number, indices: readonly number[], start: number, end: number): void {
  for (let i = start; i < end; i++) for (const index of indices) observations[i * size + index] = 0;
}

function hideInOne(env: Env, indices: readonly number[]): Env {
  const hidden = <Result extends { readonly observation: Observation }>(result: Result): Result => {
    const observation = Float32Array.from(numbersOf(env.observationSpace, result.observation));
    hide(observation, observation.length, indices, 0, 1);
    return { ...result, observation };
  };
  return wrapEnv(env, {
    statistics: innerStatistics(env, 'observation'),
    reset: (options) => hidden(resetEnv(env, options)),
    step: (action) => hidden(stepEnv(env, action)),
  });
}

function hideInVector(env: VectorEnv, size: number, indices: readonly number[]): VectorEnv {
  const { numEnvs } = env;
  const observations = new Float32Array(env.observations.length);
  const finalObservations = new Float32Array(env.finalObservations.length);
  const observe = (): void => {
    observations.set(env.observations);
    hide(observations, size, indices, 0, numEnvs);
    finalObservations.set(env.finalObservations);
    hide(finalObservations, size, indices, 0, numEnvs);
  };
  return wrapVectorEnv(
    env,
    {
      statistics: innerStatistics(env, 'observation'),
      observations,
      finalObservations,
      reset(options) {
        env.reset(options);
        observe();
      },
      step(actions) {
        env.step(actions);
        observe();
      },
    },
    { getState: () => ({}), setState: observe },
  );
}

function hideInDynamics(dynamics: Dynamics, size: number, indices: readonly number[]): Dynamics {
  return {
    ...dynamics,
    observe(state, observations, start, end) {
      dynamics.observe(state, observations, start, end);
      hide(observations, size, indices, start, end);
    },
  };
}
