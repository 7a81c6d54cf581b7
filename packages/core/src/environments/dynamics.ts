import { checkArguments, optional, positiveInteger } from '@gradus/tensor';
import { aFunction, aSpace, anObject, objectOf, stepLimit } from '../options/argument-checks.ts';
import { NumpyRandom } from '../random/numpy-random.ts';
import type { RandomSource } from '../random/random.ts';
import { someGoalRules, type GoalRules } from './goal-rules.ts';
import type { RenderContext, RenderFormat } from './render-context.ts';
import type { ActionArray, Space } from '../spaces/spaces.ts';
import { restoreArray, type StateDict } from '../checkpoints/state.ts';
import type { TransitionTable } from './transition-table.ts';

/** The state of n copies, one array for each variable: [n × numbers per copy]. */
export type DynamicsState<Name extends string = string> = Readonly<Record<Name, Float64Array>>;

/** Where a step of the dynamics writes: [n]. */
export interface DynamicsOutcome {
  readonly rewards: Float64Array;
  /** 1 where the task ended, else 0. */
  readonly terminated: Uint8Array;
}

/**
 * What an environment is, written once over the state of n copies; `envFromDynamics` makes a single environment of it,
 * `vectorEnvFromDynamics` one of n copies stepped together. Loops over copies stay inside these methods, so that a
 * step costs no call per copy. The dynamics hold no state of their own and know neither seeds, episodes nor time limits.
 *
 *     const walk: Dynamics<'position', Int32Array> = {
 *       observationSpace: new Box(-5, 5, [1]),
 *       actionSpace: new Discrete(2),
 *       variables: { position: 1 },
 *       maxEpisodeSteps: 100,
 *       reset({ position }, i) { position[i] = 0; },
 *       step({ position }, actions, { rewards, terminated }, start, end) {
 *         for (let i = start; i < end; i++) {
 *           position[i] += actions[i] === 1 ? 1 : -1;
 *           rewards[i] = position[i] === 5 ? 1 : 0;
 *           terminated[i] = Math.abs(position[i]) === 5 ? 1 : 0;
 *         }
 *       },
 *       observe({ position }, observations, start, end) {
 *         for (let i = start; i < end; i++) observations[i] = position[i];
 *       },
 *     };
 */
export interface Dynamics<Name extends string = string, Actions extends ActionArray = ActionArray> {
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  /** The state: names of the variables, and how many numbers each has per copy. */
  readonly variables: Readonly<Record<Name, number>>;
  /** Steps after which an episode is truncated; without it never. */
  readonly maxEpisodeSteps?: number | undefined;
  /**
   * Draws the first state of an episode of copy `index`. The variables hold what the episode before has left; before the first one, and after
   * a seed, they are 0.
   */
  reset(state: DynamicsState<Name>, index: number, random: RandomSource): void;
  /**
   * Advances copies start ≤ i < end by one step and writes their rewards and terminations.
   * `actions`: [n × action size]; discrete ones are in their space and others finite, but maybe outside their bounds.
   * `randoms`: [n], each copy's own random stream.
   */
  step(
    state: DynamicsState<Name>,
    actions: Actions,
    outcome: DynamicsOutcome,
    start: number,
    end: number,
    randoms: readonly RandomSource[],
  ): void;
  /** Writes the observations of copies start ≤ i < end into `observations`, [n × observation size], each in its own row. */
  observe(state: DynamicsState<Name>, observations: Float32Array, start: number, end: number): void;
  /**
   * Writes which actions make sense, 1 or else 0, for copies start ≤ i < end into `masks`, [n × number of actions], each in its own
   * row; for a `MultiDiscrete` action space the choices of one element after those of the other. None for a `Box`.
   */
  writeActionMasks?(state: DynamicsState<Name>, masks: Uint8Array, start: number, end: number): void;
  /** Where the environment is finite: all that can happen, for planning. Its states are the observations, unless it says otherwise. */
  readonly transitions?: TransitionTable | undefined;
  /** As `Env.goalRules`. */
  readonly goalRules?: GoalRules | undefined;
  /** Size and pace of what `render` draws. Dynamics have both or neither. */
  readonly renderFormat?: RenderFormat | undefined;
  /** Draws copy `index` over all of (0, 0) to (width, height), and leaves the context as it was. */
  render?(state: DynamicsState<Name>, index: number, context: RenderContext): void;
}

const dynamicsCheck = objectOf('dynamics (with observationSpace, actionSpace, variables, reset, step and observe)', {
  observationSpace: aSpace,
  actionSpace: aSpace,
  variables: anObject,
  reset: aFunction,
  step: aFunction,
  observe: aFunction,
  maxEpisodeSteps: optional(stepLimit),
  goalRules: optional(someGoalRules),
});

/** Throws `RangeError` for what cannot be dynamics. */
export function checkDynamics(subject: string, dynamics: Dynamics): void {
  checkArguments(subject, { dynamics }, { dynamics: dynamicsCheck });
  checkArguments(
    subject,
    dynamics.variables,
    mapValues(dynamics.variables, () => positiveInteger),
  );
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** Zeroed state for `n` copies. */
export function createState<Name extends string>(
  dynamics: Pick<Dynamics<Name>, 'variables'>,
  n: number,
): DynamicsState<Name> {
  const arrays: Partial<Record<Name, Float64Array>> = {};
  for (const name of Object.keys(dynamics.variables) as Name[]) {
    arrays[name] = new Float64Array(n * dynamics.variables[name]);
  }
  return arrays as DynamicsState<Name>;
}

/** Sets all of the state to 0, so that nothing of earlier episodes lasts. */
export function clearState(state: DynamicsState): void {
  for (const array of Object.values(state)) array.fill(0);
}

/** Puts back the state that a snapshot holds. Throws `CheckpointError` where it does not fit. */
export function restoreDynamicsState(target: DynamicsState, snapshot: StateDict): void {
  for (const [name, array] of Object.entries(target)) restoreArray(snapshot, name, array);
}

/** A copy of the state that later steps do not touch. */
export function snapshotDynamicsState(state: DynamicsState): StateDict {
  return Object.fromEntries(Object.entries(state).map(([name, array]) => [name, array.slice()]));
}

/** Choices of each element of an action, 1 element if it is `Discrete`. Throws `RangeError` for a `Box`. */
export function actionCounts(space: Space): readonly number[] {
  checkArguments('action masks', { space }, { space: aSpace });
  if (space.kind === 'discrete') return [space.n];
  if (space.kind === 'multi-discrete') return space.counts;
  throw new RangeError(`action masks: expected Discrete or MultiDiscrete actions, got ${space.toString()}`);
}

/** Numbers in an action mask: one for each choice of each element. Throws `RangeError` for a `Box`. */
export function actionMaskSize(space: Space): number {
  return actionCounts(space).reduce((total, count) => total + count, 0);
}

/**
 * The random stream of one environment: the one place that says what a seed means. It means what it means in Gymnasium, so
 * `reset({ seed })` leads to the start state, and steps to the chances, that a Python user sees there.
 */
export function createEnvRandom(seed?: number): RandomSource {
  return new NumpyRandom(seed);
}
