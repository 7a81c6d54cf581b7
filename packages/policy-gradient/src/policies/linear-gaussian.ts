import {
  aFunction,
  checkArguments,
  finiteNumber,
  flag,
  optional,
  positiveInteger,
  valueText,
  type RandomSource,
} from '@gradus/core';
import { checkRandom, checkTarget } from './checks.ts';
import type { ScoredPolicy } from './scored-policy.ts';

/** What a linear Gaussian policy sees, and how it explores. */
export interface LinearGaussianOptions<State> {
  /** d, the length of φ(s). */
  readonly numFeatures: number;
  /** Writes φ(s) into `target`, [d]; what is not written is 0. */
  readonly features: (state: State, target: Float64Array) => void;
  /** log σ, at first. Default 0: σ = 1. */
  readonly logStd?: number | undefined;
  /** Whether log σ is a parameter, the last one, and no constant. Default false. */
  readonly learnsLogStd?: boolean | undefined;
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/**
 * One real action, normal around a mean that is linear in features (S5.1; Williams, 1992):
 *
 *     π(a | s) = N(a; μ(s), σ²),   μ(s) = wᵀφ(s)
 *     ∇_w log π = (a − μ(s)) φ(s) / σ²,   ∂ log π / ∂ log σ = (a − μ(s))² / σ² − 1
 *
 * `parameters` is w, [d], at first 0, and log σ after it where that is learned; log σ, since any number is one.
 */
export class LinearGaussian<State = number> implements ScoredPolicy<State> {
  readonly numParameters: number;
  readonly parameters: Float64Array;
  private readonly writeFeatures: LinearGaussianOptions<State>['features'];
  /** φ(s) */
  private readonly row: Float64Array;
  private readonly fixedLogStd: number | null;

  /** Throws `RangeError` for a number of features that is not a positive integer and for log σ that is not finite. */
  constructor(options: LinearGaussianOptions<State>) {
    checkArguments('LinearGaussian', options, {
      numFeatures: positiveInteger,
      features: aFunction,
      logStd: optional(finiteNumber),
      learnsLogStd: optional(flag),
    });
    const { numFeatures, features, logStd = 0, learnsLogStd = false } = options;
    this.numParameters = numFeatures + Number(learnsLogStd);
    this.parameters = new Float64Array(this.numParameters);
    if (learnsLogStd) this.parameters[numFeatures] = logStd;
    this.fixedLogStd = learnsLogStd ? null : logStd;
    this.writeFeatures = features;
    this.row = new Float64Array(numFeatures);
  }

  /** μ(s) */
  mean(state: State): number {
    this.writeFeatures(state, this.row.fill(0));
    let sum = 0;
    for (let i = 0; i < this.row.length; i++) sum += this.parameters[i] * this.row[i];
    return sum;
  }

  /** log σ */
  get logStd(): number {
    return this.fixedLogStd ?? this.parameters[this.row.length];
  }

  sample(state: State, random: RandomSource): number {
    checkRandom(random);
    return this.mean(state) + Math.exp(this.logStd) * random.normal();
  }

  logProbability(state: State, action: number): number {
    checkAction(action);
    const z = (action - this.mean(state)) / Math.exp(this.logStd);
    return -0.5 * z * z - this.logStd - halfLogTwoPi;
  }

  score(state: State, action: number, target: Float64Array): void {
    checkAction(action);
    checkTarget(target, this.numParameters);
    const std = Math.exp(this.logStd);
    const z = (action - this.mean(state)) / std;
    for (let i = 0; i < this.row.length; i++) target[i] = (z / std) * this.row[i];
    if (this.fixedLogStd === null) target[this.row.length] = z * z - 1;
  }
}

function checkAction(action: number): void {
  if (typeof action === 'number') return;
  throw new RangeError(`action: expected a number, got ${valueText(action)}`);
}
