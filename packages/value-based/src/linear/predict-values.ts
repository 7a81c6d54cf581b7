import {
  EnvError,
  aFunction,
  aPolicy,
  anEnv,
  checkArguments,
  checkOptions,
  endlessEpisode,
  episodeLimit,
  havingMethods,
  naturalNumber,
  optional,
  positiveInteger,
  resetEnv,
  stepEnv,
  valueText,
  writeRow,
  type Env,
  type Observation,
  type OptionCheck,
  type Policy,
  type SpaceValue,
} from '@gradus/core';

/** A step of the policy whose values are learned, or of another one that acts instead. */
export interface PredictionStep {
  readonly reward: number;
  /** What the step led to; at the end of an episode its last observation. */
  readonly observation: Float32Array;
  /** The task ended: what follows is worth nothing. */
  readonly terminated: boolean;
  /** The episode was cut off: what would have followed has a value. */
  readonly truncated: boolean;
  /** ρ = π(a | s) / b(a | s), of the policy to be predicted π and the one that acts b; 1 where they are the same. */
  readonly ratio: number;
}

/** A method that learns v_w(s) = wᵀ x(s) ≈ v_π(s) step by step. */
export interface ValuePredictor {
  /** An episode begins with this observation. */
  begin(observation: Float32Array): void;
  /** Learns from the next step of the episode. */
  update(step: PredictionStep): void;
}

/** How long to learn, and from what. */
export interface PredictValuesOptions {
  /** Whole episodes to learn from. This or `steps` must be given. */
  readonly episodes?: number | undefined;
  /** Steps to learn from; after the last one the episode counts as truncated. */
  readonly steps?: number | undefined;
  /** Seeds the environment; without it the environment's random stream goes on. */
  readonly seed?: number | undefined;
  /** ρ(s, a) = π(a | s) / b(a | s), to learn the values of π while the policy given, b, acts. Default 1: on-policy. */
  readonly ratio?: ((observation: Observation, action: SpaceValue) => number) | undefined;
  /** Steps within which an episode has to end, where `episodes` are given. Default: the environment's own limit, or 10,000 where it has none. */
  readonly maxEpisodeSteps?: number | undefined;
  /** Called after each step with the number of steps so far. */
  readonly onStep?: ((step: number) => void) | undefined;
}

const aPredictor = havingMethods('a predictor (with begin and update)', 'begin', 'update');

const optionChecks: { readonly [Name in keyof PredictValuesOptions]-?: OptionCheck } = {
  episodes: optional(positiveInteger),
  steps: optional(positiveInteger),
  seed: optional(naturalNumber),
  ratio: optional(aFunction),
  maxEpisodeSteps: optional(positiveInteger),
  onStep: optional(aFunction),
};

/**
 * Prediction (S3.1): lets `policy` act in `env` and `predictor` learn from it. `policy` is asked for samples (`deterministic: false`).
 *
 * Throws `RangeError` unless exactly one of `episodes` and `steps` is given, as a positive integer, and `EnvError` as `stepEnv` does, for
 * an episode that does not end within `maxEpisodeSteps`, and for ratios that are negative or not finite.
 */
export function predictValues(
  predictor: ValuePredictor,
  env: Env,
  policy: Policy,
  options: PredictValuesOptions,
): void {
  checkArguments('predictValues', { predictor, env, policy }, { predictor: aPredictor, env: anEnv, policy: aPolicy });
  checkOptions('predictValues', options, optionChecks);
  const { episodes, steps, seed, maxEpisodeSteps, ratio = () => 1, onStep } = options;
  if ((episodes === undefined) === (steps === undefined)) {
    throw new RangeError(
      `predictValues: expected either episodes or steps, got ${valueText(episodes)} and ${valueText(steps)}`,
    );
  }
  const { observationSpace } = env;
  const row = new Float32Array(observationSpace.size);
  const write = (value: Observation): Float32Array => {
    writeRow(observationSpace, value, row, 0);
    return row;
  };
  const longest = steps === undefined ? episodeLimit(env, maxEpisodeSteps) : Infinity;
  let { observation } = resetEnv(env, { seed });
  predictor.begin(write(observation));
  for (let step = 1, episode = 1, length = 1; ; step++, length++) {
    const action = policy.act(observation, { deterministic: false, actionMasks: env.actionMask?.() });
    const weight = ratio(observation, action);
    const result = stepEnv(env, action);
    checkRatio(weight);
    const isLast = step === steps;
    const ends = result.terminated || result.truncated || isLast;
    const { reward, terminated } = result;
    observation = result.observation;
    predictor.update({ reward, observation: write(observation), terminated, truncated: ends, ratio: weight });
    onStep?.(step);
    if (isLast || (ends && episode++ === episodes)) return;
    if (!ends && length >= longest) throw endlessEpisode('predictValues', longest);
    if (ends) {
      length = 0;
      observation = resetEnv(env).observation;
      predictor.begin(write(observation));
    }
  }
}

function checkRatio(ratio: number): void {
  if (!(ratio >= 0 && ratio < Infinity))
    throw new EnvError(`ratio is ${ratio}, expected a finite number of at least 0`);
}
