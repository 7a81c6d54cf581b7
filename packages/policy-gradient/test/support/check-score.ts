import { Random } from '@gradus/core';
import type { ScoredPolicy } from '@gradus/policy-gradient';
import { evaluate, grad, sum, variable, type Tensor, type TensorLike } from '@gradus/tensor';
import { expect } from 'vitest';

/** Gives the parameters of `policy` random values. */
export function randomize(policy: ScoredPolicy<never>, seed: number): void {
  const random = new Random(seed);
  for (let i = 0; i < policy.numParameters; i++) policy.parameters[i] = random.normal();
}

/**
 * Expects log π(a | s) and its gradient to be those of `logProbability`, written with tensors of θ, up to float32, and the gradient to be the
 * central differences of log π(a | s), whose error is of the order of h² = 10⁻¹⁰ and rounding / h = 10⁻¹¹.
 */
export function expectScore<State>(
  policy: ScoredPolicy<State>,
  state: State,
  action: number,
  logProbability: (parameters: TensorLike) => Tensor,
): void {
  const { parameters } = policy;
  const score = new Float64Array(policy.numParameters).fill(NaN);
  policy.score(state, action, score);

  const theta = variable([policy.numParameters], Float32Array.from(parameters));
  const traced = evaluate(() => {
    const value = sum(logProbability(theta));
    return { value, gradient: grad(value, [theta])[0] };
  });
  const value = policy.logProbability(state, action);
  expect(Math.abs(traced.value[0] - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));

  const h = 1e-5;
  for (let i = 0; i < score.length; i++) {
    const scale = Math.max(1, Math.abs(score[i]));
    expect(Math.abs(traced.gradient[i] - score[i]), `autodiff, parameter ${i}`).toBeLessThan(1e-5 * scale);
    const before = parameters[i];
    parameters[i] = before + h;
    const above = policy.logProbability(state, action);
    parameters[i] = before - h;
    const below = policy.logProbability(state, action);
    parameters[i] = before;
    expect(Math.abs((above - below) / (2 * h) - score[i]), `differences, parameter ${i}`).toBeLessThan(1e-8 * scale);
  }
}

/** Expects the frequencies of `draws` sampled actions to be the probabilities, by Pearson's χ² below its mean plus five deviations. */
export function expectFrequencies(sample: () => number, probabilities: ArrayLike<number>, draws = 20_000): void {
  const counts = new Float64Array(probabilities.length);
  for (let n = 0; n < draws; n++) counts[sample()]++;
  const statistic = counts.reduce((total, count, i) => {
    const expected = draws * probabilities[i];
    return total + (count - expected) ** 2 / expected;
  }, 0);
  const freedom = probabilities.length - 1;
  expect(statistic).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
}
