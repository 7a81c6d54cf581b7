import {
  checkArguments,
  checkOptions,
  defaultDevice,
  disposeParameters,
  lazyDevice,
  loadParameters,
  optional,
  saveParameters,
  type Device,
  type OptionCheck,
  type Optimizer,
  type Parameters,
} from '@gradus/tensor';
import { learnSteps } from '../training/agent-options.ts';
import type {
  ActOptions,
  Agent,
  CheckpointOptions,
  DeviceOption,
  LearnMoreOptions,
  LearnOptions,
  Policy,
} from '../training/agent.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { checkParameters } from '../training/divergence.ts';
import type { Env, EnvStatistics } from '../environments/env.ts';
import { loadStatistics } from '../environments/env-statistics.ts';
import type { Progress } from '../training/progress.ts';
import { Random } from '../random/random.ts';
import type { ActionArray, Observation, SpaceValue } from '../spaces/spaces.ts';
import { readNumber, readState, type StateDict } from '../checkpoints/state.ts';
import { TrainingEnv, openCheckpoint, plainState, type Resumption } from '../training/training-env.ts';
import { CheckpointError } from '../errors.ts';
import { placeholderEnv, type TrainedIn } from '../environments/placeholder-env.ts';
import { aDevice, aList, anObject, someOptions } from '../options/argument-checks.ts';
import { spaceFromJson } from '../spaces/spaces.ts';
import { shownObservations } from './shown-observations.ts';
import type { VectorEnv } from '../environments/vector-env.ts';
import { asVectorEnv } from '../environments/vectorize.ts';

/** Options that every agent has. */
export interface AgentOptions {
  /** Seeds all that is random in it, environments too. */
  readonly seed: number;
}

/** What an algorithm is called, and what its options are. */
export interface AgentKind<Options extends AgentOptions> {
  /** The class, for messages, such as `Ppo`. */
  readonly name: string;
  /** `Agent.algorithm`, such as `ppo`. */
  readonly algorithm: string;
  readonly defaults: Options;
  readonly checks: { readonly [Name in keyof Options]: OptionCheck };
}

/** Something that an agent saves: a `Stateful`, which may leave out what `CheckpointOptions` say. */
export interface AgentState {
  getState(options?: CheckpointOptions): StateDict;
  setState(state: StateDict): void;
}

/** What an agent is made of, each part named once; how it acts, is saved, restored and freed follows from that. */
export interface AgentParts {
  readonly policy: Policy;
  /** Weights by name, each saved as the file `<name>.safetensors`; they must stay finite. */
  readonly networks?: Readonly<Record<string, Parameters>> | undefined;
  /** The same for the states of optimizers. */
  readonly optimizers?: Readonly<Record<string, Optimizer>> | undefined;
  /** Whatever else is saved, besides the options, `random`, and the environment with the progress in it. */
  readonly state?: Readonly<Record<string, AgentState>> | undefined;
  /** What holds memory besides parameters, such as programs; an algorithm may do without some of them. */
  readonly programs?: readonly (Pick<Agent, 'dispose'> | undefined)[] | undefined;
}

/** An agent's class, as far as loading needs it. */
export interface AgentClass<T extends BaseAgent> {
  new (env: Env | VectorEnv, options?: Partial<T['options']> & DeviceOption): T;
  readonly algorithm: string;
}

/** What a saved agent is loaded with: an environment to go on learning in, a device, and options that shall be others than they were. */
export type LoadOptions<T extends BaseAgent = BaseAgent> = Partial<T['options']> &
  DeviceOption & { readonly env?: Env | VectorEnv | undefined };

/**
 * What all agents share: options that are checked, acting, learning up to a number of steps, saving, restoring and freeing. An algorithm says what it is made
 * of ({@link AgentParts}) and how it learns:
 *
 *     export class Ppo extends BaseAgent<PpoOptions> {
 *       static readonly algorithm = 'ppo';
 *       protected readonly parts: AgentParts;
 *
 *       constructor(env: Env | VectorEnv, options: Partial<PpoOptions> & DeviceOption = {}) {
 *         super({ name: 'Ppo', algorithm: Ppo.algorithm, defaults: ppoDefaults, checks: optionChecks }, env, options);
 *         …
 *         this.parts = { policy: rollouts.policy, networks: { parameters }, optimizers: { optimizer }, state: { rollouts }, programs: [update, rollouts] };
 *       }
 *
 *       protected *train(totalSteps: number): Generator<Progress, void, void> { … }
 *     }
 */
