import { checkArguments, fraction, nonNegativeNumber, type OptionCheck } from '@gradus/core';
import { checkConvergence } from './check-convergence.ts';
import { EligibilityTrace } from './eligibility-trace.ts';
import { FeatureStep, dot, someFeatures, type Features } from './features.ts';
import type { PredictionStep, ValuePredictor } from './predict-values.ts';

/**
 * Semi-gradient TD(λ) with an accumulating trace (Sutton and Barto, 2018, §12.2), and the importance ratios of §12.9 and §12.11:
 *
 *     δ = r + γ (1 − terminated) v_w(s′) − v_w(s)
 *     z ← ρ (γ λ z + x(s)),   w ← w + α δ z
 */
export interface LinearTdLambdaOptions {
  /** α, the step size. */
  readonly alpha: number;
  /** γ */
  readonly gamma: number;
  /** λ, from 0 (TD(0)) to 1 (Monte Carlo). */
  readonly lambda: number;
}

const optionChecks: { readonly [Name in keyof LinearTdLambdaOptions]: OptionCheck } = {
  alpha: nonNegativeNumber,
  gamma: fraction,
  lambda: fraction,
};

/** See {@link LinearTdLambdaOptions} for the algorithm. */
export class LinearTdLambda implements ValuePredictor {
  readonly features: Features;
  /** w, [d] */
  readonly weights: Float64Array;
  /** α, which may be changed between steps. */
  alpha: number;
  private readonly options: LinearTdLambdaOptions;
  private readonly trace: EligibilityTrace;
  private readonly step: FeatureStep;

  /** Throws `RangeError` for options out of range. */
  constructor(features: Features, options: LinearTdLambdaOptions) {
    checkArguments('LinearTdLambda', { features }, { features: someFeatures });
    checkArguments<LinearTdLambdaOptions>('LinearTdLambda', options, optionChecks);
    this.features = features;
    this.weights = new Float64Array(features.count);
    this.alpha = options.alpha;
    this.options = options;
    this.trace = new EligibilityTrace(features.count);
    this.step = new FeatureStep(features);
  }

  begin(observation: Float32Array): void {
    this.trace.decay(0);
    this.step.begin(observation);
  }

  update({ reward, observation, terminated, ratio }: PredictionStep): void {
    const { weights, trace } = this;
    const { present, next } = this.step.reach(observation);
    const { gamma, lambda } = this.options;
    const error = reward + (terminated ? 0 : gamma * dot(weights, next)) - dot(weights, present);
    checkConvergence('LinearTdLambda', error, this.alpha);
    trace.decay(ratio * gamma * lambda);
    trace.accumulate(present, ratio);
    trace.addTo(weights, this.alpha * error);
    this.step.proceed();
  }
}
