import { expect, test } from 'vitest';
import {
  CmaEs,
  CrossEntropyMethod,
  EvolutionStrategies,
  FiniteDifferences,
  GeneticAlgorithm,
  PatternSearch,
  PolicyNetwork,
  RandomSearch,
  type Search,
} from '../src/index.ts';
import { Box, Discrete } from '@gradus/core';
import { sphere } from './support/functions.ts';
import { iterate } from './support/run.ts';

const initial = new Float64Array(200_000).fill(1);

test('200,000 parameters are no more trouble than two', () => {
  const searches: Search[] = [
    new CrossEntropyMethod(initial, { populationSize: 3, eliteSize: 2, lower: 0 }),
    new CrossEntropyMethod(initial, { populationSize: 3, eliteSize: 2, covariance: 'full' }),
    new EvolutionStrategies(initial, { directions: 1 }),
    new RandomSearch(initial, { directions: 1 }),
    new GeneticAlgorithm(initial, { populationSize: 3 }),
    new PatternSearch(initial, { upper: initial }),
  ];
  for (const search of searches) {
    iterate(search, sphere, 2);
    expect(search.best.parameters.length).toBe(200_000);
    search.setState(search.getState());
  }
});

test('200,000 candidates are no more trouble than ten', () => {
  const options = { populationSize: 200_000 };
  for (const search of [
    new CmaEs([1, 2], options),
    new CrossEntropyMethod([1, 2], options),
    new GeneticAlgorithm([1, 2], options),
    new EvolutionStrategies([1, 2], { directions: 100_000 }),
    new RandomSearch([1, 2], { directions: 100_000 }),
  ]) {
    iterate(search, sphere, 1);
    expect(search.best.utility).toBeGreaterThan(-5);
  }
});

test.each<[string, () => Search, string]>([
  ['CmaEs', () => new CmaEs(initial), 'CmaEs: expected covariances that fit into memory, got 298.0 GiB'],
  [
    'FiniteDifferences',
    () => new FiniteDifferences(initial),
    'FiniteDifferences: expected candidates that fit into memory, got 596.0 GiB',
  ],
  [
    'CrossEntropyMethod',
    () => new CrossEntropyMethod([1], { populationSize: Number.MAX_SAFE_INTEGER }),
    'CrossEntropyMethod: expected candidates that fit into memory, got 67108864.0 GiB',
  ],
])('%s says at once what would not fit into memory', (_, create, message) => {
  expect(create).toThrow(RangeError);
  expect(create).toThrow(message);
});

test('a policy sees 200,000 numbers', () => {
  const network = new PolicyNetwork({
    observationSpace: new Box(-1, 1, [200_000]),
    actionSpace: new Discrete(2),
  });
  expect(network.dimension).toBe(400_002);
  const actions = new Int32Array(1);
  network.writeAction(network.initialParameters(1), 0, new Float32Array(200_000), 0, actions);
  expect(actions[0]).toBe(0);
});
