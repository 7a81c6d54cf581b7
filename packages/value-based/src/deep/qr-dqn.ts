import * as t from '@gradus/tensor';
import type { QuantileDistribution } from './distribution.ts';
import type { DqnOptions } from './dqn-options.ts';
import { huber } from './huber.ts';
import type { ValueHead } from './value-head.ts';

/** QR-DQN's options where they differ from `dqnDefaults`; those of the paper and of SB3-Contrib. */
export const qrDqnDefaults: Partial<DqnOptions> = {
  distribution: { kind: 'quantile', quantiles: 200 },
  learningRate: 5e-5,
  adamEpsilon: 0.01 / 32,
  maxGradNorm: null,
};

/**
 * Quantile regression DQN (Dabney et al., 2018): the outputs of an action are the quantiles θᵢ of its return at τ̂ᵢ = (2i + 1) / 2n, and q is their
 * mean. With errors uᵢⱼ = r + discount · θ′ⱼ − θᵢ the loss is
 *
 *     Σᵢ (1/n) Σⱼ |τ̂ᵢ − [uᵢⱼ < 0]| H(uᵢⱼ),   H = Huber's loss with κ = 1.
 *
 * Errors are the same: what is minimized is what is prioritized, as in Rainbow.
 */
export function qrDqn({ quantiles: n }: QuantileDistribution): ValueHead {
  return {
    outputs: n,
    values: (outputs) => t.mean(outputs, { axis: -1 }),
    compare: (prediction, next, rewards, discounts) => {
      const returns = t.add(t.expandDims(rewards, 1), t.mul(t.expandDims(discounts, 1), next));
      // [rows × n × n]: predictions down, returns across.
      const error = t.sub(t.expandDims(returns, 1), t.expandDims(prediction, 2));
      const levels = t.constant(
        [n, 1],
        Float32Array.from({ length: n }, (_, i) => (2 * i + 1) / (2 * n)),
      );
      const weight = t.abs(t.sub(levels, t.cast(t.less(error, 0), 'float32')));
      const losses = t.mul(t.sum(t.mul(weight, huber(error)), { axis: [1, 2] }), 1 / n);
      return { losses, errors: losses };
    },
  };
}
