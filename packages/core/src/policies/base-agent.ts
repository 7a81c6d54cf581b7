import {
  checkArguments,
  checkOptions,
  defaultDevice,
  disposeParameters,
  lazyDevice,
  optional,
  type Device,
  type OptionCheck,
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
import { checkCheckpoint, type Checkpoint } from '../checkpoints/checkpoint.ts';
import type { Env, EnvStatistics } from '../environments/env.ts';
import type { Progress } from '../training/progress.ts';
import { Random } from '../random/random.ts';
import type { ActionArray, Observation, SpaceValue } from '../spaces/spaces.ts';
import { TrainingEnv, type Resumption } from '../training/training-env.ts';
import { CheckpointError } from '../errors.ts';
import { aDevice, anEnv, optionsWithEnv, someOptions } from '../options/argument-checks.ts';
import { shownObservations } from './shown-observations.ts';
import { checkWeights, openAgent, restoreAgent, saveAgent, storedIn, type SavedParts } from './saved-agent.ts';
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

/** What an agent is made of, each part named once; how it acts, is saved, restored and freed follows from that. */
export interface AgentParts extends SavedParts {
  readonly policy: Policy;
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
    // First, since people of other libraries give a policy here, and the environment behind it.
    checkArguments(kind.name, { env }, { env: anEnv });
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

  /** What acts, and in which environment: `actGraph` makes a graph of it. */
  get acting(): { readonly policy: Policy; readonly env: VectorEnv } {
    return { policy: this.parts.policy, env: this.env };
  }

  /** How training goes on in an agent that was loaded; undefined where it was not. */
  get resumed(): Resumption | undefined {
    return this.training.resumed;
  }

  /** Trains up to `steps` environment steps, or for `moreSteps`, rounded up to the algorithm's rounds; yields after each of these. */
  *learn(options: LearnOptions | LearnMoreOptions): Generator<Progress, void, void> {
    const totalSteps = learnSteps(options, this.step);
    this.training.begin(totalSteps);
    for (const progress of this.train(totalSteps)) {
      // Not after each update: the next one shows what weights are.
      if (progress.step >= totalSteps) this.checkWeights();
      yield progress;
    }
  }

  /** Throws `DivergenceError` where weights are not finite. */
  protected checkWeights(): void {
    checkWeights(this, this.parts);
  }

  /** Throws `DivergenceError` where weights are not finite: such an agent is of no use. */
  checkpoint(options?: CheckpointOptions): Checkpoint {
    return saveAgent(this, this.training, this.saved, options);
  }

  private get saved(): SavedParts {
    const { random, parts } = this;
    return { ...parts, state: { random, ...parts.state } };
  }

  /**
   * The agent that was saved, ready to act, without an `env` on observations as they are before its wrappers normalize them; with one, to go on learning too,
   * as `resumed` says: exactly as if it had not been interrupted in as many copies of an environment that has `getState` and `setState`, else with new
   * episodes. What `options` give replaces what it was made with.
   * @throws RangeError for an unknown option or a wrong one.
   * @throws CheckpointError when the checkpoint is another algorithm's or incomplete, the environment's state or spaces do not fit, an option would give
   *   weights other shapes, or one that was a function, such as networks of one's own, is not given again.
   * @throws SafetensorsError when the weights are corrupt.
   */
  static load<T extends BaseAgent>(this: AgentClass<T>, checkpoint: Checkpoint, options: LoadOptions<T> = {}): T {
    checkArguments('load', { options }, { options: optionsWithEnv });
    const { env, ...given } = options;
    const saved = openAgent(checkpoint, this.algorithm, env, given);
    const agent = new this(saved.env, saved.options as Partial<T['options']> & DeviceOption);
    restoreAgent(agent, agent.training, agent.saved, checkpoint);
    return agent;
  }

  /** {@link BaseAgent.load} with an environment. */
  static restore<T extends BaseAgent>(
    this: AgentClass<T>,
    checkpoint: Checkpoint,
    env: Env | VectorEnv,
    options: Partial<T['options']> & DeviceOption = {},
  ): T {
    checkArguments('restore', { env }, { env: anEnv });
    return BaseAgent.load.call<AgentClass<T>, [Checkpoint, LoadOptions<T>], T>(this, checkpoint, { ...options, env });
  }

  dispose(): void {
    for (const each of this.parts.programs ?? []) each?.dispose();
    for (const [, parameters] of storedIn(this.parts)) disposeParameters(parameters);
  }
}

/** What {@link loadAgent} is given: an environment to go on learning in, a device, and options of the algorithm that is found, such as `networks` of one's own. */
export type LoadAgentOptions = DeviceOption & { readonly env?: Env | VectorEnv | undefined } & Readonly<
    Record<string, unknown>
  >;

/**
 * The agent that was saved, whichever of these classes it is of; see {@link BaseAgent.load}: `loadAgent(checkpoint, [Ppo, Dqn])`.
 * @throws RangeError for an option that the class does not have, or a wrong one.
 * @throws CheckpointError where none of them has the checkpoint's algorithm, and as `load` does.
 */
export function loadAgent(
  checkpoint: Checkpoint,
  classes: readonly LoadableAgent[],
  options: LoadAgentOptions = {},
): Agent {
  checkArguments('loadAgent', { classes, options }, { classes: someClasses, options: optionsWithEnv });
  checkCheckpoint(checkpoint);
  const found = classes.find(({ algorithm }) => [algorithm].flat().includes(checkpoint.algorithm));
  if (found !== undefined) return found.load(checkpoint, options);
  const names = classes
    .flatMap(({ algorithm }) => algorithm)
    .map((name) => `'${name}'`)
    .join(', ');
  throw new CheckpointError(`checkpoint: expected one of the algorithms ${names}, got '${checkpoint.algorithm}'`);
}

const someClasses: OptionCheck = {
  expected: 'a list of classes of agents (with algorithm and load)',
  accepts: (value) => Array.isArray(value) && value.every(isLoadable),
};

function isLoadable(value: unknown): boolean {
  const { algorithm, load } = (value ?? {}) as { readonly algorithm?: unknown; readonly load?: unknown };
  return typeof load === 'function' && [algorithm].flat().every((name) => typeof name === 'string');
}

/** A class whose agents {@link loadAgent} can load. */
export interface LoadableAgent {
  /** The algorithm of the checkpoints that it can load, or several. */
  readonly algorithm: string | readonly string[];
  load(checkpoint: Checkpoint, options?: LoadAgentOptions): Agent;
}
