import { valueText } from '@gradus/tensor';
import { checkReward, checkStep } from './check-float32.ts';
import { checkFlags, checkRows } from './check-rows.ts';
import { checkValue, findOutside } from './check-values.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from './env.ts';
import { EnvError } from '../errors.ts';
import type { ActionArray, Observation, SpaceValue } from '../spaces/spaces.ts';
import type { VectorEnv } from './vector-env.ts';

/**
 * `env.reset(options)`, checked: whoever plays in an environment of someone else's calls this. Throws `EnvError` that names `name` and
 * what came, for a promise, for anything but `{ observation }`, and for an observation that `checkValue` refuses.
 */
export function resetEnv(env: Env, options: ResetOptions = {}, name = 'the environment'): ResetResult {
  const result: unknown = env.reset(options);
  const { observation } = membersOf(result, `reset of ${name}`, '{ observation }');
  checkValue(`observation of ${name}`, env.observationSpace, observation as Observation);
  return result as ResetResult;
}

/**
 * `env.step(action)`, checked likewise: the action before, and then the observation, rewards that are finite numbers and two flags
 * that are booleans. An environment that still says `done` is told of the two that took its place.
 */
export function stepEnv(env: Env, action: SpaceValue, name = 'the environment'): StepResult {
  checkValue(`action of ${name}`, env.actionSpace, action);
  const result: unknown = env.step(action);
  const members = membersOf(result, `step of ${name}`, '{ observation, reward, terminated, truncated }');
  const { observation, reward, unwrappedReward, terminated, truncated } = members;
  if (typeof terminated !== 'boolean' || typeof truncated !== 'boolean') {
    const advice =
      'done' in members ? '; `done` is `terminated`, or `truncated` where a time limit cut the episode off' : '';
    throw new EnvError(
      `terminated and truncated of ${name} are ${String(terminated)} and ${String(truncated)}, expected booleans${advice}`,
    );
  }
  checkReward(`reward of ${name}`, reward);
  if (unwrappedReward !== undefined) checkReward(`unwrappedReward of ${name}`, unwrappedReward);
  checkValue(`observation of ${name}`, env.observationSpace, observation as Observation);
  return result as StepResult;
}

const numberForEach = ['rewards', 'terminated', 'truncated', 'episodeReturns', 'episodeLengths'] as const;

/**
 * `env.step(actions)`, of which rewards, returns, flags and observations are checked. Throws `EnvError` for a number that is not finite, for a flag other
 * than 0 and 1, and for a promise; `RangeError` for an array that has no longer a row for each copy.
 */
export function stepCopies(env: VectorEnv, actions: ActionArray): void {
  // TypeScript takes an async function for one that returns nothing.
  const step: (each: ActionArray) => unknown = (each) => env.step(each);
  if (step(actions) instanceof Promise) throw asyncError('step of the environments');
  if (!isStepOf(env)) checkArrays(env);
  checkStep(env);
  const { observationSpace, observations, episodeReturns } = env;
  const outside = observationSpace.kind === 'box' ? undefined : findOutside(observationSpace, observations);
  if (outside !== undefined) throw new EnvError(`observation of environment ${outside.row} ${outside.problem}`);
  for (let i = 0; i < episodeReturns.length; i++) {
    const total: unknown = episodeReturns[i];
    // x − x is 0 for every finite x and NaN otherwise, and 0 for text of a number, too.
    if (typeof total === 'number' && total - total === 0) continue;
    throw new EnvError(`episodeReturns of environment ${i} is ${valueText(total)}, expected a finite number`);
  }
}

/** Whether {@link checkArrays} would find nothing wrong, at a fraction of its time, which is a third of a step in small worlds. */
function isStepOf(env: VectorEnv): boolean {
  const { numEnvs, terminated, truncated } = env;
  const size = numEnvs * env.observationSpace.size;
  if (!isRows(env.observations, size) || !isRows(env.finalObservations, size)) return false;
  if (!isRows(env.rewards, numEnvs) || !isRows(terminated, numEnvs) || !isRows(truncated, numEnvs)) return false;
  if (!isRows(env.episodeReturns, numEnvs) || !isRows(env.episodeLengths, numEnvs)) return false;
  for (let i = 0; i < numEnvs; i++) if (!isFlag(terminated[i]) || !isFlag(truncated[i])) return false;
  return true;
}

function isRows(array: unknown, length: number): boolean {
  return typeof array === 'object' && (array as ArrayLike<number> | null)?.length === length;
}

function isFlag(flag: unknown): boolean {
  return flag === 0 || flag === 1;
}

function checkArrays(env: VectorEnv): void {
  const { numEnvs, observationSpace } = env;
  checkRows('observations', env.observations, numEnvs, observationSpace.size);
  checkRows('finalObservations', env.finalObservations, numEnvs, observationSpace.size);
  for (const name of numberForEach) checkRows(name, env[name], numEnvs, 1);
  checkFlags('terminated', env.terminated);
  checkFlags('truncated', env.truncated);
}

function membersOf(result: unknown, what: string, expected: string): Readonly<Record<string, unknown>> {
  if (result instanceof Promise) throw asyncError(what);
  if (typeof result !== 'object' || result === null || Array.isArray(result) || ArrayBuffer.isView(result)) {
    const got = typeof result === 'object' && result !== null ? result.constructor.name : String(result);
    throw new EnvError(`${what} returned ${got}, expected ${expected}`);
  }
  return result as Readonly<Record<string, unknown>>;
}

function asyncError(what: string): EnvError {
  return new EnvError(`${what} returned a Promise, expected a result at once: it must not be async`);
}
