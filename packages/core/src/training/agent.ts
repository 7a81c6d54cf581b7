import type { Device } from '@gradus/tensor';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { EnvStatistics } from '../environments/env.ts';
import type { Resumption } from './training-env.ts';
import type { Progress } from './progress.ts';
import type { ActionArray, Observation, SpaceValue } from '../spaces/spaces.ts';

/** How to act. */
export interface ActOptions {
  /** Take the policy's best action instead of a sample (or of an exploring one). Default true. */
  readonly deterministic?: boolean | undefined;
  /**
   * Which actions are legal, 1 or else 0, [n × number of actions], as the environment's masks say: agents that know masks choose among
   * these alone, and throw `RangeError` for a row without any. Default: all are.
   */
  readonly actionMasks?: Uint8Array | undefined;
  /**
   * Which observations are the first of an episode, 1 or else 0, [n]: there, policies that remember forget what they saw. They remember
   * by row, for each number of observations that they are shown. Default: none is.
   */
  readonly episodeStarts?: Uint8Array | undefined;
  /**
   * Whether observations have passed through wrappers such as those that the agent was trained behind (`normalizeObservation` of `@gradus/envs`); if not, it normalizes them by what these have
   * learned. Default: as those of the environment that it has, and not where it was loaded without one.
   */
  readonly isNormalized?: boolean | undefined;
}

/** Something that chooses actions: a trained agent, or 3 lines in a test. */
export interface Policy {
  /** The action for one observation. */
  act(observation: Observation, options?: ActOptions): SpaceValue;
  /** Writes the actions for `observations`, [n × observation size], into `actions`, [n × action size]: the fast way for many. */
  actBatch?(observations: Float32Array, actions: ActionArray, options?: ActOptions): void;
  /** Those of the environment that it was trained in, if that is known: an evaluation in another takes them over. */
  readonly statistics?: EnvStatistics | undefined;
}

/** How long to learn. */
export interface LearnOptions {
  /**
   * Environment steps, over all copies and counted from the agent's first, at which training stops: an agent that was saved
   * at step 30,000 and is asked for 50,000 takes 20,000 more.
   */
  readonly steps: number;
}

/** How long to learn, counted from now. */
export interface LearnMoreOptions {
  /** Environment steps, over all copies, that are taken besides those already done. */
  readonly moreSteps: number;
}

/** Where an agent's programs run. */
export interface DeviceOption {
  /** Default: `defaultDevice()` of `@gradus/tensor`. */
  readonly device?: Device | undefined;
}

/** What to leave out of a checkpoint. */
export interface CheckpointOptions {
  /**
   * Whether the transitions in a replay buffer are saved, which may be most of it. Without them the agent acts as before, and goes on
   * learning with an empty buffer. Default true.
   */
  readonly saveReplay?: boolean | undefined;
}

/** What learns step by step, and can be saved and freed: an agent, or whoever trains a language model. */
export interface Learner {
  /** Name of the algorithm, such as `ppo`. */
  readonly algorithm: string;
  /** What it was made with. */
  readonly options?: object | undefined;
  /** Steps done so far: those of an environment, or whatever else it is that it learns from. */
  readonly step: number;
  /** Trains, and yields after each update; between two yields the caller may stop, save or look. */
  learn(
    options: LearnOptions | LearnMoreOptions,
  ): Generator<Progress, void, void> | AsyncGenerator<Progress, void, void>;
  /** Everything needed to go on learning exactly as if it had not been interrupted. */
  checkpoint(options?: CheckpointOptions): Checkpoint;
  /** Frees the memory that it holds. */
  dispose(): void;
}

/** The face that all algorithms share. */
export interface Agent extends Policy, Learner {
  /** What it was made with. Where there is a seed among it, `periodicEvaluation` chooses its episodes by that. */
  readonly options?: { readonly seed?: number | undefined } | undefined;
  /** Environment steps done so far. */
  readonly step: number;
  /** How training goes on, where the agent was loaded. */
  readonly resumed?: Resumption | undefined;
  /** Trains, and yields after each update; between two yields the caller may stop, save, draw or evaluate. */
  learn(options: LearnOptions | LearnMoreOptions): Generator<Progress, void, void>;
  /** Everything needed to act and to go on learning exactly as if it had not been interrupted. */
  checkpoint(options?: CheckpointOptions): Checkpoint;
  /** Frees the memory of its networks. */
  dispose(): void;
}
