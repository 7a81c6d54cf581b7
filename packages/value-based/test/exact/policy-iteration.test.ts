import { maximumValues } from '@gradus/core';
import { transitionTable } from '@gradus/envs';
import { expect, test } from 'vitest';
import { policyIteration, startValue } from '@gradus/value-based';
import { maximumDifference, randomPolicy, randomTable } from '../support/random-tables.ts';

const seeds = [0, 1, 2, 3, 4];

test.each(seeds)("ends with Bellman's optimality equations, whatever it starts from (seed %i)", (seed) => {
  const table = randomTable(seed);
  for (const gamma of [0.5, 0.99]) {
    const { stateValues, actionValues, policy } = policyIteration(table, gamma);
    expect(maximumDifference(stateValues, maximumValues(actionValues, table.numActions))).toBeLessThan(1e-10);
    expect(policy.every((probability) => probability === 0 || probability === 1)).toBe(true);
    const elsewhere = policyIteration(table, gamma, randomPolicy(seed, table));
    expect(maximumDifference(elsewhere.stateValues, stateValues)).toBeLessThan(1e-10);
  }
});

test.each(seeds)('no state becomes worse from policy to policy, and some better until the end (seed %i)', (seed) => {
  const { history, stateValues } = policyIteration(randomTable(seed, 30, 4), 0.95);
  expect(history.length).toBeGreaterThan(2);
  for (const [i, values] of history.slice(1).entries()) {
    const gains = values.map((value, state) => value - history[i][state]);
    expect(Math.min(...gains)).toBeGreaterThan(-1e-11);
    expect(Math.max(...gains)).toBeGreaterThan(1e-9);
  }
  expect(history.at(-1)).toBe(stateValues);
});

test('a policy that is optimal stays', () => {
  const table = transitionTable('FrozenLake-v1');
  const { policy, stateValues } = policyIteration(table, 0.99);
  const again = policyIteration(table, 0.99, policy);
  expect(again.policy).toEqual(policy);
  expect(again.history).toEqual([stateValues]);
});

test('Taxi undiscounted: 7.93 on average over the first states', () => {
  const table = transitionTable('Taxi-v4');
  expect(startValue(table, policyIteration(table, 1).policy, 1)).toBeCloseTo(7.93, 2);
});

test('bad input is named', () => {
  const table = transitionTable('LectureGrid-v0');
  expect(() => policyIteration(table, -1)).toThrow(new RangeError('gamma: expected a number in [0, 1], got -1'));
  expect(() => policyIteration(table, 0.9, new Float64Array(24))).toThrow(
    new RangeError('policy: expected probabilities that sum to 1 in state 0, got 0'),
  );
  const alwaysUp = Float64Array.from({ length: 24 }, (_, pair) => (pair % 4 === 0 ? 1 : 0));
  expect(() => policyIteration(table, 1, alwaysUp)).toThrow(
    new RangeError('gamma: expected less than 1, since from state 0 the policy never ends, got 1'),
  );
});
