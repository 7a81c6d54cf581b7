import { Random } from '@gradus/core';
import { describe, expect, it } from 'vitest';
import {
  drawParameter,
  gridValues,
  mutateParameter,
  parameterSchema,
  type Parameter,
} from '../../src/tune/parameter.ts';

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

  it('draws numbers whose logarithms are normal', () => {
    // Φ by Abramowitz and Stegun, 26.2.17, whose error is below 7.5e-8.
    const phi = (z: number): number => {
      const t = 1 / (1 + 0.2316419 * Math.abs(z));
      const tail = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429].reduce(
        (sum, coefficient, i) => sum + coefficient * t ** (i + 1),
        0,
      );
      const upper = (Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI)) * tail;
      return z > 0 ? 1 - upper : upper;
    };
    const values = draw({ logNormal: [0.01, 3] });
    expect(largestDistance(values, (value) => phi(Math.log(value / 0.01) / Math.log(3)))).toBeLessThan(BOUND);
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

it('has on a grid of a log-Gaussian what lies within two deviations', () => {
  const values = gridValues({ logNormal: [1, 10], points: 5 }) as number[];
  for (const [i, expected] of [0.01, 0.1, 1, 10, 100].entries()) expect(values[i]).toBeCloseTo(expected, 12);
});

function mutate(parameter: Parameter, value: number | string, scale: number): unknown[] {
  const random = new Random(2);
  return Array.from({ length: N }, () => mutateParameter(parameter, value, scale, random));
}

/** Mean and standard deviation. */
function moments(values: readonly number[]): [mean: number, deviation: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

describe('mutateParameter', () => {
  // A step has 0.1 standard deviations: too short to reach the ends from the middle. Bounds are five standard errors.
  it.each([
    { parameter: { uniform: [-2, 2] } as const, value: 0, scaled: (x: number) => x, deviation: 4 / Math.sqrt(12) },
    {
      parameter: { log: [0.01, 100] } as const,
      value: 1,
      scaled: Math.log10,
      deviation: 4 / Math.sqrt(12),
    },
    { parameter: { logNormal: [5, 10] } as const, value: 1, scaled: Math.log10, deviation: 1 },
  ])('steps by parts of the standard deviation: $parameter', ({ parameter, value, scaled, deviation }) => {
    const steps = (mutate(parameterSchema.parse(parameter), value, 0.1) as number[]).map(scaled);
    const [mean, spread] = moments(steps);
    expect(Math.abs(mean)).toBeLessThan((5 * 0.1 * deviation) / Math.sqrt(N));
    expect(Math.abs(spread / (0.1 * deviation) - 1)).toBeLessThan(5 / Math.sqrt(2 * N));
  });

  it.each([{ uniform: [1, 3] } as const, { log: [1, 3] } as const, { integer: [1, 3] } as const])(
    'stays within its range, however large the step: %o',
    (parameter) => {
      const values = mutate(parameterSchema.parse(parameter), 2, 50) as number[];
      expect(Math.min(...values)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...values)).toBeLessThanOrEqual(3);
    },
  );

  it('changes an integer, and a choice to any other', () => {
    for (const value of [1, 2, 9]) {
      const others = new Set(mutate({ integer: [1, 9] }, value, 1e-6));
      expect([...others].sort()).toEqual([value - 1, value + 1].filter((each) => each >= 1 && each <= 9));
    }
    expect(new Set(mutate({ choice: ['a', 'b', 'c'] }, 'b', 1))).toEqual(new Set(['a', 'c']));
    expect(mutate({ choice: ['a'] }, 'a', 1)[0]).toBe('a');
    expect(mutate({ integer: [4, 4] }, 4, 1)[0]).toBe(4);
  });
});
