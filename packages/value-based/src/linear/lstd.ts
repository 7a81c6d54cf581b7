import { checkArguments, fraction, nonNegativeNumber, solveLinearSystem } from '@gradus/core';
import { FeatureStep, addScaled, someFeatures, type Features } from './features.ts';
import type { PredictionStep, ValuePredictor } from './predict-values.ts';

/**
 * Least-squares TD (Bradtke and Barto, 1996; Sutton and Barto, 2018, §9.8): gathers
 *
 *     A = Σ ρ x(s) (x(s) − γ (1 − terminated) x(s′))ᵀ,   b = Σ ρ r x(s)
 *
 * and solves A w = b, the point where TD(0) would settle on the same steps. No step size, but O(d²) a step and O(d³) to solve.
 */
export class Lstd implements ValuePredictor {
  readonly features: Features;
  private readonly gamma: number;
  private readonly matrix: Float64Array;
  private readonly vector: Float64Array;
  private readonly step: FeatureStep;

  /** Throws `RangeError` unless γ is in [0, 1]. */
  constructor(features: Features, gamma: number) {
    checkArguments('Lstd', { features, gamma }, { features: someFeatures, gamma: fraction });
    this.features = features;
    this.gamma = gamma;
    this.matrix = new Float64Array(features.count ** 2);
    this.vector = new Float64Array(features.count);
    this.step = new FeatureStep(features);
  }

  begin(observation: Float32Array): void {
    this.step.begin(observation);
  }

  update({ reward, observation, terminated, ratio }: PredictionStep): void {
    const { features, matrix, vector } = this;
    const { present, next } = this.step.reach(observation);
    for (let k = 0; k < present.length; k++) {
      const first = present.indices[k] * features.count;
      const row = matrix.subarray(first, first + features.count);
      addScaled(row, ratio * present.values[k], present);
      if (!terminated) addScaled(row, -ratio * this.gamma * present.values[k], next);
    }
    addScaled(vector, ratio * reward, present);
    this.step.proceed();
  }

  /**
   * w = (A + regularization · I)⁻¹ b, [d]. Throws `RangeError` where A is singular, as it is while some feature has not been seen; a small
   * `regularization` (default 0) helps.
   */
  solve(regularization = 0): Float64Array {
    checkArguments('Lstd.solve', { regularization }, { regularization: nonNegativeNumber });
    const matrix = this.matrix.slice();
    const weights = this.vector.slice();
    for (let i = 0; i < matrix.length; i += this.features.count + 1) matrix[i] += regularization;
    if (solveLinearSystem(matrix, weights)) return weights;
    throw new RangeError(
      `Lstd: expected independent features or a larger regularization, got a singular system with ${regularization}`,
    );
  }
}
