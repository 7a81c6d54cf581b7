import type { GoalRules } from './goal-rules.ts';
import type { RenderContext, RenderFormat } from './render-context.ts';
import type { Observation, Space, SpaceValue } from '../spaces/spaces.ts';
import type { StateDict } from '../checkpoints/state.ts';
import type { RunningNormalizer } from '../statistics/running-normalizer.ts';

/** Extra facts about a step that no agent needs, for people and tests. */
export type Info = Readonly<Record<string, unknown>>;

/** What `reset` may be asked for. */
export interface ResetOptions {
  /** Makes this and all following episodes reproducible: a non-negative integer. Without it the random stream goes on. */
  readonly seed?: number | undefined;
  /** Whatever the environment itself understands. */
  readonly options?: Info | undefined;
}

/** What `reset` gives. */
export interface ResetResult<Observed extends Observation = Observation> {
  readonly observation: Observed;
  readonly info?: Info;
}

/** What `step` gives. */
export interface StepResult<Observed extends Observation = Observation> {
  readonly observation: Observed;
  readonly reward: number;
  /** Where a wrapper has changed `reward`: that of the environment itself, of which returns are reported. */
  readonly unwrappedReward?: number | undefined;
  /** The task itself ended: the value of what follows is zero. */
  readonly terminated: boolean;
  /** The episode was cut off, by a time limit for instance: what would have followed still has a value. */
  readonly truncated: boolean;
  readonly info?: Info;
}

/**
 * What wrappers have learned of the numbers that pass through them, by name; of each one that all copies share, or one for each copy. `observation` is what
 * observations are normalized by, row after row; those that another wrapper has changed since are called `inner observation` instead (see
 * `innerStatistics`). Other names, such as `reward`, are up to the wrapper.
 */
export type EnvStatistics = Readonly<Record<string, readonly RunningNormalizer[]>>;

/**
 * One environment, with Gymnasium's contract (Towers et al., 2024): call `reset`, then `step` until `terminated` or
 * `truncated`, then `reset` again. Two spaces, `reset` and `step` are all that is needed.
 *
 * An observation in a `Box` is a flat Float32Array or number[]; in a `Discrete` it is a number; in a `Dict` it may be
 * `{ position: [0.5, 1], goal: 2 }`.
 */
export interface Env<Observed extends Observation = Observation, Action extends SpaceValue = SpaceValue> {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  reset(options?: ResetOptions): ResetResult<Observed>;
  /**
   * Takes an action. Real ones may lie beyond the bounds of their `Box`, as policies draw them: nothing refuses that, and it is the environment that takes them for
   * the nearest ones within, as all of `@gradus/envs` do, or has `clipAction` around it.
   */
  step(action: Action): StepResult<Observed>;
  /**
   * Steps after which it truncates an episode itself; undefined where it never does. Loops over whole episodes trust it, and cut off after 10,000 steps
   * where there is none, unless they are told another number.
   */
  readonly maxEpisodeSteps?: number | undefined;
  /**
   * The statistics of its wrappers. An agent that is trained here saves them as parts of its own, gives them to the environment that it is loaded with, and
   * normalizes by them what it sees where it is loaded without one.
   */
  readonly statistics?: EnvStatistics | undefined;
  /** Frees what the environment holds, if anything. */
  close?(): void;
  /** With `setState`: lets a stopped training resume exactly where it was. Includes the state of the random stream. */
  getState?(): StateDict;
  setState?(state: StateDict): void;
  /**
   * Which actions make sense at the observation that was given last: 1 or else 0 for each action of a `Discrete` space, or for each
   * choice of each element of a `MultiDiscrete` one. It is advice for agents: the environment takes every action of its space.
   */
  actionMask?(): Uint8Array;
  /** What goals mean, where observations hold an `achievedGoal` and a `desiredGoal`: hindsight (`HindsightReplayBuffer`) needs it. */
  readonly goalRules?: GoalRules | undefined;
  /** Size and pace of what `render` draws. An environment has both or neither. */
  readonly renderFormat?: RenderFormat | undefined;
  /** Draws the state it is in over all of (0, 0) to (width, height), and leaves the context as it was. */
  render?(context: RenderContext): void;
}