export abstract class BaseAgent<Options extends AgentOptions = AgentOptions> implements Agent {
  readonly algorithm: string;
  readonly options: Options;
  /** Draws weights at first, then whatever the algorithm draws outside of programs. */
  protected readonly random: Random;
  /** The environment copies, and the progress made in them. */
  protected readonly training: TrainingEnv;
  protected abstract readonly parts: AgentParts;
  private readonly givenDevice: Device | undefined;
  private programDevice: Device | undefined;

  /** Throws `RangeError` for an unknown option or a wrong one, and for what is no environment. */
  constructor(kind: AgentKind<Options>, env: Env | VectorEnv, options: Partial<Options> & DeviceOption) {
    checkArguments(kind.name, { options }, { options: someOptions });
    const { device, ...given } = options;
    checkArguments(kind.name, { device }, { device: optional(aDevice) });
    checkOptions(kind.name, given as Partial<Options>, kind.checks);
    this.algorithm = kind.algorithm;
    this.options = { ...kind.defaults, ...given };
    this.random = new Random(this.options.seed);
    this.training = new TrainingEnv(asVectorEnv(env), this.options.seed);
    this.givenDevice = device;
  }

  /** The algorithm's loop: from where training stands until `totalSteps` environment steps are done; yields after each update. */
  protected abstract train(totalSteps: number): Generator<Progress, void, void>;

  /**
   * What programs run on, the same for all of them. Those of an agent that cannot learn are compiled when they are first used: most of them are for
   * learning, and never are.
   */
  protected get device(): Device {
    if (this.programDevice === undefined) {
      const device = this.givenDevice ?? defaultDevice();
      this.programDevice = this.training.canLearn ? device : lazyDevice(device);
    }
    return this.programDevice;
  }

  protected get env(): VectorEnv {
    return this.training.env;
  }

  get step(): number {
    return this.training.recorder.step;
  }

  get statistics(): EnvStatistics {
    return this.env.statistics ?? {};
  }

  act(observation: Observation, options?: ActOptions): SpaceValue {
    return this.parts.policy.act(shownObservations(this.env, observation, options), options);
  }

  actBatch(observations: Float32Array, actions: ActionArray, options?: ActOptions): void {
    this.parts.policy.actBatch?.(shownObservations(this.env, observations, options), actions, options);
  }

  /** How training goes on in an agent that was loaded; undefined where it was not. */
  get resumed(): Resumption | undefined {
    return this.training.resumed;
  }

  /** Trains up to `steps` environment steps, or for `moreSteps`, rounded up to the algorithm's rounds; yields after each of these. */
  *learn(options: LearnOptions | LearnMoreOptions): Generator<Progress, void, void> {
    const totalSteps = learnSteps(options, this.step);
    this.training.begin(totalSteps);
    yield* this.train(totalSteps);
  }

  /** Throws `DivergenceError` where weights are not finite. */
  protected checkWeights(): void {
    for (const parameters of Object.values(this.parts.networks ?? {})) checkParameters(this, parameters);
  }

  /** Throws `DivergenceError` where weights are not finite: such an agent is of no use. */
  checkpoint(options?: CheckpointOptions): Checkpoint {
    this.checkWeights();
    return {
      algorithm: this.algorithm,
      state: {
        options: plainState(this.options),
        env: this.describeEnv(),
        ...Object.fromEntries(this.stateful().map(([name, part]) => [name, part.getState(options)])),
      },
      files: Object.fromEntries(this.stored().map(([name, parameters]) => [fileOf(name), saveParameters(parameters)])),
    };
  }

  private describeEnv(): StateDict {
    const { observationSpace, actionSpace, numEnvs, actionMasks } = this.env;
    return plainState({ observationSpace, actionSpace, numEnvs, hasMasks: actionMasks !== undefined });
  }

  /**
   * The agent that was saved, ready to act, without an `env` on observations as they are before its wrappers normalize them; with one, to go on learning too, as `resumed` says: exactly as if it had not been interrupted in as many copies
   * of an environment that has `getState` and `setState`, else with new episodes. What `options` give replaces what it was made with.
   * @throws RangeError for an unknown option or a wrong one.
   * @throws CheckpointError when the checkpoint is another algorithm's or incomplete, the environment's state does not fit, or an option would give weights
   *   other shapes.
   * @throws SafetensorsError when the weights are corrupt or do not fit the environment's spaces.
   */
  static load<T extends BaseAgent>(this: AgentClass<T>, checkpoint: Checkpoint, options: LoadOptions<T> = {}): T {
    const { env, ...given } = options;
    const { state } = openCheckpoint(checkpoint, this.algorithm);
    const saved = readState(state, 'options') as Partial<T['options']>;
    const agent = new this(env ?? placeholderEnv(readTrainedIn(state)), { ...saved, ...given });
    agent.putBack(checkpoint);
    return agent;
  }

