import { checkArguments, checkOptions, finiteNumber, naturalNumber, optional, positiveInteger } from '@gradus/tensor';
import { text } from '../options/argument-checks.ts';
import { readNumber, type Stateful } from '../checkpoints/state.ts';
import type { Learner } from './agent.ts';
import type { Callback } from './train.ts';

/** The metric of `periodicEvaluation` that says how good the agent is. */
const MEAN_RETURN = 'eval/mean_return';

/**
 * Ends training when the mean return of an evaluation reaches `threshold` (StopTrainingOnRewardThreshold of Stable-Baselines3);
 * stands after `periodicEvaluation`. With `metric` it watches another one, such as `rollout/episode_return`, the mean of the last
 * 100 training episodes, which needs no evaluation. Says on the console, at the end, if its metric never was there. Throws `RangeError` unless the threshold is finite.
 */
export function stopOnReturn(threshold: number, metric: string = MEAN_RETURN): Callback<Learner> {
  checkArguments('stopOnReturn', { threshold, metric }, { threshold: finiteNumber, metric: text });
  let isThere = false;
  return {
    onProgress({ metrics }, training) {
      const { recorded } = training;
      isThere ||= Object.hasOwn(recorded, metric) || Object.hasOwn(metrics, metric);
      const value = recorded[metric] ?? metrics[metric] ?? NaN;
      if (value >= threshold) training.stop(`${metric} is ${value}, which is at least ${threshold}`);
    },
    onEnd({ progress, error }) {
      if (isThere || progress === undefined || error !== undefined) return;
      console.warn(
        `stopOnReturn: there was no ${metric}; what callbacks record is there for those that stand after them`,
      );
    },
  };
}

/** When to give up. */
export interface StopOnNoImprovementOptions {
  /** Evaluations in a row without a new best mean return after which training ends. */
  readonly evaluations: number;
  /** The first evaluations, which do not count; 0 by default. */
  readonly minEvaluations?: number | undefined;
}

/**
 * Ends training when evaluations have long brought no new best mean return; stands after `periodicEvaluation`. As
 * StopTrainingOnNoModelImprovement of Stable-Baselines3, which bears one evaluation more before it stops. Its count is part of
 * `Training.checkpoint`. Throws `RangeError` for options out of range.
 */
export function stopOnNoImprovement(options: StopOnNoImprovementOptions): Callback<Learner> & Stateful {
  checkOptions('stopOnNoImprovement', options, {
    evaluations: positiveInteger,
    minEvaluations: optional(naturalNumber),
  });
  const { evaluations, minEvaluations = 0 } = options;
  checkArguments('stopOnNoImprovement', { evaluations }, { evaluations: positiveInteger });
  let best = -Infinity;
  let seen = 0;
  let withoutImprovement = 0;
  return {
    onProgress(_, training) {
      if (!Object.hasOwn(training.recorded, MEAN_RETURN)) return;
      const meanReturn = training.recorded[MEAN_RETURN];
      seen++;
      if (meanReturn > best) {
        best = meanReturn;
        withoutImprovement = 0;
      } else if (seen > minEvaluations) withoutImprovement++;
      if (withoutImprovement >= evaluations) {
        training.stop(`no evaluation of the last ${evaluations} was better than ${best}`);
      }
    },
    getState: () => ({ best, seen, withoutImprovement }),
    setState: (state) => {
      best = readNumber(state, 'best');
      seen = readNumber(state, 'seen');
      withoutImprovement = readNumber(state, 'withoutImprovement');
    },
  };
}
