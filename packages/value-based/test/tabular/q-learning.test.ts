import { Random, TransitionTable, dynamicsFromTable, vectorEnvFromDynamics, type VectorEnv } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { QLearning, epsilonGreedy, policyIteration, visitStepSize } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { maximumDifference, randomTable } from '../support/random-tables.ts';

const seeds = [0, 1, 2, 3, 4];
const uniform = epsilonGreedy(1);

/** Makes step number `step`. */
function learnTo(agent: QLearning, step: number): void {
  Array.from(agent.learn({ steps: step }));
}

/** One copy of the environment that a table describes. */
function copyOf(table: TransitionTable): VectorEnv {
  return vectorEnvFromDynamics(dynamicsFromTable(table), 1);
}

/** A random deterministic world with rewards in [0, 1]: 8 states, 3 actions. */
function deterministicTable(seed: number): TransitionTable {
  const random = new Random(seed);
  const numStates = 8;
  return new TransitionTable({
    numStates,
    numActions: 3,
    initialDistribution: new Array(numStates).fill(1 / numStates),
    outcomes: () => [
      {
        probability: 1,
        nextState: random.integer(numStates),
        reward: random.nextFloat(),
        terminated: random.nextFloat() < 0.15,
      },
    ],
  });
}

describe('the deterministic rule (S2.2), with rewards of at least 0 and a table of zeros', () => {
  const gamma = 0.9;
  const cases = seeds.flatMap((seed) =>
    [uniform, epsilonGreedy(0.3)].map((exploration) => ({ seed, exploration, epsilon: exploration.level })),
  );

  test.each(cases)('grows monotonically and stays below Q*: seed $seed, ε = $epsilon', ({ seed, exploration }) => {
    const table = deterministicTable(seed);
    const { actionValues: optimal } = policyIteration(table, gamma);
    const agent = new QLearning(copyOf(table), { gamma, alpha: 1, exploration, seed });
    let before = agent.values.table.slice();
    for (let step = 1; step <= 1500; step++) {
      learnTo(agent, step);
      const after = agent.values.table;
      expect(after.every((value, pair) => value >= before[pair])).toBe(true);
      expect(after.every((value, pair) => value <= optimal[pair] + 1e-12)).toBe(true);
      before = after.slice();
    }
    // It did move.
    expect(Math.max(...before)).toBeGreaterThan(0);
  });

  test.each(seeds)('the largest error shrinks by γ or more in each interval with every pair: seed %i', (seed) => {
    const table = deterministicTable(seed);
    const { actionValues: optimal } = policyIteration(table, gamma);
    const agent = new QLearning(copyOf(table), {
      gamma,
      alpha: 1,
      exploration: uniform,
      seed,
    });
    let visitsBefore = agent.values.visits.slice();
    let errorBefore = maximumDifference(agent.values.table, optimal);
    let intervals = 0;
    for (let step = 1; intervals < 25; step++) {
      learnTo(agent, step);
      if (!agent.values.visits.every((count, pair) => count > visitsBefore[pair])) continue;
      const error = maximumDifference(agent.values.table, optimal);
      expect(error).toBeLessThanOrEqual(gamma * errorBefore + 1e-12);
      [visitsBefore, errorBefore] = [agent.values.visits.slice(), error];
      intervals++;
    }
    expect(errorBefore).toBeLessThan(0.9 ** 25 * 10);
  });
});

describe("the lecture's grid (S1.4)", () => {
  /** Rows: states; columns: up, right, down, left. NaN: not legal there. */
  const legal = [
    [NaN, 90, 72.9, NaN],
    [NaN, 100, 81, 81],
    [NaN, NaN, NaN, NaN],
    [81, 81, NaN, NaN],
    [90, 90, NaN, 72.9],
    [100, NaN, NaN, 81],
  ].flat();

  const grid = (): VectorEnv => makeVectorEnv('LectureGrid-v0', 1, { maxEpisodeSteps: Infinity });

  test.each([0, 1000])('Q* = 100, 90, 81, 72.9 among the legal moves, from a table of %i', (initialValue) => {
    const agent = new QLearning(grid(), { gamma: 0.9, alpha: 1, exploration: uniform, initialValue });
    learnTo(agent, 20_000);
    // What is not legal is never tried and, however good it may look, never counts.
    const expected = legal.map((value) => (Number.isNaN(value) ? initialValue : value));
    expect(maximumDifference(agent.values.table, expected)).toBeLessThan(1e-9);
    expect(agent.values.visits.every((count, pair) => count > 0 !== Number.isNaN(legal[pair]))).toBe(true);
  });

  test('one backup of a half-learned table: 0 + 0.9 · max(63, 81, 100) = 90', () => {
    const agent = new QLearning(grid(), { gamma: 0.9, alpha: 1, exploration: uniform });
    const right = 1;
    for (let step = 1; agent.values.visits[right] === 0; step++) {
      agent.values.table.fill(0).set([0, 100, 63, 81], 4);
      learnTo(agent, step);
    }
    expect(agent.values.table[right]).toBe(90);
  });
});

/** The table with its rewards moved and scaled to [0, 1]. */
function withUnitRewards(table: TransitionTable): TransitionTable {
  const low = Math.min(...table.rewards);
  const range = Math.max(...table.rewards) - low;
  const { numStates, numActions, initialDistribution } = table;
  return new TransitionTable({
    numStates,
    numActions,
    initialDistribution,
    outcomes: (state, action) =>
      table.outcomes(state, action).map((outcome) => ({ ...outcome, reward: (outcome.reward - low) / range })),
  });
}

test.each(seeds)('α = 1 / (1 + visits) (S2.3): within 0.02 of Q* at γ = 0.5, random process %i', (seed) => {
  const table = withUnitRewards(randomTable(seed));
  const agent = new QLearning(copyOf(table), {
    gamma: 0.5,
    alpha: visitStepSize(1, 1),
    exploration: uniform,
    seed,
  });
  learnTo(agent, 1_000_000);
  expect(maximumDifference(agent.values.table, policyIteration(table, 0.5).actionValues)).toBeLessThan(0.02);
});
