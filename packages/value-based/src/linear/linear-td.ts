import { checkArguments, fraction, nonNegativeNumber, optional, type OptionCheck } from '@gradus/core';
import { checkConvergence } from './check-convergence.ts';
import { addScaled, createFeatureVector, dot, someFeatures, type FeatureVector, type Features } from './features.ts';
import type { PredictionStep, ValuePredictor } from './predict-values.ts';

/**
 * Semi-gradient n-step TD (Sutton and Barto, 2018, §9.4; S3.1), with the importance ratios of §7.3 and §11.1:
 *
 *     G = rₜ + γ rₜ₊₁ + … + γⁿ⁻¹ rₜ₊ₙ₋₁ + γⁿ v_w(sₜ₊ₙ)
 *     w ← w + α ρₜ ⋯ ρₜ₊ₙ₋₁ (G − v_w(sₜ)) x(sₜ)
 *
 * n = 1 is semi-gradient TD(0); n = ∞ is gradient Monte Carlo, all of whose updates come at the end of the episode. Where the episode ends
 * before t + n, G ends there too: with nothing where it terminated, with the value of the last observation where it was truncated.
 */
export interface LinearTdOptions {
  /** α, the step size. */
  readonly alpha: number;
  /** γ */
  readonly gamma: number;
  /** n, `Infinity` for Monte Carlo. Default 1. */
  readonly nSteps?: number | undefined;
}

const optionChecks: { readonly [Name in keyof LinearTdOptions]-?: OptionCheck } = {
  alpha: nonNegativeNumber,
  gamma: fraction,
  nSteps: optional({
    expected: 'a positive integer or Infinity',
    accepts: (value) => value === Infinity || (Number.isSafeInteger(value) && Number(value) > 0),
  }),
};

/** See {@link LinearTdOptions} for the algorithm. */
export class LinearTd implements ValuePredictor {
  readonly features: Features;
  /** w, [d] */
  readonly weights: Float64Array;
  /** α, which may be changed between steps. */
  alpha: number;
  private readonly gamma: number;
  private readonly nSteps: number;
  /** x, r and ρ of the steps that were not yet learned from: step t at t mod n, or at t for Monte Carlo. */
  private readonly vectors: FeatureVector[] = [];
  private readonly rewards: number[] = [];
  private readonly ratios: number[] = [];
  /** x of the present observation. */
  private readonly present: FeatureVector;
  /** Steps of this episode. */
  private time = 0;

  /** Throws `RangeError` for options out of range. */
  constructor(features: Features, options: LinearTdOptions) {
    checkArguments('LinearTd', { features }, { features: someFeatures });
    checkArguments<LinearTdOptions>('LinearTd', options, optionChecks);
    const { alpha, gamma, nSteps = 1 } = options;
    this.features = features;
    this.weights = new Float64Array(features.count);
    this.alpha = alpha;
    this.gamma = gamma;
    this.nSteps = nSteps;
    this.present = createFeatureVector(features);
  }

  begin(observation: Float32Array): void {
    this.time = 0;
    this.features.write(observation, 0, this.present);
  }

  update({ reward, observation, terminated, truncated, ratio }: PredictionStep): void {
    const { features, weights, present, nSteps } = this;
    const t = this.time++;
    const slot = this.slotOf(t);
    if (slot === this.vectors.length) this.vectors.push(createFeatureVector(features));
    copyVector(present, this.vectors[slot]);
    this.rewards[slot] = reward;
    this.ratios[slot] = ratio;
    features.write(observation, 0, present);
    const ends = terminated || truncated;
    if (!ends && t + 1 < nSteps) return;
    const bootstrap = terminated ? 0 : dot(weights, present);
    const first = Math.max(0, t + 1 - nSteps);
    if (ends) this.learnRest(first, t, bootstrap);
    else this.learn(first, this.returnFrom(first, t, bootstrap), this.ratioFrom(first, t));
  }

  /** Learns from all steps first … last of an episode that has ended. */
  private learnRest(first: number, last: number, bootstrap: number): void {
    let target = bootstrap;
    let ratio = 1;
    const targets: [target: number, ratio: number][] = [];
    for (let t = last; t >= first; t--) {
      target = this.rewards[this.slotOf(t)] + this.gamma * target;
      ratio *= this.ratios[this.slotOf(t)];
      targets.push([target, ratio]);
    }
    for (let t = first; t <= last; t++) this.learn(t, ...targets[last - t]);
  }

  private learn(t: number, target: number, ratio: number): void {
    const x = this.vectors[this.slotOf(t)];
    const error = target - dot(this.weights, x);
    checkConvergence('LinearTd', error, this.alpha);
    addScaled(this.weights, this.alpha * ratio * error, x);
  }

  private returnFrom(first: number, last: number, bootstrap: number): number {
    let sum = bootstrap;
    for (let t = last; t >= first; t--) sum = this.rewards[this.slotOf(t)] + this.gamma * sum;
    return sum;
  }

  private ratioFrom(first: number, last: number): number {
    let product = 1;
    for (let t = last; t >= first; t--) product *= this.ratios[this.slotOf(t)];
    return product;
  }

  private slotOf(t: number): number {
    return this.nSteps === Infinity ? t : t % this.nSteps;
  }
}

function copyVector(from: FeatureVector, to: FeatureVector): void {
  to.length = from.length;
  for (let k = 0; k < from.length; k++) {
    to.indices[k] = from.indices[k];
    to.values[k] = from.values[k];
  }
}
