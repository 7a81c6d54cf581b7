import { describe, expect, test } from 'vitest';
import { GeneticAlgorithm, type GeneticAlgorithmOptions } from '../src/genetic-algorithm.ts';
import { ellipsoid, rosenbrock, sphere } from './support/functions.ts';
import { evaluateAll, iterate } from './support/run.ts';

const SIZE = 20_000;

/** The first generation, random, and the second. */
function twoGenerations(
  dimension: number,
  options: Partial<GeneticAlgorithmOptions>,
): { parents: Float64Array; children: Float64Array } {
  const search = new GeneticAlgorithm(new Float64Array(dimension), {
    populationSize: SIZE,
    eliteSize: 0,
    seed: 4,
    ...options,
  });
  const parents = search.ask().slice();
  search.tell(evaluateAll(search, (x) => x[0]));
  return { parents, children: search.ask().slice() };
}

/** Four standard errors of the share of SIZE independent events of probability `p`. */
const tolerance = (p: number) => 4 * Math.sqrt((p * (1 - p)) / SIZE);

describe('operators', () => {
  test('a tournament of k takes a parent from the best tenth with probability 1 − 0.9ᵏ', () => {
    for (const tournamentSize of [1, 2, 3, 7]) {
      const { parents, children } = twoGenerations(1, { tournamentSize, crossoverRate: 0, mutationRate: 0 });
      const threshold = parents.slice().sort()[0.9 * SIZE];
      const share = children.filter((x) => x >= threshold).length / SIZE;
      const expected = 1 - 0.9 ** tournamentSize;
      expect(Math.abs(share - expected)).toBeLessThan(tolerance(expected));
    }
  });

  test('with crossover of rate c two genes stem from one parent with probability 1 − c / 2', () => {
    for (const crossoverRate of [0, 0.9, 1]) {
      const { parents, children } = twoGenerations(2, { tournamentSize: 1, crossoverRate, mutationRate: 0 });
      const rowOf = new Map(Array.from({ length: 2 * SIZE }, (_, at) => [parents[at], at >> 1]));
      let same = 0;
      for (let k = 0; k < SIZE; k++) {
        const rows = [rowOf.get(children[2 * k]), rowOf.get(children[2 * k + 1])];
        expect(rows.every((row) => row !== undefined)).toBe(true);
        if (rows[0] === rows[1]) same++;
      }
      const expected = 1 - crossoverRate / 2;
      expect(Math.abs(same / SIZE - expected)).toBeLessThanOrEqual(tolerance(expected) + 1 / SIZE);
    }
  });

  test('mutation changes a gene with its probability, by its deviation', () => {
    const search = new GeneticAlgorithm([0, 0], {
      populationSize: SIZE,
      initialDeviation: 1e-100,
      mutationRate: 0.3,
      mutationDeviation: 0.5,
      eliteSize: 0,
    });
    iterate(search, () => 0, 1);
    const changes = search.ask().filter((x) => Math.abs(x) > 1e-90);
    expect(Math.abs(changes.length / (2 * SIZE) - 0.3)).toBeLessThan(tolerance(0.3));
    const variance = changes.reduce((sum, x) => sum + x * x, 0) / changes.length;
    expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(4 * Math.sqrt(2 / changes.length));
  });

  test('the elite passes unchanged, the best first; the first generation has the initial parameters', () => {
    const search = new GeneticAlgorithm([3, 4], { populationSize: 10, eliteSize: 3, seed: 1 });
    const first = search.ask().slice();
    expect([...first.slice(0, 2)]).toEqual([3, 4]);
    search.tell([0, 5, 1, 9, 2, 5, 4, 3, 1, 1]);
    const rows = [3, 1, 5].flatMap((k) => [...first.slice(2 * k, 2 * k + 2)]);
    expect([...search.ask().slice(0, 6)]).toEqual(rows);
  });
});

test('with an elite the best of a generation never falls', () => {
  const search = new GeneticAlgorithm(new Float64Array(5).fill(1), { populationSize: 30, seed: 2 });
  let best = -Infinity;
  for (let k = 0; k < 100; k++) {
    const utilities = evaluateAll(search, ellipsoid);
    expect(Math.max(...utilities)).toBeGreaterThanOrEqual(best);
    best = Math.max(...utilities);
    search.tell(utilities);
  }
});

describe('comes near the maximum', () => {
  test.each([
    ['of the sphere, 5 dimensions', sphere, 5, 100, -0.01],
    ['of Rosenbrock’s function, 2 dimensions', rosenbrock, 2, 200, -0.01],
  ] as const)('%s', (_, utility, dimension, iterations, reached) => {
    for (let seed = 0; seed < 5; seed++) {
      const search = new GeneticAlgorithm(new Float64Array(dimension).fill(-1), { mutationDeviation: 0.05, seed });
      iterate(search, utility, iterations);
      expect(search.best.utility).toBeGreaterThan(reached);
    }
  });
});

test('an elite of everybody is refused', () => {
  expect(() => new GeneticAlgorithm([0], { populationSize: 10, eliteSize: 10 })).toThrow(
    'GeneticAlgorithm: expected eliteSize to be less than 10, got 10',
  );
});
