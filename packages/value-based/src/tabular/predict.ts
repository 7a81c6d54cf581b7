import {
  Random,
  TrainingEnv,
  aFunction,
  asVectorEnv,
  checkArguments,
  checkLength,
  checkPolicy,
  endlessEpisode,
  episodeLimit,
  fraction,
  naturalNumber,
  numberList,
  optional,
  positiveInteger,
  type Env,
  type OptionCheck,
  type VectorEnv,
} from '@gradus/core';
import { sampleAction } from './exploration.ts';
import { stepSize, type StepSize } from './step-size.ts';
import { TabularEnv } from './tabular-env.ts';
import { ValueTable } from './value-table.ts';

/** What all ways to learn the values of a given policy may be told. */
export interface PredictionOptions {
  /** Episodes to learn from. */
  readonly episodes: number;
  /** γ. */
  readonly gamma: number;
  /** α, a number, a schedule over the episodes, or a rule of visits. Its default depends on the method. */
  readonly alpha?: StepSize | undefined;
  /** What the values are at first, [numStates]. Default 0. */
  readonly initialValues?: ArrayLike<number> | undefined;
  /** Seeds the environment and the choice of actions. Default 0. */
  readonly seed?: number | undefined;
  /** Steps within which an episode has to end. Default: the environment's own limit, or 10,000 where it has none. */
  readonly maxEpisodeSteps?: number | undefined;
  /** Called after each episode, of which the first has number 1; the values, [numStates], are those that learning goes on with. */
  readonly onEpisode?: ((episode: number, stateValues: Float64Array) => void) | undefined;
}

const finiteNumbers: OptionCheck = {
  expected: 'a list of finite numbers',
  accepts: (value) => numberList.accepts(value) && Array.from(value as ArrayLike<number>).every(Number.isFinite),
};

/** What a method learns from and into. */
export interface Prediction {
  readonly world: TabularEnv;
  readonly table: ValueTable;
  /** The part of the episodes that is done. */
  progress: number;
}

/** How the options of a method besides the common ones, and the default of α, are known. */
export interface PredictionMethod<Options extends PredictionOptions> {
  /** Name of the function, for messages. */
  readonly subject: string;
  readonly alpha: StepSize;
  readonly checks: Readonly<Record<Exclude<keyof Options, keyof PredictionOptions>, OptionCheck>>;
  /** Makes the function that learns from each transition that `prediction.world` holds. */
  readonly learner: (prediction: Prediction, options: Options) => () => void;
}

/** Plays episodes with a policy, [numStates × numActions], and learns from them; the values, [numStates]. */
export function predict<Options extends PredictionOptions>(
  env: Env | VectorEnv,
  policy: Float64Array,
  options: Options,
  { subject, alpha: defaultAlpha, checks, learner }: PredictionMethod<Options>,
): Float64Array {
  const all: Readonly<Record<string, OptionCheck>> = {
    episodes: positiveInteger,
    gamma: fraction,
    alpha: optional(stepSize),
    initialValues: optional(finiteNumbers),
    seed: optional(naturalNumber),
    maxEpisodeSteps: optional(positiveInteger),
    onEpisode: optional(aFunction),
    ...checks,
  };
  checkArguments<Readonly<Record<string, unknown>>>(subject, options as Readonly<Record<string, unknown>>, all);
  const { episodes, alpha = defaultAlpha, initialValues, seed = 0, onEpisode } = options;
  const world = new TabularEnv(subject, new TrainingEnv(asVectorEnv(env), seed));
  const { numActions } = world;
  const longest = episodeLimit(world.env, options.maxEpisodeSteps);
  checkPolicy(world, policy);
  const table = new ValueTable(world.numStates, 0, alpha);
  if (initialValues !== undefined) {
    checkLength('initialValues', initialValues, world.numStates);
    table.values.set(initialValues);
  }
  const prediction: Prediction = { world, table, progress: 0 };
  const learn = learner(prediction, options);
  const random = new Random(seed);
  world.training.begin(Number.MAX_SAFE_INTEGER);
  world.checkMask();
  for (let episode = 1; episode <= episodes; episode++) {
    prediction.progress = (episode - 1) / episodes;
    let length = 0;
    do {
      if (length++ >= longest) throw endlessEpisode(subject, longest);
      world.step(sampleAction(policy, world.currentState * numActions, numActions, random));
      learn();
    } while (!world.ended);
    onEpisode?.(episode, table.values);
  }
  return table.values;
}

/** v(s′) of the table; 0 where the task ended. */
export function nextStateValue({ world, table }: Prediction): number {
  return world.terminated ? 0 : table.values[world.nextState];
}
