import {
  checkArguments,
  checkGamma,
  checkLength,
  checkTable,
  finiteNumber,
  numberList,
  objectOf,
  solveLinearSystem,
  type TransitionTable,
} from '@gradus/core';
import { policyChain } from '../exact/policy-chain.ts';
import { linearStateValues, someFeatures, type Features } from './features.ts';

/**
 * What TD learning with linear features does on average (Sutton and Barto, 2018, §9.4 and §11.4): states come with probabilities d(s), and
 * actions from π (or from another policy, with importance ratios, which amounts to the same):
 *
 *     A = E[x(s) (x(s) − γ x(s′))ᵀ],   b = E[r x(s)],   C = E[x(s) x(s)ᵀ]
 *
 * with x(s′) = 0 where the task ends.
 */
export interface ExpectedTd {
  /** A, [d × d] */
  readonly a: Float64Array;
  /** b, [d] */
  readonly b: Float64Array;
  /** C, [d × d] */
  readonly c: Float64Array;
}

/**
 * The averages of a finite process, see {@link ExpectedTd}. `policy` is π(a | s), [numStates × numActions], `stateDistribution` d(s), [numStates]:
 * on-policy `stationaryStateDistribution(table, policy)`, off-policy that of the policy that acts. States are observed as their numbers.
 *
 * Throws `RangeError` for rows of `policy` that are no distributions, γ outside [0, 1] and a distribution that is not [numStates].
 */
export function expectedTd(
  table: TransitionTable,
  policy: ArrayLike<number>,
  features: Features,
  gamma: number,
  stateDistribution: ArrayLike<number>,
): ExpectedTd {
  checkTable(table);
  checkGamma(gamma);
  const { numStates } = table;
  checkLength('stateDistribution', stateDistribution, numStates);
  const { transitions, rewards } = policyChain(table, policy);
  const x = featureMatrix(features, numStates);
  const { count } = features;
  const a = new Float64Array(count * count);
  const b = new Float64Array(count);
  const c = new Float64Array(count * count);
  const next = new Float64Array(count);
  for (let state = 0; state < numStates; state++) {
    const probability = stateDistribution[state];
    if (probability === 0) continue;
    next.fill(0);
    for (let s = 0; s < numStates; s++) {
      const transition = transitions[state * numStates + s];
      if (transition === 0) continue;
      for (let j = 0; j < count; j++) next[j] += transition * x[s * count + j];
    }
    for (let i = 0; i < count; i++) {
      const weighted = probability * x[state * count + i];
      if (weighted === 0) continue;
      b[i] += weighted * rewards[state];
      for (let j = 0; j < count; j++) {
        a[i * count + j] += weighted * (x[state * count + j] - gamma * next[j]);
        c[i * count + j] += weighted * x[state * count + j];
      }
    }
  }
  return { a, b, c };
}

/**
 * The TD fixed point w = A⁻¹ b, [d], where TD(0) settles if it does (always on-policy). Throws `RangeError` where A is singular, as it is
 * when features depend on each other.
 */
export function tdFixedPoint(averages: ExpectedTd): Float64Array {
  checkSweep('tdFixedPoint', averages);
  const { a, b } = averages;
  return solve(a, b);
}

/**
 * The weights of smallest value error VE(w) = Σ_s d(s) (v(s) − wᵀ x(s))², [d], where gradient Monte Carlo settles: w = C⁻¹ E[v(s) x(s)].
 * `stateValues` is v, `stateDistribution` d, both [numStates]. Throws `RangeError` where they are of another length or features depend
 * on each other.
 */
export function leastSquaresWeights(
  features: Features,
  stateValues: ArrayLike<number>,
  stateDistribution: ArrayLike<number>,
): Float64Array {
  checkArguments('leastSquaresWeights', { stateValues }, { stateValues: numberList });
  const numStates = stateValues.length;
  checkLength('stateValues', stateValues, numStates);
  checkLength('stateDistribution', stateDistribution, numStates);
  const x = featureMatrix(features, numStates);
  const { count } = features;
  const c = new Float64Array(count * count);
  const target = new Float64Array(count);
  for (let state = 0; state < numStates; state++) {
    for (let i = 0; i < count; i++) {
      const weighted = stateDistribution[state] * x[state * count + i];
      if (weighted === 0) continue;
      target[i] += weighted * stateValues[state];
      for (let j = 0; j < count; j++) c[i * count + j] += weighted * x[state * count + j];
    }
  }
  return solve(c, target);
}

