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
  readString,
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
  /** What it is, with all options that decide what actions lead to: states of others do not fit. */
  readonly description: string;
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
    const { description } = this.simulation;
    const { randomAtReset, isOver } = this;
    return { description, randomAtReset, actions: Float64Array.from(this.actions), isOver };
  }

  setState(state: StateDict): void {
    const { description, actionSpace, maxEpisodeSteps } = this.simulation;
    const other = readString(state, 'description');
    if (other !== description) throw new CheckpointError(`state 'description': expected ${description}, got ${other}`);
    const random = new NumpyRandom();
    const randomAtReset = readState(state, 'randomAtReset');
    random.setState(randomAtReset);
    const { actions, isOver } = state;
    const { size } = actionSpace;
    if (!(actions instanceof Float64Array) || actions.length % size !== 0) {
      throw new CheckpointError(`state 'actions': expected a Float64Array with ${size} numbers for each step`);
    }
    const steps = actions.length / size;
    if (typeof isOver !== 'boolean') throw new CheckpointError("state 'isOver': expected true or false");
    const played = Array.from({ length: steps }, (_, i) => Array.from(actions.subarray(i * size, (i + 1) * size)));
    for (const action of played) {
      if (!action.every(Number.isFinite) || (actionSpace.kind !== 'box' && !actionSpace.contains(action[0]))) {
        throw new CheckpointError(
          `state 'actions': expected actions of ${actionSpace.toString()}, got ${action.join(', ')}`,
        );
      }
    }
    const episode = this.simulation.begin(random);
    const endedAt = played.findIndex((action) => episode.step(action).terminated) + 1;
    const ends = endedAt > 0 || steps >= maxEpisodeSteps;
    if ((endedAt > 0 && endedAt < steps) || steps > maxEpisodeSteps || ends !== isOver) {
      throw new CheckpointError(
        `state 'actions': expected an episode that ${isOver ? 'ends' : 'has not ended'} after ${steps} steps, it ${ends ? `ends after ${endedAt || maxEpisodeSteps}` : 'does not'}`,
      );
    }
    this.random = random;
    this.randomAtReset = randomAtReset;
    this.episode = episode;
    this.actions = [...actions];
    this.steps = steps;
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
