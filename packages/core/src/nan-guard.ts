import type { Callback } from './train.ts';

/**
 * Ends training with an error where a metric is NaN or infinite: `nanGuard: train/value_loss is NaN at step 4096`. Before the first
 * episode has ended there is no return, and speed is measured by a clock: `rollout/` until then and `time/` are not looked at.
 * Standing after a logger it lets the log show the last metrics.
 */
export function nanGuard(): Callback {
  return {
    onProgress({ step, episodes, metrics }, { recorded }) {
      for (const named of [metrics, recorded]) {
        for (const metric in named) {
          if (Number.isFinite(named[metric])) continue;
          if (metric.startsWith('time/') || (episodes === 0 && metric.startsWith('rollout/'))) continue;
          throw new Error(`nanGuard: ${metric} is ${named[metric]} at step ${step}`);
        }
      }
    },
  };
}
