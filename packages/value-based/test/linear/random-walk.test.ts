import { makeEnv, transitionTable } from '@gradus/envs';
import {
  LinearTd,
  Lstd,
  createFeatures,
  evaluatePolicy,
  expectedTd,
  leastSquaresWeights,
  predictValues,
  rootValueError,
  stationaryStateDistribution,
  tdFixedPoint,
  uniformPolicy,
  type ExpectedTd,
  type FeatureOptions,
  type Features,
} from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { inverse, multiply, transpose } from '../support/small-matrices.ts';

// Example 9.1 of Sutton and Barto (2018): 1000 states, jumps of up to 100, rewards −1 and 1 at the ends, γ = 1.
const env = makeEnv('RandomWalk1000-v0');
const table = transitionTable('RandomWalk1000-v0');
const policy = uniformPolicy(table);
const stateValues = evaluatePolicy(table, policy, 1);
const stateDistribution = stationaryStateDistribution(table, policy);
/** An episode's mean number of steps: each step is its last with probability Σ d(s) P(end | s). */
const meanLength =
  1 /
  stateDistribution.reduce(
    (sum, probability, state) =>
      sum +
      probability *
        table.outcomes(state, 0).reduce((ends, outcome) => ends + (outcome.terminated ? outcome.probability : 0), 0),
    0,
  );

const kinds: Record<string, FeatureOptions> = {
  'state aggregation': { kind: 'tiles', tilings: 1, tiles: 10, low: [1], high: [1001] },
  polynomials: { kind: 'polynomial', order: 5, low: [1], high: [1000] },
  cosines: { kind: 'fourier', order: 5, low: [1], high: [1000] },
};

/** A method, and where it must settle: at the root of b − A w. */
interface Method {
  readonly name: string;
  readonly features: Features;
  readonly system: Pick<ExpectedTd, 'a' | 'b'>;
  readonly solution: Float64Array;
  readonly make: (alpha: number) => LinearTd;
}

/** TD(0) and Monte Carlo. The latter's mean update is C w_LS − C w. */
function methods(features: Features): Method[] {
  const { a, b, c } = expectedTd(table, policy, features, 1, stateDistribution);
  const best = leastSquaresWeights(features, stateValues, stateDistribution);
  return [
    {
      name: 'TD(0)',
      features,
      system: { a, b },
      solution: tdFixedPoint({ a, b, c }),
      make: (alpha) => new LinearTd(features, { alpha, gamma: 1 }),
    },
    {
      name: 'Monte Carlo',
      features,
      system: { a: c, b: multiply(c, best, 1) },
      solution: best,
      make: (alpha) => new LinearTd(features, { alpha, gamma: 1, nSteps: Infinity }),
    },
  ];
}

/** What single episodes would change, divided by α, if `weights` stayed as they are: [episodes][d]. Episodes are independent. */
function episodeUpdates({ make }: Method, weights: ArrayLike<number>, episodes: number, seed: number): number[][] {
  // So small that weights hardly move within the episode, and 10⁷ roundings large.
  const alpha = 1e-9;
  const predictor = make(alpha);
  const updates: number[][] = [];
  const recorder: LinearTd | Pick<LinearTd, 'begin' | 'update'> = {
    begin(observation) {
      predictor.weights.set(weights);
      predictor.begin(observation);
    },
    update(step) {
      predictor.update(step);
      if (step.terminated) updates.push(Array.from(predictor.weights, (w, i) => (w - weights[i]) / alpha));
    },
  };
  predictValues(recorder, env, { act: () => 0 }, { episodes, seed });
  return updates;
}

function meanOf(rows: readonly (readonly number[])[]): number[] {
  return rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
}

/** Covariance of the rows, [d × d]. */
function covariance(rows: readonly (readonly number[])[]): Float64Array {
  const means = meanOf(rows);
  const d = means.length;
  return Float64Array.from({ length: d * d }, (_, k) => {
    const [i, j] = [Math.floor(k / d), k % d];
    return rows.reduce((sum, row) => sum + (row[i] - means[i]) * (row[j] - means[j]), 0) / (rows.length - 1);
  });
}

describe.each(Object.keys(kinds))('%s', (kind) => {
  const features = createFeatures(env.observationSpace, kinds[kind]);

  test.each(methods(features))('$name: the mean update is b − A w, within five standard errors', (method) => {
    const { system, solution } = method;
    const d = features.count;
    const start = solution.map((w, i) => w + 0.5 * Math.cos(3 * i));
    for (const weights of [solution, start]) {
      const updates = episodeUpdates(method, weights, 3000, 1);
      const means = meanOf(updates);
      const spread = covariance(updates);
      const drift = multiply(system.a, weights, 1).map((value, i) => meanLength * (system.b[i] - value));
      const scores = means.map((mean, i) => (mean - drift[i]) / Math.sqrt(spread[i * d + i] / updates.length));
      expect(Math.max(...scores.map(Math.abs))).toBeLessThan(5);
      // At the solution nothing moves on average; elsewhere so much that the test would see half of it missing.
      const sizes = drift.map((value, i) => Math.abs(value) / Math.sqrt(spread[i * d + i] / updates.length));
      if (weights === solution) expect(Math.max(...sizes)).toBeLessThan(1e-6);
      else expect(Math.max(...sizes)).toBeGreaterThan(10);
    }
  });
});

