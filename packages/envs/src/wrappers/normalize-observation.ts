import {
  Box,
  RunningNormalizer,
  checkFiniteRows,
  checkOptions,
  flag,
  innerStatistics,
  optional,
  resetEnv,
  stepCopies,
  stepEnv,
  numbersOf,
  type Env,
  type EnvStatistics,
  type Observation,
  type OptionCheck,
  type VectorEnv,
} from '@gradus/core';
import { boxOf } from './box-of.ts';
import { checkOneOrMore, wrapEnv, wrapVectorEnv } from './wrap-env.ts';

/** What may be changed about the normalization. */
export interface NormalizeObservationOptions {
  /** Mean and variance: those of the training environment in an evaluation. Default new ones, which clip nothing. */
  readonly statistics?: RunningNormalizer | undefined;
  /** Whether new observations change the statistics: false in an evaluation. Default true. */
  readonly update?: boolean | undefined;
}

const aNormalizer: OptionCheck = {
  expected: 'a RunningNormalizer',
  accepts: (value) => value instanceof RunningNormalizer,
};

/**
 * Gymnasium's `NormalizeObservation`: x ↦ (x − mean) / √(variance + 10⁻⁸), mean and variance of each element over all observations so far,
 * this one included, resets as well as steps. The observation space becomes unbounded. Of a `VectorEnv` all copies share the
 * statistics; its `finalObservations` are normalized, but do not change them (as in Stable-Baselines3's `VecNormalize`).
 * An agent that is trained behind it takes its statistics along (`Env.statistics`): they are saved with the agent, put back where it is loaded with an environment so
 * wrapped, applied to what it sees where it is loaded without one, and lent to the environments that it is evaluated in, which learn nothing. Wrappers
 * between it and the agent that change observations again, but for `frameStack` and `flattenObservation`, are not known without an environment.
 * Throws `RangeError` unless the observations are in a `Box`.
 */
export function normalizeObservation(env: Env, options?: NormalizeObservationOptions): Env;
export function normalizeObservation(env: VectorEnv, options?: NormalizeObservationOptions): VectorEnv;
export function normalizeObservation(env: Env | VectorEnv, options: NormalizeObservationOptions = {}): Env | VectorEnv {
  checkOneOrMore('normalizeObservation', env);
  checkOptions('normalizeObservation', options, { statistics: optional(aNormalizer), update: optional(flag) });
  const { shape, size } = boxOf('normalizeObservation: observationSpace', env.observationSpace);
  const { statistics = new RunningNormalizer(size, Infinity), update = true } = options;
  if (statistics.size !== size) {
    throw new RangeError(`statistics: expected those of ${size} numbers, got those of ${statistics.size}`);
  }
  const space = new Box(-Infinity, Infinity, shape);
  return 'numEnvs' in env
    ? normalizeVector(env, space, statistics, update)
    : normalizeOne(env, space, statistics, update);
}

function normalizeOne(env: Env, observationSpace: Box, statistics: RunningNormalizer, update: boolean): Env {
  const normalize = <Result extends { readonly observation: Observation }>(result: Result): Result => {
    const observation = Float32Array.from(numbersOf(env.observationSpace, result.observation));
    if (update) statistics.update(observation);
    statistics.normalize(observation, observation);
    return { ...result, observation };
  };
  return wrapEnv(
    env,
    {
      observationSpace,
      statistics: withObservation(env, statistics),
      reset: (options) => normalize(resetEnv(env, options)),
      step: (action) => normalize(stepEnv(env, action)),
    },
    statistics,
  );
}

function normalizeVector(
  env: VectorEnv,
  observationSpace: Box,
  statistics: RunningNormalizer,
  update: boolean,
): VectorEnv {
  const { size } = observationSpace;
  const observations = new Float32Array(env.observations.length);
  const finalObservations = new Float32Array(env.finalObservations.length);
  const observe = (): void => {
    checkFiniteRows('observation', env.observations, size);
    if (update) statistics.update(env.observations);
    statistics.normalize(env.observations, observations);
  };
  return wrapVectorEnv(
    env,
    {
      observationSpace,
      statistics: withObservation(env, statistics),
      observations,
      finalObservations,
      reset(options) {
        env.reset(options);
        observe();
      },
      step(actions) {
        stepCopies(env, actions);
        observe();
        for (let i = 0; i < env.numEnvs; i++) {
          if (env.terminated[i] === 0 && env.truncated[i] === 0) continue;
          const [start, end] = [i * size, (i + 1) * size];
          statistics.normalize(env.finalObservations.subarray(start, end), finalObservations.subarray(start, end));
        }
      },
    },
    {
      getState: () => statistics.getState(),
      setState: (state) => {
        statistics.setState(state);
        statistics.normalize(env.observations, observations);
      },
    },
  );
}

function withObservation(env: Env | VectorEnv, statistics: RunningNormalizer): EnvStatistics {
  return { ...innerStatistics(env, 'observation'), observation: [statistics] };
}
