import {
  checkOptions,
  flag,
  loadParameters,
  optional,
  saveParameters,
  type Optimizer,
  type Parameters,
} from '@gradus/tensor';
import type { FloatArray } from '../buffers/returns.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { readNumber, readState, restoreArray, type StateDict } from '../checkpoints/state.ts';
import { loadStatistics } from '../environments/env-statistics.ts';
import type { Env } from '../environments/env.ts';
import { placeholderEnv, type TrainedIn } from '../environments/placeholder-env.ts';
import type { VectorEnv } from '../environments/vector-env.ts';
import { CheckpointError } from '../errors.ts';
import { featureCount } from '../spaces/observation-features.ts';
import { spaceFromJson, type Space } from '../spaces/spaces.ts';
import type { Agent, CheckpointOptions } from '../training/agent.ts';
import { checkParameters } from '../training/divergence.ts';
import { openCheckpoint, plainState, type TrainingEnv } from '../training/training-env.ts';

/** Something that an agent saves: a `Stateful`, which may leave out what `CheckpointOptions` say. */
export interface AgentState {
  getState(options?: CheckpointOptions): StateDict;
  setState(state: StateDict): void;
}

/** What is saved of an agent, each part named once, besides its options, and the environment with the progress in it. */
export interface SavedParts {
  /** Weights by name, each saved as the file `<name>.safetensors`; they must stay finite. */
  readonly networks?: Readonly<Record<string, Parameters>> | undefined;
  /** The same for the states of optimizers. */
  readonly optimizers?: Readonly<Record<string, Optimizer>> | undefined;
  /** What was learned without networks, such as a table of values; these numbers must stay finite, too. */
  readonly learned?: Readonly<Record<string, FloatArray>> | undefined;
  /** Whatever else is saved. */
  readonly state?: Readonly<Record<string, AgentState>> | undefined;
  /** The same for what is remembered of present episodes: it is as at first where new ones begin. */
  readonly episode?: Readonly<Record<string, AgentState>> | undefined;
}

/** Whose parts they are. */
type Owner = Pick<Agent, 'algorithm' | 'step'> & { readonly options: object };

/** Throws `DivergenceError` where what was learned is not finite. */
export function checkWeights(agent: Owner, { networks = {}, learned = {} }: SavedParts): void {
  for (const parameters of Object.values(networks)) checkParameters(agent, parameters);
  checkParameters(agent, learned);
}

/** The checkpoint of an agent that is made of `parts` and learns in `training`. Throws as {@link checkWeights} does, and `RangeError` for an unknown option or a wrong one. */
export function saveAgent(
  agent: Owner,
  training: TrainingEnv,
  parts: SavedParts,
  options: CheckpointOptions = {},
): Checkpoint {
  checkOptions('checkpoint', options, { saveReplay: optional(flag) });
  checkWeights(agent, parts);
  const statesOf = (states: Readonly<Record<string, AgentState>> = {}): StateDict =>
    Object.fromEntries(Object.entries(states).map(([name, part]) => [name, part.getState(options)]));
  const learned = Object.entries(parts.learned ?? {}).map(([name, values]) => [name, values.slice()]);
  return {
    algorithm: agent.algorithm,
    state: {
      options: plainState(agent.options),
      functions: functionsAmong(agent.options),
      env: describeEnv(training.env),
      training: training.getState(),
      learned: Object.fromEntries(learned) as StateDict,
      episode: statesOf(parts.episode),
      ...statesOf(parts.state),
    },
    files: Object.fromEntries(storedIn(parts).map(([name, parameters]) => [fileOf(name), saveParameters(parameters)])),
  };
}

/**
 * The environment and the options that an agent is to be made with, which {@link restoreAgent} then makes what the saved one was: where no `env` is given,
 * one to act in alone; what `given` has in place of the saved options. Throws `CheckpointError` for a checkpoint of another algorithm, and where an option
 * that was a function, such as networks of one's own, is not given again.
 */
