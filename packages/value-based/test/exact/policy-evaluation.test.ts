import { TransitionTable } from '@gradus/core';
import { transitionTable } from '@gradus/envs';
import { expect, test } from 'vitest';
import {
  actionValues,
  evaluatePolicy,
  evaluatePolicyIteratively,
  terminalStates,
  uniformPolicy,
} from '@gradus/value-based';
import { maximumDifference, randomPolicy, randomTable } from '../support/random-tables.ts';

const seeds = [0, 1, 2, 3, 4];

/** One state, one action; reward 1 for each step. */
function loop(terminated: boolean): TransitionTable {
  return new TransitionTable({
    numStates: 1,
    numActions: 1,
    initialDistribution: [1],
    outcomes: () => [{ probability: 1, nextState: 0, reward: 1, terminated }],
  });
}

test('random walks are worth i / (n + 1) undiscounted (Sutton and Barto, 2018, Example 6.2), their ends 0', () => {
  const table = transitionTable('RandomWalk-v0');
  const values = evaluatePolicy(table, uniformPolicy(table), 1);
  expect(maximumDifference(values, [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 0])).toBeLessThan(1e-14);
});

test('a reward of 1 for ever is worth 1 / (1 − γ), and 1 where the episode ends', () => {
  expect(evaluatePolicy(loop(false), [1], 0.75)[0]).toBeCloseTo(4, 14);
  expect(evaluatePolicy(loop(true), [1], 1)[0]).toBe(1);
});

test.each(seeds)("the solution satisfies Bellman's equations on random processes (seed %i)", (seed) => {
  const table = randomTable(seed);
  const policy = randomPolicy(seed, table);
  for (const gamma of [0, 0.5, 0.99, 1]) {
    const values = evaluatePolicy(table, policy, gamma);
    // Independent of the chain's matrices: outcome by outcome.
    const terminal = terminalStates(table);
    const right = Array.from(values, (_, s) => {
      if (terminal[s]) return 0;
      let sum = 0;
      for (let a = 0; a < table.numActions; a++) {
        for (const { probability, nextState, reward, terminated } of table.outcomes(s, a)) {
          const next = terminated ? 0 : gamma * values[nextState];
          sum += policy[s * table.numActions + a] * probability * (reward + next);
        }
      }
      return sum;
    });
    expect(maximumDifference(values, right)).toBeLessThan(1e-10);
  }
});

test.each(seeds)('sweeps end within their bound of the solution (seed %i)', (seed) => {
  const table = randomTable(seed);
  const policy = randomPolicy(seed, table);
  const exact = evaluatePolicy(table, policy, 0.9);
  for (const tolerance of [1, 1e-3, 1e-9]) {
    const { stateValues, errorBound } = evaluatePolicyIteratively(table, policy, 0.9, { tolerance });
    expect(errorBound).toBeLessThanOrEqual(tolerance);
    expect(maximumDifference(stateValues, exact)).toBeLessThanOrEqual(errorBound + 1e-12);
  }
});

test('undiscounted sweeps approach the solution where the policy ends', () => {
  const table = transitionTable('RandomWalk-v0');
  const policy = uniformPolicy(table);
  const { stateValues, errorBound } = evaluatePolicyIteratively(table, policy, 1, { tolerance: 1e-14 });
  expect(maximumDifference(stateValues, evaluatePolicy(table, policy, 1))).toBeLessThan(1e-12);
  expect(errorBound).toBe(Infinity);
});

test('terminal states are those that only ended episodes are in, and are worth 0 whatever the table says of them', () => {
  expect(Array.from(terminalStates(transitionTable('LectureGrid-v0')))).toEqual([0, 0, 1, 0, 0, 0]);
  // One can go on being paid in state 1, says the table, but no episode does.
  const table = new TransitionTable({
    numStates: 2,
    numActions: 1,
    initialDistribution: [1, 0],
    outcomes: (state) => [{ probability: 1, nextState: 1, reward: 5, terminated: state === 0 }],
  });
  expect(Array.from(terminalStates(table))).toEqual([0, 1]);
  expect(Array.from(evaluatePolicy(table, [1, 1], 1))).toEqual([5, 0]);
  expect(Array.from(evaluatePolicyIteratively(table, [1, 1], 0.9).stateValues)).toEqual([5, 0]);
  expect(Array.from(actionValues(table, [0, 0], 1))).toEqual([5, 0]);
});

test('bad input is named', () => {
  const table = transitionTable('LectureGrid-v0');
  const policy = uniformPolicy(table);
  const half = policy.map((p, pair) => (pair === 4 ? 0 : p));
  for (const evaluate of [evaluatePolicy, evaluatePolicyIteratively]) {
    expect(() => evaluate(table, half, 0.9)).toThrow(
      new RangeError('policy: expected probabilities that sum to 1 in state 1, got 0.75'),
    );
    expect(() => evaluate(table, [1], 0.9)).toThrow(new RangeError('policy: expected 24 numbers, got 1'));
    expect(() =>
      evaluate(
        table,
        policy.map((p, i) => (i ? p : -p)),
        0.9,
      ),
    ).toThrow(new RangeError('policy: expected probabilities of at least 0 in state 0, got -0.25'));
    for (const gamma of [-0.1, 1.1, NaN]) {
      expect(() => evaluate(table, policy, gamma)).toThrow(
        new RangeError(`gamma: expected a number in [0, 1], got ${gamma}`),
      );
    }
  }
  expect(() => evaluatePolicy(loop(false), [1], 1)).toThrow(
    new RangeError('gamma: expected less than 1, since from state 0 the policy never ends, got 1'),
  );
  expect(() => evaluatePolicyIteratively(loop(false), [1], 1, { maxSweeps: 10 })).toThrow(
    new RangeError('gamma: expected values that settle within 10 sweeps, but with 1 the last changed one by 1'),
  );
  expect(() => evaluatePolicyIteratively(table, policy, 0.9, { tolerance: 0 })).toThrow(/tolerance.*positive number/);
  expect(() => actionValues(table, [0], 0.9)).toThrow(new RangeError('stateValues: expected 6 numbers, got 1'));
});
