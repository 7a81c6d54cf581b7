import {
  CheckpointError,
  EnvError,
  NumpyRandom,
  anObject,
  checkOptions,
  checkRenderContext,
  checkValue,
  naturalNumber,
  numbersOf,
  optional,
  readState,
  type Env,
  type RandomSource,
  type RenderContext,
  type RenderFormat,
  type ResetOptions,
  type ResetResult,
  type Space,
  type SpaceValue,
  type StateDict,
  type Stateful,
  type StepResult,
} from '@gradus/core';

/** An environment whose state lies within a physics engine, from which it cannot be taken out. */
export interface Simulation {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  /** Steps after which an episode is truncated. */
  readonly maxEpisodeSteps: number;
  readonly renderFormat: RenderFormat;
  /** A new episode in a world of its own. All that is random comes from `random`. */
  begin(random: RandomSource): SimulatedEpisode;
}

/** What happens in one world. The same actions lead to the same bits. */
export interface SimulatedEpisode {
  /** Takes a step with a valid action; boxes' are clipped by the episode. */
  step(action: readonly number[]): { readonly reward: number; readonly terminated: boolean };
  /** A new array. */
  observe(): Float32Array;
  render(context: RenderContext): void;
}

/**
 * The environment that plays `simulation`. `getState` is the random stream as it was when the episode began and the actions since; `setState` plays them
 * again, which gives the same bits and takes as long as it took the first time.
 */
export function envFromSimulation(simulation: Simulation): Env<SpaceValue> & Stateful {
  return new SimulatedEnv(simulation);
}

class SimulatedEnv implements Env<SpaceValue>, Stateful {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly maxEpisodeSteps?: number;
  readonly renderFormat: RenderFormat;
  private readonly simulation: Simulation;
  private readonly limit: number;
  private random: NumpyRandom | undefined;
  private randomAtReset: StateDict = {};
  private episode: SimulatedEpisode | undefined;
  private actions: number[] = [];
  private steps = 0;
  private isOver = false;

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    this.observationSpace = simulation.observationSpace;
    this.actionSpace = simulation.actionSpace;
    this.renderFormat = simulation.renderFormat;
    this.limit = simulation.maxEpisodeSteps;
    if (this.limit < Infinity) this.maxEpisodeSteps = this.limit;
  }

  reset(options: ResetOptions = {}): ResetResult<SpaceValue> {
    checkOptions('reset', options, { seed: optional(naturalNumber), options: optional(anObject) });
    if (options.seed !== undefined) this.random = new NumpyRandom(options.seed);
    this.random ??= new NumpyRandom();
    return { observation: this.begin(this.random).observe() };
  }

  step(action: SpaceValue): StepResult<SpaceValue> {
    const { episode } = this;
    if (!episode || this.isOver) {
      throw new EnvError('step: the episode is over or was never begun, expected a call of reset first');
    }
    checkValue('action', this.actionSpace, action);
    const { reward, terminated } = this.advance(episode, Array.from(numbersOf(this.actionSpace, action)));
    const truncated = this.steps >= this.limit;
    this.isOver = terminated || truncated;
    return { observation: episode.observe(), reward, terminated, truncated };
  }

  render(context: RenderContext): void {
    checkRenderContext(context);
    if (!this.episode) throw new EnvError('render: no episode was begun, expected a call of reset first');
    this.episode.render(context);
  }

  getState(): StateDict {
    if (!this.episode) throw new EnvError('getState: there is no state before the first reset');
    return { randomAtReset: this.randomAtReset, actions: Float64Array.from(this.actions), isOver: this.isOver };
  }

  setState(state: StateDict): void {
    const random = new NumpyRandom();
    random.setState(readState(state, 'randomAtReset'));
    const { actions, isOver } = state;
    const actionSize = this.actionSpace.size;
    if (!(actions instanceof Float64Array) || actions.length % actionSize !== 0) {
      throw new CheckpointError(`state 'actions': expected a Float64Array with ${actionSize} numbers for each step`);
    }
    if (typeof isOver !== 'boolean') throw new CheckpointError("state 'isOver': expected true or false");
    this.random = random;
    const episode = this.begin(random);
    for (let i = 0; i < actions.length; i += actionSize)
      this.advance(episode, Array.from(actions.subarray(i, i + actionSize)));
    this.isOver = isOver;
  }

  private begin(random: NumpyRandom): SimulatedEpisode {
    this.randomAtReset = random.getState();
    this.actions = [];
    this.steps = 0;
    this.isOver = false;
    this.episode = this.simulation.begin(random);
    return this.episode;
  }

  private advance(episode: SimulatedEpisode, action: readonly number[]): ReturnType<SimulatedEpisode['step']> {
    this.actions.push(...action);
    this.steps++;
    return episode.step(action);
  }
}