export function openAgent<Given extends object>(
  checkpoint: Checkpoint,
  algorithm: string,
  env: Env | VectorEnv | undefined,
  given: Given,
): { readonly env: Env | VectorEnv; readonly options: StateDict & Given } {
  const { state } = openCheckpoint(checkpoint, algorithm);
  const functions = Array.isArray(state.functions) ? (state.functions as readonly string[]) : [];
  const missing = functions.filter((name) => (given as Readonly<Record<string, unknown>>)[name] === undefined);
  if (missing.length > 0) {
    throw new CheckpointError(
      `load: the agent was made with a function as ${missing.join(' and ')}, which is not saved; give it again: load(checkpoint, { ${missing.join(', ')} })`,
    );
  }
  return { env: env ?? placeholderEnv(readTrainedIn(state)), options: { ...readState(state, 'options'), ...given } };
}

/** Puts back into an agent what {@link saveAgent} saved. Throws `CheckpointError` and `SafetensorsError` where it does not fit. */
export function restoreAgent(agent: Owner, training: TrainingEnv, parts: SavedParts, checkpoint: Checkpoint): void {
  const { state, file } = openCheckpoint(checkpoint, agent.algorithm);
  const putBack = (saved: StateDict, states: Readonly<Record<string, AgentState>> = {}): void => {
    for (const [name, part] of Object.entries(states)) part.setState(readState(saved, name));
  };
  try {
    for (const [name, parameters] of storedIn(parts)) loadParameters(parameters, file(fileOf(name)));
    const learned = readState(state, 'learned');
    for (const [name, values] of Object.entries(parts.learned ?? {})) restoreArray(learned, name, values);
    training.setState(readState(state, 'training'));
    putBack(state, parts.state);
    if (training.resumed !== 'with new episodes') putBack(readState(state, 'episode'), parts.episode);
  } catch (error) {
    const others = [...otherSpaces(readTrainedIn(state), training.env), ...changedOptions(state, agent.options)];
    if (others.length === 0) throw error;
    const { message } = error as Error;
    throw new CheckpointError(`load: what was saved does not fit with ${others.join(' or ')}: ${message}`, {
      cause: error,
    });
  }
}

/** The names of options that no checkpoint can hold. */
function functionsAmong(options: object): string[] {
  return Object.entries(options).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
}

/** All that is saved as files. */
export function storedIn({ networks = {}, optimizers = {} }: SavedParts): [name: string, parameters: Parameters][] {
  const states = Object.entries(optimizers).map(([name, { state }]): [string, Parameters] => [name, state]);
  return [...Object.entries(networks), ...states];
}

function fileOf(name: string): string {
  return `${name}.safetensors`;
}

function describeEnv({ observationSpace, actionSpace, numEnvs, actionMasks }: VectorEnv): StateDict {
  return plainState({ observationSpace, actionSpace, numEnvs, hasMasks: actionMasks !== undefined });
}

/** The environment that an agent was saved with. */
export function readTrainedIn(state: StateDict): TrainedIn {
  const env = readState(state, 'env');
  return {
    observationSpace: spaceFromJson(env.observationSpace, 'observationSpace'),
    actionSpace: spaceFromJson(env.actionSpace, 'actionSpace'),
    numEnvs: readNumber(env, 'numEnvs'),
    hasMasks: env.hasMasks === true,
    statistics: loadStatistics(readState(readState(state, 'training'), 'statistics')),
  };
}

/** What is said of spaces that are of another kind than they were, or have other numbers of elements or choices; bounds may be others. */
function otherSpaces(saved: TrainedIn, present: VectorEnv): string[] {
  const other = (what: string, before: Space, now: Space): string[] => {
    const isSame = before.kind === now.kind && featureCount(before) === featureCount(now);
    return isSame ? [] : [`${what} ${now.toString()}, which were ${before.toString()}`];
  };
  return [
    ...other('observations', saved.observationSpace, present.observationSpace),
    ...other('actions', saved.actionSpace, present.actionSpace),
  ];
}

/** What is said of options that are not as they were. */
function changedOptions(state: StateDict, present: object): string[] {
  const before = new Map(Object.entries(readState(state, 'options')));
  const isOther = ([name, value]: [string, unknown]): boolean =>
    JSON.stringify(before.get(name)) !== JSON.stringify(value);
  return Object.entries(present)
    .filter(isOther)
    .map(([name]) => `another ${name}`);
}