/**
 * With a constant step size weights end up around the solution w*, with the covariance Σ of the linearized recursion,
 * Σ = (I − αA) Σ (I − αA)ᵀ + α² Γ, where Γ is the noise per step: the covariance of an episode's update at w*, over its mean length. The
 * excess of the value error is then tr(C Σ).
 */
function expectedExcess(method: Method, c: Float64Array, alpha: number): number {
  const { system, solution, features } = method;
  const d = features.count;
  const noise = covariance(episodeUpdates(method, solution, 3000, 2)).map((value) => value / meanLength);
  let sigma: Float64Array = noise.map((value) => alpha * alpha * value);
  let power: Float64Array = system.a.map((value, k) => (k % (d + 1) === 0 ? 1 : 0) - alpha * value);
  for (let doubling = 0; doubling < 40; doubling++) {
    const later = multiply(multiply(power, sigma, d), transpose(power, d), d);
    sigma = sigma.map((value, k) => value + later[k]);
    power = multiply(power, power, d);
  }
  const product = multiply(c, sigma, d);
  return Array.from({ length: d }, (_, i) => product[i * d + i]).reduce((a, b) => a + b);
}

// Polynomials are so nearly dependent that they would need 10⁹ steps.
describe.each([
  { kind: 'state aggregation', name: 'TD(0)', index: 0, alpha: 0.02, eigenvalue: 0.0011 },
  { kind: 'state aggregation', name: 'Monte Carlo', index: 1, alpha: 0.001, eigenvalue: 0.029 },
  { kind: 'cosines', name: 'TD(0)', index: 0, alpha: 0.005, eigenvalue: 0.0104 },
  { kind: 'cosines', name: 'Monte Carlo', index: 1, alpha: 0.0005, eigenvalue: 0.058 },
])('$kind, $name', ({ kind, index, alpha, eigenvalue }) => {
  test('from 0 it settles around the exact solution, as closely as its step size allows', () => {
    const features = createFeatures(env.observationSpace, kinds[kind]);
    const { c } = expectedTd(table, policy, features, 1, stateDistribution);
    const all = methods(features);
    const method = all[index];
    const predictor = method.make(alpha);
    const excess = (solution: Float64Array): number => {
      const difference = predictor.weights.map((w, i) => w - solution[i]);
      return multiply(c, difference, 1).reduce((sum, value, i) => sum + value * difference[i], 0);
    };
    const totals = [0, 0];
    let count = 0;
    // With λ the least eigenvalue of (A + Aᵀ) / 2, these are the steps in which the slowest direction comes e times nearer.
    const relaxation = 1 / (alpha * eigenvalue);
    const steps = Math.round(30 * relaxation);
    predictValues(
      predictor,
      env,
      { act: () => 0 },
      {
        steps,
        seed: 3,
        onStep(step) {
          if (step < 10 * relaxation || step % 100 !== 0) return;
          count++;
          all.forEach(({ solution }, i) => (totals[i] += excess(solution)));
        },
      },
    );
    const expected = expectedExcess(method, c, alpha);
    // Twenty relaxation times are some twenty independent looks at a sum of d squared normals: a third and three times are far out.
    expect(totals[index] / count / expected).toBeGreaterThan(1 / 3);
    expect(totals[index] / count / expected).toBeLessThan(3);
    // With aggregation the two solutions are far enough apart to tell which one it is.
    if (kind === 'state aggregation') expect(totals[index]).toBeLessThan(totals[1 - index] / 2);
  });
});

test('TD(0) settles further from the true values than Monte Carlo (Figure 9.2)', () => {
  const features = createFeatures(env.observationSpace, kinds['state aggregation']);
  const [td, monteCarlo] = methods(features).map(({ solution }) =>
    rootValueError(features, solution, stateValues, stateDistribution),
  );
  expect(td).toBeGreaterThan(2 * monteCarlo);
  // The best constant of each group leaves the spread of values in it: v is near a line of slope 1 / 500 per state, 1/√12 of a group's range.
  expect(monteCarlo).toBeCloseTo(((2 / 10) * 1) / Math.sqrt(12), 2);
});

test('least-squares TD is as near the fixed point as its samples allow: Cov w = A⁻¹ Γ A⁻ᵀ / steps', () => {
  const features = createFeatures(env.observationSpace, kinds.cosines);
  const [method] = methods(features);
  const d = features.count;
  const lstd = new Lstd(features, 1);
  let steps = 0;
  predictValues(lstd, env, { act: () => 0 }, { episodes: 2000, seed: 5, onStep: (step) => (steps = step) });
  const noise = covariance(episodeUpdates(method, method.solution, 3000, 6)).map((value) => value / meanLength);
  const a = inverse(method.system.a, d);
  const variance = multiply(multiply(a, noise, d), transpose(a, d), d);
  const weights = lstd.solve();
  const scores = method.solution.map((w, i) => (weights[i] - w) / Math.sqrt(variance[i * d + i] / steps));
  expect(Math.max(...scores.map(Math.abs))).toBeLessThan(5);
  expect(Math.max(...scores.map(Math.abs))).toBeGreaterThan(0.05);
});