/** One sweep of semi-gradient TD(0) in its dynamic-programming form, w ← w + α (b − A w), in place. */
export function expectedTdUpdate(averages: ExpectedTd, weights: Float64Array, alpha: number): void {
  checkSweep('expectedTdUpdate', averages, { weights }, { alpha });
  const { a, b } = averages;
  const change = residual(a, b, weights);
  for (let i = 0; i < weights.length; i++) weights[i] += alpha * change[i];
}

/**
 * One sweep of TDC in its dynamic-programming form, in place:
 *
 *     w ← w + α (b − A w − (C − A)ᵀ u),   u ← u + β (b − A w − C u)
 *
 * since γ E[x(s′) x(s)ᵀ] = (C − A)ᵀ.
 */
export function expectedTdcUpdate(
  averages: ExpectedTd,
  weights: Float64Array,
  correction: Float64Array,
  alpha: number,
  beta: number,
): void {
  checkSweep('expectedTdcUpdate', averages, { weights, correction }, { alpha, beta });
  const { a, b, c } = averages;
  const change = residual(a, b, weights);
  const unexplained = residual(c, change, correction);
  const count = b.length;
  for (let i = 0; i < count; i++) {
    let next = 0;
    for (let j = 0; j < count; j++) next += (c[j * count + i] - a[j * count + i]) * correction[j];
    weights[i] += alpha * (change[i] - next);
  }
  for (let i = 0; i < count; i++) correction[i] += beta * unexplained[i];
}

/** √ Σ_s d(s) (v(s) − wᵀ x(s))², the root of the value error. Throws `RangeError` for lengths that do not fit. */
export function rootValueError(
  features: Features,
  weights: Float64Array,
  stateValues: ArrayLike<number>,
  stateDistribution: ArrayLike<number>,
): number {
  checkArguments('rootValueError', { stateValues }, { stateValues: numberList });
  checkLength('stateDistribution', stateDistribution, stateValues.length);
  const values = linearStateValues(
    features,
    weights,
    Array.from({ length: stateValues.length }, (_, state) => state),
  );
  return Math.sqrt(values.reduce((sum, v, s) => sum + stateDistribution[s] * (stateValues[s] - v) ** 2, 0));
}

/** Throws `RangeError` for what are no averages, for arrays that are not [d], and for step sizes that are no finite numbers. */
function checkSweep(
  subject: string,
  averages: ExpectedTd,
  arrays: Readonly<Record<string, Float64Array>> = {},
  stepSizes: Readonly<Record<string, number>> = {},
): void {
  checkArguments(subject, { averages }, { averages: someAverages });
  for (const [name, array] of Object.entries(arrays)) checkLength(`${subject}: ${name}`, array, averages.b.length);
  for (const [name, stepSize] of Object.entries(stepSizes)) {
    checkArguments(subject, { [name]: stepSize }, { [name]: finiteNumber });
  }
}

const someAverages = objectOf('averages (as expectedTd gives)', { a: numberList, b: numberList, c: numberList });

/** X, [numStates × d] */
function featureMatrix(features: Features, numStates: number): Float64Array {
  checkArguments('expectedTd', { features }, { features: someFeatures });
  const matrix = new Float64Array(numStates * features.count);
  const unit = new Float64Array(features.count);
  const states = Array.from({ length: numStates }, (_, state) => state);
  for (let i = 0; i < features.count; i++) {
    unit.fill(0)[i] = 1;
    linearStateValues(features, unit, states).forEach((value, state) => (matrix[state * features.count + i] = value));
  }
  return matrix;
}

/** b − A w */
function residual(a: Float64Array, b: Float64Array, weights: Float64Array): Float64Array {
  return b.map((value, i) => weights.reduce((rest, w, j) => rest - a[i * b.length + j] * w, value));
}

function solve(matrix: Float64Array, vector: Float64Array): Float64Array {
  const weights = vector.slice();
  if (solveLinearSystem(matrix.slice(), weights)) return weights;
  throw new RangeError(
    'features: expected linearly independent ones among the states that occur, got a singular system',
  );
}
