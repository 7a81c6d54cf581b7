import { constant, evaluate, grad, sum, variable, type Tensor } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { categorical, gaussian, multiCategorical } from '../../src/policies/distributions.ts';
import { approximateKl } from '../../src/policies/relative-entropy.ts';

const matrix = (rows: readonly (readonly number[])[]): Tensor => constant([rows.length, rows[0].length], rows.flat());

/** eˣ − 1 − x by its series, all terms positive for x > 0 and without cancellation for |x| ≤ 1, and by definition beyond. */
function exactKl(x: number): number {
  if (Math.abs(x) > 1) return Math.expm1(x) - x;
  let term = (x * x) / 2;
  let total = 0;
  for (let k = 3; term !== 0; k++) {
    total += term;
    term *= x / k;
  }
  return total;
}

describe('ρ − 1 − log ρ', () => {
  test('is exact to float32 and never negative, from the smallest log ρ to the largest', () => {
    const magnitudes = Array.from({ length: 400 }, (_, i) => 10 ** (-19 + (20.8 * i) / 399));
    const x = [...magnitudes, ...magnitudes.map((each) => -each), 1e-6, -1e-6, 1 / 16, -1 / 16, 0].map(Math.fround);
    const values = evaluate(() => approximateKl(constant([x.length], x)));
    x.forEach((each, i) => {
      expect(values[i], `log ρ = ${each}`).toBeGreaterThanOrEqual(0);
      const exact = exactKl(each);
      // Where the series ends, ρ − 1 is left with the digits that 1 + x has.
      expect(Math.abs(values[i] - exact), `log ρ = ${each}`).toBeLessThanOrEqual(5e-5 * exact + 1e-44);
    });
  });

  test('its gradient is ρ − 1', () => {
    const x = variable([4], [1e-6, -0.03, 0.5, -2]);
    const slopes = evaluate(() => grad(sum(approximateKl(x)), [x])[0]);
    [1e-6, -0.03, 0.5, -2].forEach((each, i) => expect(slopes[i]).toBeCloseTo(Math.expm1(each), 6));
    expect(slopes[0]).toBeCloseTo(1e-6, 12);
  });
});

