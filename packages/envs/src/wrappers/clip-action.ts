import { Box, checkValue, numbersOf, stepEnv, type Env } from '@gradus/core';
import { realBoxOf } from './box-of.ts';
import { checkOne, wrapEnv } from './wrap-env.ts';

/**
 * Gymnasium's `ClipAction`: takes any real action, and hands a ↦ min(max(a, low), high) to `env`. The action space becomes unbounded.
 * Throws `RangeError` unless the actions of `env` are in a float32 `Box`.
 */
export function clipAction(env: Env): Env {
  checkOne('clipAction', env);
  const { low, high, shape } = realBoxOf('clipAction: actionSpace', env.actionSpace);
  const actionSpace = new Box(-Infinity, Infinity, shape);
  return wrapEnv(env, {
    actionSpace,
    step(action) {
      checkValue('action', actionSpace, action);
      return stepEnv(
        env,
        Float32Array.from(numbersOf(env.actionSpace, action), (value, i) => Math.min(Math.max(value, low[i]), high[i])),
      );
    },
  });
}
