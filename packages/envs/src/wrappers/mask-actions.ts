import {
  EnvError,
  aFunction,
  actionCounts,
  actionMaskSize,
  checkArguments,
  leavesAction,
  resetEnv,
  restoreArray,
  stepEnv,
  type Env,
  type Observation,
} from '@gradus/core';
import { checkOne, wrapEnv } from './wrap-env.ts';

/**
 * Gives `env` an `actionMask` that depends on what it shows: `mask(observation)` says of each action whether it makes sense there, 1 or
 * true, or else 0 or false; of `MultiDiscrete` actions it says so of each choice of each element. As every mask it is advice for agents:
 * `env` still takes any action.
 * Throws `RangeError` for actions of a `Box`; its `reset` and `step` throw `EnvError` for a mask of another length or with other
 * numbers, and for one that leaves no action, unless the episode is over.
 */
export function maskActions(env: Env, mask: (observation: Observation) => ArrayLike<number | boolean>): Env {
  checkOne('maskActions', env);
  checkArguments('maskActions', { mask }, { mask: aFunction });
  const counts = actionCounts(env.actionSpace);
  const current = new Uint8Array(actionMaskSize(env.actionSpace)).fill(1);
  const update = (observation: Observation, ended: boolean): void => {
    const next = Array.from(mask(observation), Number);
    const fits = next.length === current.length && next.every((entry) => entry === 0 || entry === 1);
    if (!fits || !(ended || leavesAction(next, counts))) {
      const expected = `expected ${current.length} zeros and ones${ended ? '' : ` with at least one 1${counts.length > 1 ? ' for each element' : ''}`}`;
      throw new EnvError(`action mask is [${next.join(', ')}], ${expected}`);
    }
    current.set(next);
  };
  return wrapEnv(
    env,
    {
      reset(options) {
        const result = resetEnv(env, options);
        update(result.observation, false);
        return result;
      },
      step(action) {
        const result = stepEnv(env, action);
        update(result.observation, result.terminated || result.truncated);
        return result;
      },
      actionMask: () => current.slice(),
    },
    {
      getState: () => ({ mask: current.slice() }),
      setState: (state) => restoreArray(state, 'mask', current),
    },
  );
}
