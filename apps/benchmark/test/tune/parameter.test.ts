import { Random } from '@gradus/core';
import { describe, expect, it } from 'vitest';
import { drawParameter, parameterSchema, type Parameter } from '../../src/tune/parameter.ts';

const N = 20_000;

function draw(parameter: Parameter): number[] {
  const random = new Random(1);
  return Array.from({ length: N }, () => drawParameter(parameter, random) as number);
}

/** Kolmogorov and Smirnov's statistic: the largest distance between the empirical distribution function and `cdf`. */
function largestDistance(values: readonly number[], cdf: (value: number) => number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.max(
    ...sorted.map((value, i) => Math.max(Math.abs(cdf(value) - i / N), Math.abs(cdf(value) - (i + 1) / N))),
  );
}

/** By the inequality of Dvoretzky, Kiefer and Wolfowitz it is larger with a probability below 2 exp(−2 N ε²) = 10⁻⁶. */
const BOUND = Math.sqrt(Math.log(2e6) / (2 * N));

describe('drawParameter', () => {
  it('draws uniform numbers', () => {
    expect(largestDistance(draw({ uniform: [-2, 3] }), (value) => (value + 2) / 5)).toBeLessThan(BOUND);
  });

  it('draws numbers whose logarithms are uniform', () => {
    const values = draw({ log: [1e-5, 1e-2] });
    expect(largestDistance(values, (value) => (Math.log10(value) + 5) / 3)).toBeLessThan(BOUND);
    for (const value of values) {
      expect(value).toBeGreaterThanOrEqual(1e-5);
      expect(value).toBeLessThan(1e-2);
    }
  });

  it.each([
    { parameter: { integer: [-1, 2] }, values: [-1, 0, 1, 2] },
    { parameter: { choice: [8, 16, 'adam', [64, 64], null] }, values: [8, 16, 'adam', [64, 64], null] },
  ] as const)('draws each of $values equally often', ({ parameter, values }) => {
    const counts = new Map<string, number>();
    for (const value of draw(parameterSchema.parse(parameter))) {
      counts.set(JSON.stringify(value), (counts.get(JSON.stringify(value)) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(values.map((value) => JSON.stringify(value)).sort());
    // Five standard deviations of a binomial count: beyond with a probability below 10⁻⁶.
    const p = 1 / values.length;
    const deviation = 5 * Math.sqrt(N * p * (1 - p));
    for (const count of counts.values()) expect(Math.abs(count - N * p)).toBeLessThan(deviation);
  });
});
