import { Box, checkValue, numbersOf, stepEnv, type Env, type SpaceValue } from '@gradus/core';
import { realBoxOf } from './box-of.ts';
import { checkOne, wrapEnv } from './wrap-env.ts';

/**
 * Gymnasium's `RescaleAction`: takes actions from `minAction` to `maxAction` (one number for all elements, or one for each), and hands
 * a ↦ low + (high − low) (a − min) / (max − min) to `env`. What lies outside is not clipped.
 * Throws `RangeError` unless the actions of `env` are in a float32 `Box` with finite bounds, and min < max.
 */
export function rescaleAction(env: Env, minAction: SpaceValue, maxAction: SpaceValue): Env {
  checkOne('rescaleAction', env);
  const { low, high, shape } = realBoxOf('rescaleAction: actionSpace', env.actionSpace);
  const actionSpace = new Box(minAction, maxAction, shape);
  const { low: min, high: max } = actionSpace;
  low.forEach((_, i) => {
    if (!Number.isFinite(high[i] - low[i])) {
      throw new RangeError(
        `rescaleAction: expected an action space with finite bounds, got ${env.actionSpace.toString()}`,
      );
    }
    if (!(max[i] - min[i] > 0 && Number.isFinite(max[i] - min[i]))) {
      throw new RangeError(
        `rescaleAction: expected finite minAction < maxAction, got ${min[i]} and ${max[i]} at [${i}]`,
      );
    }
  });
  return wrapEnv(env, {
    actionSpace,
    step(action) {
      checkValue('action', actionSpace, action);
      const rescale = (value: number, i: number): number =>
        low[i] + (high[i] - low[i]) * ((value - min[i]) / (max[i] - min[i]));
      return stepEnv(env, Float32Array.from(numbersOf(actionSpace, action), rescale));
    },
  });
}
