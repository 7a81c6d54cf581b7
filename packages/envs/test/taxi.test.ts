import { decodeTaxiState, encodeTaxiState, taxi, taxiLocations, taxiMap } from '@gradus/envs';
import { expect, test } from 'vitest';
import { bestOf, optimalActionValues } from './support/optimal-values.ts';

test('states are taken apart and put together', () => {
  // The example of Gymnasium's documentation: row 3, column 1, passenger at yellow, to red.
  expect(encodeTaxiState({ row: 3, column: 1, passenger: 2, destination: 0 })).toBe(328);
  for (let state = 0; state < 500; state++) expect(encodeTaxiState(decodeTaxiState(state))).toBe(state);
});

test('passengers wait on the letters of the map', () => {
  expect(taxiLocations.map(({ row, column }) => taxiMap[row][2 * column]).join('')).toBe('RGYB');
});

test('the best policy returns 7.93 on average', () => {
  // The optimum usually reported for Taxi in Gym: the mean over its 300 first states, undiscounted.
  const table = taxi().transitions!;
  const best = bestOf(optimalActionValues(table, 1), 6);
  const mean = best.reduce((sum, value, state) => sum + table.initialDistribution[state] * value, 0);
  expect(mean).toBeCloseTo(7.93, 2);
});

test.each([
  [{ rainyProbability: 1.2 }, 'taxi: expected rainyProbability to be a number in [0, 1], got 1.2'],
  [{ fickleProbability: -1 }, 'taxi: expected fickleProbability to be a number in [0, 1], got -1'],
])('%o is refused', (options, message) => {
  expect(() => taxi(options)).toThrow(message);
});
