import * as t from '@gradus/tensor';
import { huber } from './huber.ts';
import type { ValueHead } from './value-head.ts';

/**
 * One output for each action, its expected return (Mnih et al., 2015): the loss of y = r + discount · q(s′, a′; w⁻) is (y − q(s, a; w))²,
 * or its Huber version. Errors are |y − q|.
 */
export function expectedValues(loss: 'squared' | 'huber'): ValueHead {
  return {
    outputs: 1,
    values: (outputs) => t.squeeze(outputs),
    compare: (prediction, next, rewards, discounts) => {
      const y = t.add(rewards, t.mul(discounts, t.squeeze(next)));
      const error = t.sub(y, t.squeeze(prediction));
      return { losses: loss === 'squared' ? t.square(error) : huber(error), errors: t.abs(error) };
    },
  };
}
