import { describe, expect, test } from 'vitest';
import { CrossEntropyMethod } from '../src/cross-entropy-method.ts';
import { maximize } from '../src/maximize.ts';
import { ellipsoid, rosenbrock, sphere } from './support/functions.ts';
import { evaluateAll, iterate } from './support/run.ts';
import { randomOrthogonal, times } from './support/small-matrices.ts';

/**
 * What the best tenth of a standard normal population has: beyond z = 1.28155 (density 0.175498) the mean is λ = 1.754983 and the variance
 * κ² = 1 + z λ − λ² = 0.169138.
 */
const LAMBDA = 1.754983;
const KAPPA = Math.sqrt(0.169138);
const linear = (x: Float64Array) => x[0];

function meanAndError(values: number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

describe('on a linear function', () => {
  test('without noise it stops at σ λ / (1 − κ), as far as the normal distribution of the elite goes', () => {
    const limits = Array.from({ length: 20 }, (_, seed) => {
      const search = new CrossEntropyMethod([0], { populationSize: 5000, eliteSize: 500, initialDeviation: 2, seed });
      iterate(search, linear, 30);
      expect(search.covariance()[0]).toBeLessThan(1e-15);
      return search.mean[0];
    });
    const { mean, error } = meanAndError(limits);
    expect(error).toBeLessThan(0.05);
    expect(Math.abs(mean - (2 * LAMBDA) / (1 - KAPPA))).toBeLessThan(4 * error);
  });

  test('with noise Z it goes on, λ σ with each iteration, at the variance σ² = Z / (1 − κ²)', () => {
    const paces: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const search = new CrossEntropyMethod([0], { populationSize: 5000, eliteSize: 500, extraNoise: 0.5, seed });
      iterate(search, linear, 20);
      const before = search.mean[0];
      iterate(search, linear, 10);
      paces.push((search.mean[0] - before) / 10);
    }
    const { mean, error } = meanAndError(paces);
    expect(Math.abs(mean - LAMBDA * Math.sqrt(0.5 / (1 - KAPPA ** 2)))).toBeLessThan(4 * error);
  });
});

describe('the fit, from the candidates', () => {
  test.each(['diagonal', 'full'] as const)('%s', (covariance) => {
    const search = new CrossEntropyMethod([1, 2, 3], {
      populationSize: 50,
      eliteSize: 7,
      covariance,
      evaluateMean: false,
      extraNoise: 0.25,
      extraNoiseDecay: 0.125,
      seed: 3,
    });
    for (const noise of [0.25, 0.125, 0, 0]) {
      const candidates = search.ask().slice();
      const utilities = evaluateAll(search, rosenbrock);
      search.tell(utilities);
      const elite = utilities
        .map((_, k) => k)
        .sort((a, b) => utilities[b] - utilities[a])
        .slice(0, 7)
        .map((k) => [...candidates.slice(3 * k, 3 * k + 3)]);
      const mean = [0, 1, 2].map((i) => elite.reduce((sum, x) => sum + x[i], 0) / 7);
      expect([...search.mean]).toEqual(mean.map((value) => expect.closeTo(value, 12) as number));
      const expected = Array.from({ length: 9 }, (_, at) => {
        const [i, j] = [Math.floor(at / 3), at % 3];
        if (i !== j && covariance === 'diagonal') return 0;
        const shared = elite.reduce((sum, x) => sum + (x[i] - mean[i]) * (x[j] - mean[j]), 0) / 7;
        return shared + (i === j ? noise : 0);
      });
      expect([...search.covariance()]).toEqual(expected.map((value) => expect.closeTo(value, 12) as number));
    }
  });
});

test.each(['diagonal', 'full'] as const)('candidates have the fitted mean and covariance: %s', (covariance) => {
  const n = 3;
  const size = 20_000;
  const search = new CrossEntropyMethod(new Float64Array(n).fill(1), {
    populationSize: size,
    eliteSize: 20,
    covariance,
    extraNoise: 0.01,
    seed: 2,
  });
  iterate(search, (x) => ellipsoid(times(randomOrthogonal(n, 2), x)), 1);
  const sigma = search.covariance();
  const candidates = search.ask();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let products = 0;
      for (let k = 0; k < candidates.length; k += n) {
        products += (candidates[k + i] - search.mean[i]) * (candidates[k + j] - search.mean[j]);
      }
      const spread = Math.sqrt(sigma[i * n + i] * sigma[j * n + j] + sigma[i * n + j] ** 2);
      expect(Math.abs(products / size - sigma[i * n + j])).toBeLessThan((4 * spread) / Math.sqrt(size));
    }
  }
});

test('a full covariance of fewer elites than dimensions keeps to the space they span', () => {
  const search = new CrossEntropyMethod([0, 0, 0], {
    populationSize: 10,
    eliteSize: 2,
    covariance: 'full',
    evaluateMean: false,
    seed: 1,
  });
  const first = search.ask().slice();
  const utilities = evaluateAll(search, sphere);
  search.tell(utilities);
  const [a, b] = utilities.map((_, k) => k).sort((i, j) => utilities[j] - utilities[i]);
  const line = [0, 1, 2].map((i) => first[3 * a + i] - first[3 * b + i]);
  const candidates = search.ask();
  for (let k = 0; k < candidates.length; k += 3) {
    const [x, y, z] = [0, 1, 2].map((i) => candidates[k + i] - search.mean[i]);
    expect(x * line[1] - y * line[0]).toBeCloseTo(0, 13);
    expect(y * line[2] - z * line[1]).toBeCloseTo(0, 13);
  }
});

describe('finds maxima', () => {
  test('of the sphere, with an elite of five times the dimension', () => {
    for (let seed = 0; seed < 5; seed++) {
      const search = new CrossEntropyMethod(new Float64Array(10).fill(1), { populationSize: 500, eliteSize: 50, seed });
      expect(maximize(search, sphere, { iterations: 60 }).utility).toBeGreaterThan(-1e-16);
    }
  });

  test('of Rosenbrock’s function, with noise that ends; without noise most searches stop on the way', () => {
    let stopped = 0;
    for (let seed = 0; seed < 20; seed++) {
      const run = (extraNoise: number) => {
        const options = { covariance: 'full', extraNoise, extraNoiseDecay: 0.002, seed } as const;
        return maximize(new CrossEntropyMethod([-1.2, 1], options), rosenbrock, { iterations: 120 }).utility;
      };
      expect(run(0.1)).toBeGreaterThan(-0.01);
      if (run(0) < -0.1) stopped++;
    }
    expect(stopped).toBeGreaterThan(10);
  });
});

test('an elite larger than the population is refused', () => {
  expect(() => new CrossEntropyMethod([0], { populationSize: 5 })).toThrow(
    'CrossEntropyMethod: expected eliteSize to be at most 5, got 10',
  );
});
