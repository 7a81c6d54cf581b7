import type { EnvStatistics, Info } from './env.ts';
import type { GoalRules } from './goal-rules.ts';
import type { RenderContext, RenderFormat } from './render-context.ts';
import type { ActionArray, Space } from '../spaces/spaces.ts';
import type { Stateful } from '../checkpoints/state.ts';

/** What the reset of n copies may be asked for. */
export interface VectorResetOptions {
  /**
   * Makes these and all following episodes reproducible. Of one seed each copy i is seeded with `spawnSeed(seed, i)`, also the only one of n = 1, so
   * that copies of different seeds, or of one, never see the same random numbers; a list has each copy's own seed, with which it lives through the
   * episodes of a single environment with that seed: `consecutiveSeeds(seed, n)` is Gymnasium's. Without one, random streams go on.
   */
  readonly seed?: number | readonly number[] | undefined;
  /** Whatever the environment itself understands; every copy gets them. */
  readonly options?: Info | undefined;
}

/** What one step of n environments led to. Rows belong to environments: [n] or [n × observation size]. */
export interface StepOutcome {
  /** What to act on next: where an episode ended, the first observation of the next one. */
  readonly observations: Float32Array;
  /** The last observation of the episode that ended; meaningful only where `terminated` or `truncated` is set. */
  readonly finalObservations: Float32Array;
  readonly rewards: Float64Array;
  /** 1 where the task ended: no bootstrapping from what follows. */
  readonly terminated: Uint8Array;
  /** 1 where the episode was cut off: bootstrap from the value of `finalObservations`. Both flags may be set at once. */
  readonly truncated: Uint8Array;
}

/**
 * n copies of an environment, stepped in one call that writes into the buffers given here; the buffers are the same ones for
 * ever, so copy what must outlive the next call.
 *
 * Autoreset happens within the step that ends an episode (Gymnasium's SAME_STEP): `observations` then holds the first
 * observation of the next episode, `finalObservations` the last one of the episode that ended, so that neither a value
 * estimate nor a replay buffer ever sees a transition across the boundary. Rewards and flags are those of the episode that
 * ended, and the next action is already one of the next episode.
 */
export interface VectorEnv extends StepOutcome, Stateful {
  /** n, the number of copies. */
  readonly numEnvs: number;
  /** The space of one copy's observations. Members are stored as float32, a `Discrete` one as a single number. */
  readonly observationSpace: Space;
  /** The space of one copy's actions. */
  readonly actionSpace: Space;
  /**
   * Sum of the environment's own rewards so far, whatever wrappers have made of them, of the episode that the last step belongs to: its total where that
   * step ended it.
   */
  readonly episodeReturns: Float64Array;
  /** Number of steps so far of the episode that the last step belongs to. */
  readonly episodeLengths: Int32Array;
  /** Where the environment has masks: which actions make sense, 1 or else 0, at `observations`: [n × number of actions]. */
  readonly actionMasks?: Uint8Array | undefined;
  /** As `Env.maxEpisodeSteps`. */
  readonly maxEpisodeSteps?: number | undefined;
  /** As `Env.statistics`. */
  readonly statistics?: EnvStatistics | undefined;
  /** As `Env.goalRules`. */
  readonly goalRules?: GoalRules | undefined;
  /** Where the copies are in threads of their own (`vectorizeInThreads`). Wrappers have none, since nothing passes them that happens there. */
  readonly envThreads?: EnvThreads | undefined;
  /** Starts a new episode in every copy. Throws `RangeError` for numbers that are no seeds, and for a list of seeds of another length than n. */
  reset(options?: VectorResetOptions): void;
  /** Advances every copy by one step. `actions`: [n × action size]. Throws `EnvError` for an action that does not fit. */
  step(actions: ActionArray): void;
  /** Frees what the copies hold, if anything. */
  close(): void;
  /** Size and pace of what `render` draws. An environment has both or neither. */
  readonly renderFormat?: RenderFormat | undefined;
  /**
   * Draws the state that copy `index` is in: where an episode has just ended, the first of the next one.
   * Throws `RangeError` for an index without a copy.
   */
  render?(context: RenderContext, index: number): void;
}

/** Threads that have copies of an environment each, and can do more with them than step when they are told. */
export interface EnvThreads {
  /** Index of the first copy of each thread; it has those up to the next one's. */
  readonly starts: readonly number[];
  /**
   * In every thread at once: imports `module`, an absolute URL, and calls its function `name` with the thread's copies, a `VectorEnv`, and what `argumentOf` gives
   * for it. Waits for all, while copies are stepped and reset as the functions please; what these return, or promise. Arguments and results are what a message
   * can carry, shared memory too. Throws `EnvError`, or the `RangeError` of a function, as `step` does, also where a thread has ended.
   */
  call(module: string, name: string, argumentOf: (thread: number) => unknown): unknown[];
}
