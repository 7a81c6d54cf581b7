import { optional, positiveInteger, type Env, type VectorEnv } from '@gradus/core';
import { NStepWindow } from './n-step-window.ts';
import { nextStateValue, predict, type PredictionOptions } from './predict.ts';

/** What TD prediction may be told. By default α = 0.1. */
export interface TemporalDifferencePredictionOptions extends PredictionOptions {
  /** n, the rewards in a target, of which fewer are left at the end of an episode. Default 1: TD(0). */
  readonly nSteps?: number | undefined;
}

/**
 * The values of a policy [numStates × numActions] by n-step TD (Sutton and Barto, 2018, §7.1; S2.1, S2.4), [numStates]: for the state of n
 * steps ago
 *
 *     G = r₀ + γ r₁ + … + γⁿ⁻¹ rₙ₋₁ + γⁿ v(sₙ),   v(s₀) ← v(s₀) + α [G − v(s₀)]
 *
 * which for n = 1 is TD(0) (Sutton, 1988): v(s) ← v(s) + α [r + γ v(s′) − v(s)]. Episodes that were cut off are bootstrapped from their last
 * state. Throws as {@link monteCarloPrediction} does.
 */
export function temporalDifferencePrediction(
  env: Env | VectorEnv,
  policy: Float64Array,
  options: TemporalDifferencePredictionOptions,
): Float64Array {
  return predict(env, policy, options, {
    subject: 'temporalDifferencePrediction',
    alpha: 0.1,
    checks: { nSteps: optional(positiveInteger) },
    learner: (prediction) => {
      const { world, table } = prediction;
      const window = new NStepWindow(options.nSteps ?? 1, options.gamma);
      const nextValue = (): number => nextStateValue(prediction);
      const learnReturn = (state: number, value: number): void => {
        table.moveTowards(state, value, prediction.progress);
      };
      return () => window.add(world.state, world, nextValue, learnReturn);
    },
  });
}
