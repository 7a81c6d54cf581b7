import { normalizerOf } from '../environments/env-statistics.ts';
import { checkFiniteRows } from '../environments/check-float32.ts';
import { isPlaceholder } from '../environments/placeholder-env.ts';
import type { VectorEnv } from '../environments/vector-env.ts';
import { numberList } from '../options/argument-checks.ts';
import type { Observation } from '../spaces/spaces.ts';
import type { ActOptions } from '../training/agent.ts';

/**
 * What an agent that was trained in `env` is to see of observations, one or many in a row: themselves where wrappers have normalized them, else what those of
 * `env` would have shown. Throws `EnvError` where that cannot be told, and for numbers that are not finite.
 */
export function shownObservations<Given extends Observation>(
  env: VectorEnv,
  observations: Given,
  options?: Pick<ActOptions, 'isNormalized'>,
): Given | Float32Array {
  const isNormalized = options?.isNormalized ?? !isPlaceholder(env);
  const normalizer = isNormalized ? undefined : normalizerOf(env);
  // What is none is refused by who acts on it.
  if (normalizer === undefined || !numberList.accepts(observations)) return observations;
  const shown = Float32Array.from(observations as ArrayLike<number>);
  checkFiniteRows('observation', shown, env.observationSpace.size);
  normalizer.normalize(shown, shown);
  return shown;
}
