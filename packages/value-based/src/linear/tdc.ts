import { checkArguments, fraction, nonNegativeNumber, type OptionCheck } from '@gradus/core';
import { checkConvergence } from './check-convergence.ts';
import { FeatureStep, addScaled, dot, someFeatures, type Features } from './features.ts';
import type { PredictionStep, ValuePredictor } from './predict-values.ts';

/**
 * TDC, gradient TD with correction (Sutton et al., 2009; Sutton and Barto, 2018, §11.7; S3.2): stochastic descent of the projected Bellman error,
 * which converges off-policy too. A second weight vector u learns to predict δ:
 *
 *     δ = r + γ (1 − terminated) v_w(s′) − v_w(s)
 *     w ← w + α ρ (δ x(s) − γ (1 − terminated) (uᵀ x(s)) x(s′))
 *     u ← u + β ρ (δ − uᵀ x(s)) x(s)
 */
export interface TdcOptions {
  /** α, the step size of w. */
  readonly alpha: number;
  /** β, the step size of u; the proof wants it larger than α. */
  readonly beta: number;
  /** γ */
  readonly gamma: number;
}

const optionChecks: { readonly [Name in keyof TdcOptions]: OptionCheck } = {
  alpha: nonNegativeNumber,
  beta: nonNegativeNumber,
  gamma: fraction,
};

/** See {@link TdcOptions} for the algorithm. */
export class Tdc implements ValuePredictor {
  readonly features: Features;
  /** w, [d] */
  readonly weights: Float64Array;
  /** u, [d] */
  readonly correction: Float64Array;
  private readonly options: TdcOptions;
  private readonly step: FeatureStep;

  /** Throws `RangeError` for options out of range. */
  constructor(features: Features, options: TdcOptions) {
    checkArguments('Tdc', { features }, { features: someFeatures });
    checkArguments<TdcOptions>('Tdc', options, optionChecks);
    this.features = features;
    this.weights = new Float64Array(features.count);
    this.correction = new Float64Array(features.count);
    this.options = options;
    this.step = new FeatureStep(features);
  }

  begin(observation: Float32Array): void {
    this.step.begin(observation);
  }

  update({ reward, observation, terminated, ratio }: PredictionStep): void {
    const { weights, correction } = this;
    const { present, next } = this.step.reach(observation);
    const { alpha, beta } = this.options;
    const gamma = terminated ? 0 : this.options.gamma;
    const error = reward + gamma * dot(weights, next) - dot(weights, present);
    checkConvergence('Tdc', error, alpha);
    const expected = dot(correction, present);
    addScaled(weights, alpha * ratio * error, present);
    addScaled(weights, -alpha * ratio * gamma * expected, next);
    addScaled(correction, beta * ratio * (error - expected), present);
    this.step.proceed();
  }
}
