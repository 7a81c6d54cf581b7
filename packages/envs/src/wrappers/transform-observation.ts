import {
  aFunction,
  aSpace,
  checkArguments,
  checkValue,
  innerStatistics,
  optional,
  resetEnv,
  stepEnv,
  type Env,
  type Observation,
  type Space,
} from '@gradus/core';
import { checkOne, wrapEnv } from './wrap-env.ts';

/**
 * Gymnasium's `TransformObservation`: shows `transform(observation)` instead of each observation. `observationSpace`: what that is a member of; default the
 * space of `env`. Throws `EnvError` from `reset` and `step` where it is none.
 */
export function transformObservation(
  env: Env,
  transform: (observation: Observation) => Observation,
  observationSpace?: Space,
): Env {
  checkOne('transformObservation', env);
  checkArguments(
    'transformObservation',
    { transform, observationSpace },
    { transform: aFunction, observationSpace: optional(aSpace) },
  );
  const space = observationSpace ?? env.observationSpace;
  const transformed = <Result extends { readonly observation: Observation }>(result: Result): Result => {
    const observation = transform(result.observation);
    checkValue('transformObservation: observation', space, observation);
    return { ...result, observation };
  };
  return wrapEnv(env, {
    observationSpace: space,
    statistics: innerStatistics(env, 'observation'),
    reset: (options) => transformed(resetEnv(env, options)),
    step: (action) => transformed(stepEnv(env, action)),
  });
}
