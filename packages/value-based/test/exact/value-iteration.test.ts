import { Random, TransitionTable, maximumValues } from '@gradus/core';
import { transitionTable } from '@gradus/envs';
import { expect, test } from 'vitest';
import { actionValues, evaluatePolicy, policyIteration, startValue, valueIteration } from '@gradus/value-based';
import { maximumDifference, randomTable } from '../support/random-tables.ts';

const seeds = [0, 1, 2, 3, 4];

test("the lecture's grid (S1.4): V* = [90, 100, goal; 81, 90, 100]", () => {
  const table = transitionTable('LectureGrid-v0');
  const { stateValues, actionValues: q, policy } = valueIteration(table, 0.9);
  expect(maximumDifference(stateValues, [90, 100, 0, 81, 90, 100])).toBeLessThan(1e-12);
  // Rows: states; columns: up, right, down, left. Moves over the edge, which the lecture leaves out, stay.
  const expected = [
    [81, 90, 72.9, 81],
    [90, 100, 81, 81],
    [0, 0, 0, 0],
    [81, 81, 72.9, 72.9],
    [90, 90, 81, 72.9],
    [100, 90, 90, 81],
  ].flat();
  expect(maximumDifference(q, expected)).toBeLessThan(1e-12);
  expect(maximumDifference(evaluatePolicy(table, policy, 0.9), stateValues)).toBeLessThan(1e-12);
});

test('one backup of a half-learned table of the grid: 0 + 0.9 · max(63, 81, 100) = 90 (S1.4)', () => {
  const table = transitionTable('LectureGrid-v0');
  const halfLearned = new Float64Array(6);
  halfLearned[1] = Math.max(63, 81, 100);
  expect(actionValues(table, halfLearned, 0.9)[1]).toBe(90);
});

test('a sweep contracts by γ, and does so to the point', () => {
  const random = new Random(1);
  for (const seed of seeds) {
    const table = randomTable(seed);
    const sweep = (v: Float64Array): Float64Array => maximumValues(actionValues(table, v, 0.9), table.numActions);
    const [x, y] = [0, 1].map(() => Float64Array.from({ length: table.numStates }, () => 10 * random.normal()));
    expect(maximumDifference(sweep(x), sweep(y))).toBeLessThanOrEqual(0.9 * maximumDifference(x, y) + 1e-12);
  }
  // Without ends, values that are all higher by c stay so by γ c.
  const endless = randomTable(9, 12, 3, 0);
  const zero = new Float64Array(12);
  const swept = [zero, zero.map(() => 7)].map((v) => actionValues(endless, v, 0.9));
  expect(maximumDifference(swept[0], swept[1])).toBeCloseTo(0.9 * 7, 12);
});

test.each(seeds)('stops within its bound of the optimum, as soon as it is (seed %i)', (seed) => {
  const table = randomTable(seed);
  const exact = policyIteration(table, 0.9);
  for (const tolerance of [1, 1e-3, 1e-9]) {
    const { stateValues, actionValues: q, policy, errorBound } = valueIteration(table, 0.9, { tolerance });
    expect(errorBound).toBeLessThanOrEqual(tolerance);
    expect(maximumDifference(stateValues, exact.stateValues)).toBeLessThanOrEqual(errorBound + 1e-12);
    expect(maximumDifference(q, exact.actionValues)).toBeLessThanOrEqual(0.9 * errorBound + 1e-12);
    const loss = maximumDifference(evaluatePolicy(table, policy, 0.9), exact.stateValues);
    expect(loss).toBeLessThanOrEqual(18 * errorBound + 1e-12);
  }
  const { sweeps } = valueIteration(table, 0.9, { tolerance: 1e-3 });
  expect(() => valueIteration(table, 0.9, { tolerance: 1e-3, maxSweeps: sweeps - 1 })).toThrow(RangeError);
});

test.each(['FrozenLake-v1', 'CliffWalking-v1', 'Taxi-v4'])(
  'value iteration, policy iteration and the linear solve agree on %s',
  (id) => {
    const table = transitionTable(id);
    const swept = valueIteration(table, 0.99);
    const exact = policyIteration(table, 0.99);
    expect(maximumDifference(swept.stateValues, exact.stateValues)).toBeLessThan(1e-8);
    expect(maximumDifference(evaluatePolicy(table, swept.policy, 0.99), exact.stateValues)).toBeLessThan(1e-8);
  },
);

test('known optima: FrozenLake at γ = 1 succeeds with 14 / 17, Taxi earns 7.93, CliffWalking −13', () => {
  const lake = transitionTable('FrozenLake-v1');
  expect(valueIteration(lake, 1, { tolerance: 1e-13 }).stateValues[0]).toBeCloseTo(14 / 17, 9);
  for (const [id, optimum, digits] of [
    ['Taxi-v4', 7.93, 2],
    ['CliffWalking-v1', -13, 9],
  ] as const) {
    const table = transitionTable(id);
    expect(startValue(table, valueIteration(table, 1).policy, 1)).toBeCloseTo(optimum, digits);
  }
});

test('bad input is named', () => {
  const paidForEver = new TransitionTable({
    numStates: 1,
    numActions: 1,
    initialDistribution: [1],
    outcomes: () => [{ probability: 1, nextState: 0, reward: 1, terminated: false }],
  });
  expect(() => valueIteration(paidForEver, 1, { maxSweeps: 100 })).toThrow(
    new RangeError('gamma: expected values that settle within 100 sweeps, but with 1 the last changed one by 1'),
  );
  expect(() => valueIteration(paidForEver, 2)).toThrow(new RangeError('gamma: expected a number in [0, 1], got 2'));
  expect(() => valueIteration(paidForEver, 0.9, { maxSweeps: 0 })).toThrow(/maxSweeps.*positive integer/);
});