  /** {@link BaseAgent.load} with an environment. */
  static restore<T extends BaseAgent>(
    this: AgentClass<T>,
    checkpoint: Checkpoint,
    env: Env | VectorEnv,
    options?: Partial<T['options']> & DeviceOption,
  ): T {
    const { state } = openCheckpoint(checkpoint, this.algorithm);
    const agent = new this(env, { ...(readState(state, 'options') as Partial<T['options']>), ...options });
    agent.putBack(checkpoint);
    return agent;
  }

  private putBack(checkpoint: Checkpoint): void {
    const { state, file } = openCheckpoint(checkpoint, this.algorithm);
    try {
      for (const [name, parameters] of this.stored()) loadParameters(parameters, file(fileOf(name)));
      for (const [name, part] of this.stateful()) part.setState(readState(state, name));
    } catch (error) {
      const changed = changedOptions(readState(state, 'options'), this.options);
      if (changed.length === 0) throw error;
      const others = changed.join(' or ');
      const { message } = error as Error;
      throw new CheckpointError(`load: what was saved does not fit with another ${others}: ${message}`, {
        cause: error,
      });
    }
  }

  private stateful(): [name: string, part: AgentState][] {
    const { random, training, parts } = this;
    return Object.entries({ random, training, ...parts.state });
  }

  private stored(): [name: string, parameters: Parameters][] {
    const { networks = {}, optimizers = {} } = this.parts;
    const states = Object.entries(optimizers).map(([name, { state }]): [string, Parameters] => [name, state]);
    return [...Object.entries(networks), ...states];
  }

  dispose(): void {
    for (const each of this.parts.programs ?? []) each?.dispose();
    for (const [, parameters] of this.stored()) disposeParameters(parameters);
  }
}

/** The environment that an agent was saved with. */
function readTrainedIn(state: StateDict): TrainedIn {
  const env = readState(state, 'env');
  return {
    observationSpace: spaceFromJson(env.observationSpace, 'observationSpace'),
    actionSpace: spaceFromJson(env.actionSpace, 'actionSpace'),
    numEnvs: readNumber(env, 'numEnvs'),
    hasMasks: env.hasMasks === true,
    statistics: loadStatistics(readState(readState(state, 'training'), 'statistics')),
  };
}

function changedOptions(saved: object, present: object): string[] {
  const before = new Map(Object.entries(saved));
  const isOther = ([name, value]: [string, unknown]): boolean =>
    JSON.stringify(before.get(name)) !== JSON.stringify(value);
  return Object.entries(present)
    .filter(isOther)
    .map(([name]) => name);
}

/**
 * The agent that was saved, whichever of these classes it is of; see {@link BaseAgent.load}: `loadAgent(checkpoint, [Ppo, Dqn])`.
 * @throws CheckpointError where none of them has the checkpoint's algorithm.
 */
export function loadAgent(
  checkpoint: Checkpoint,
  classes: readonly LoadableAgent[],
  options: DeviceOption & { readonly env?: Env | VectorEnv | undefined } = {},
): Agent {
  checkArguments(
    'loadAgent',
    { checkpoint, classes, options },
    { checkpoint: anObject, classes: aList, options: anObject },
  );
  const found = classes.find(({ algorithm }) => algorithm === checkpoint.algorithm);
  if (found !== undefined) return found.load(checkpoint, options);
  const names = classes.map(({ algorithm }) => `'${algorithm}'`).join(', ');
  throw new CheckpointError(`checkpoint: expected one of the algorithms ${names}, got '${checkpoint.algorithm}'`);
}

/** A class whose agents {@link loadAgent} can load. */
export interface LoadableAgent {
  readonly algorithm: string;
  load(checkpoint: Checkpoint, options?: DeviceOption & { readonly env?: Env | VectorEnv | undefined }): Agent;
}

function fileOf(name: string): string {
  return `${name}.safetensors`;
}