describe('impossible choices', () => {
  const logits = [0, 0, -Infinity];
  const other = [1, -1, -Infinity];

  /** Value and gradient with respect to logits of a number that they decide. */
  function differentiate(of: (logits: Tensor) => Tensor, at: readonly (readonly number[])[]): [number[], number[]] {
    const parameter = variable([at.length, at[0].length], at.flat());
    const result = evaluate(() => {
      const value = of(parameter as unknown as Tensor);
      return { value, gradient: grad(sum(value), [parameter])[0] };
    });
    return [[...result.value], [...result.gradient]];
  }

  test('have no part in entropy, and no gradient', () => {
    const [[entropy], gradient] = differentiate((x) => categorical(x).entropy(), [logits]);
    expect(entropy).toBeCloseTo(Math.LN2, 6);
    expect(gradient.map((each) => each + 0)).toEqual([0, 0, 0]);
    const [[skewed], slopes] = differentiate((x) => categorical(x).entropy(), [other]);
    const p = 1 / (1 + Math.exp(-2));
    const h = -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    expect(skewed).toBeCloseTo(h, 6);
    [-p * (Math.log(p) + h), -(1 - p) * (Math.log(1 - p) + h), 0].forEach((each, i) =>
      expect(slopes[i]).toBeCloseTo(each, 6),
    );
    const [only] = differentiate((x) => categorical(x).entropy(), [[-Infinity, 3, -Infinity]]);
    expect(only[0] + 0).toBe(0);
  });

  test('nor in divergences, whose gradient in the logits is q − p', () => {
    const p = [0.5, 0.5];
    const q = [1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(2))];
    const [[value], gradient] = differentiate(
      (x) => categorical(x).divergenceFrom(categorical(matrix([logits])).statistics),
      [other],
    );
    expect(value).toBeCloseTo(p[0] * Math.log(p[0] / q[0]) + p[1] * Math.log(p[1] / q[1]), 6);
    [q[0] - p[0], q[1] - p[1], 0].forEach((each, i) => expect(gradient[i]).toBeCloseTo(each, 6));
  });

  test('are infinitely far for a policy that takes them, and not for one that need not', () => {
    const from = (a: readonly number[], b: readonly number[]): number =>
      evaluate(() => categorical(matrix([b])).divergenceFrom(categorical(matrix([a])).statistics))[0];
    expect(from([0, 0, 0], logits)).toBe(Infinity);
    expect(from(logits, [0, 0, 0])).toBeCloseTo(Math.log(1.5), 6);
    expect(from([-1e8, 0, 0], [0, 0, -1e8])).toBeGreaterThan(1e6);
  });

  test('of elements of a MultiDiscrete too', () => {
    const [[entropy], gradient] = differentiate(
      (x) => multiCategorical(x, [3, 2]).entropy(),
      [[...logits, 0, -Infinity]],
    );
    expect(entropy).toBeCloseTo(Math.LN2, 6);
    expect(gradient.every(Number.isFinite)).toBe(true);
    const [[divergence], slopes] = differentiate(
      (x) =>
        multiCategorical(x, [3, 2]).divergenceFrom(
          multiCategorical(matrix([[...other, 0, -Infinity]]), [3, 2]).statistics,
        ),
      [[...logits, 0, -Infinity]],
    );
    expect(divergence).toBeGreaterThan(0.1);
    expect(slopes.every(Number.isFinite)).toBe(true);
  });

  test('are never drawn, and what is legal has a finite log-probability', () => {
    const policy = () => categorical(matrix(Array.from({ length: 200 }, () => logits)));
    const draws = evaluate(() => policy().sample(constant([2], [1, 2], 'int32')));
    expect(draws.includes(2)).toBe(false);
    const [value, gradient] = differentiate(
      (x) => categorical(x).logProbability(constant([1], [1], 'int32')),
      [logits],
    );
    expect(value[0]).toBeCloseTo(-Math.LN2, 6);
    expect(gradient).toEqual([-0.5, 0.5, 0].map((each) => expect.closeTo(each, 6) as number));
  });
});

describe('closed forms between neighbours', () => {
  const steps = [0, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3];
  const logits = [0.3, -1.2, 2, 0];
  const directions = [0.7, -0.4, 1.3, -2];

  test('categorical: never negative, and ½ Var_p(direction) ε² for a small step ε', () => {
    const p = logits.map((each) => Math.exp(each) / logits.reduce((total, x) => total + Math.exp(x), 0));
    const mean = p.reduce((total, each, i) => total + each * directions[i], 0);
    const spread = p.reduce((total, each, i) => total + each * (directions[i] - mean) ** 2, 0);
    const moved = steps.map((step) => logits.map((each, i) => each + step * directions[i]));
    const values = evaluate(() =>
      categorical(matrix(moved)).divergenceFrom(categorical(matrix(steps.map(() => logits))).statistics),
    );
    steps.forEach((step, i) => {
      expect(values[i]).toBeGreaterThanOrEqual(0);
      // A step of the size of float32's rounding, 2e-7 of these logits, is itself rounded.
      if (step >= 1e-4) expect(values[i] / (0.5 * spread * step ** 2)).toBeCloseTo(1, 1);
    });
    expect(values[0]).toBe(0);
  });

  test('gaussian: never negative, and σ_ρ / σ_π − 1 = ε costs ε²', () => {
    const values = evaluate(() => {
      const zero = matrix(steps.map(() => [0]));
      return gaussian(zero, matrix(steps.map((step) => [-step]))).divergenceFrom([zero, zero]);
    });
    steps.forEach((step, i) => {
      expect(values[i]).toBeGreaterThanOrEqual(0);
      expect(Math.abs(values[i] - exactKl(2 * step) / 2)).toBeLessThanOrEqual(1e-6 * step ** 2 + 1e-44);
    });
  });
});
