import { Box, stepEnv, type Env } from '@gradus/core';
import { boxOf, toNumbers } from './box-of.ts';
import { wrapEnv } from './wrap-env.ts';

/**
 * Gymnasium's `ClipAction`: takes any real action, and hands a ↦ min(max(a, low), high) to `env`. The action space becomes unbounded.
 * Throws `RangeError` unless the actions of `env` are in a `Box`.
 */
export function clipAction(env: Env): Env {
  const { low, high, shape } = boxOf('clipAction: actionSpace', env.actionSpace);
  return wrapEnv(env, {
    actionSpace: new Box(-Infinity, Infinity, shape),
    step(action) {
      return stepEnv(
        env,
        Float32Array.from(toNumbers(action), (value, i) => Math.min(Math.max(value, low[i]), high[i])),
      );
    },
  });
}
