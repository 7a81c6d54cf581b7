import { Random, evaluate, type Policy, type TransitionTable } from '@gradus/core';
import { makeEnv, makeVectorEnv, transitionTable } from '@gradus/envs';
import {
  averageReward,
  backwardInduction,
  evaluatePolicy,
  finiteHorizonDistributions,
  finiteHorizonValues,
  greedyPolicy,
  stateDistribution,
  uniformPolicy,
  valueIteration,
} from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { maximumDifference, randomPolicy, randomTable } from '../support/random-tables.ts';

const seeds = [1, 2, 3];

/** The expected return of the first `horizon` steps, summed over all that can happen, one trajectory after the other. */
function enumerate(
  table: TransitionTable,
  policies: readonly ArrayLike<number>[],
  gamma: number,
  visit?: (step: number, state: number, probability: number) => void,
): number {
  let total = 0;
  const walk = (state: number, step: number, probability: number, sum: number): void => {
    visit?.(step, state, probability);
    for (let action = 0; action < table.numActions; action++) {
      for (const { probability: p, nextState, reward, terminated } of table.outcomes(state, action)) {
        const reached = probability * policies[step][state * table.numActions + action] * p;
        const earned = sum + gamma ** step * reward;
        if (terminated || step + 1 === policies.length) total += reached * earned;
        else walk(nextState, step + 1, reached, earned);
      }
    }
  };
  table.initialDistribution.forEach((probability, state) => {
    walk(state, 0, probability, 0);
  });
  return total;
}

describe('the values of a policy', () => {
  test.each(seeds)('are sums over all trajectories, be it one policy or one for each step (seed %i)', (seed) => {
    const table = randomTable(seed, 3, 2, 0.2);
    const policies = [0, 1, 2, 3].map((step) => randomPolicy(10 * seed + step, table));
    for (const gamma of [1, 0.7]) {
      const { startValue } = finiteHorizonValues(table, policies, { horizon: 4, gamma });
      expect(startValue).toBeCloseTo(enumerate(table, policies, gamma), 12);
      const same = finiteHorizonValues(table, policies[0], { horizon: 4, gamma });
      expect(same.startValue).toBeCloseTo(enumerate(table, policies.fill(policies[0]), gamma), 12);
    }
  });

  test('of one step are the rewards, and of no step 0', () => {
    const table = randomTable(4, 5, 2);
    const policy = randomPolicy(4, table);
    const { stateValues, actionValues } = finiteHorizonValues(table, policy, { horizon: 1 });
    expect(stateValues.length).toBe(2);
    expect([...stateValues[1]]).toEqual([0, 0, 0, 0, 0]);
    for (let pair = 0; pair < 10; pair++) {
      const outcomes = table.outcomes(Math.floor(pair / 2), pair % 2);
      const reward = outcomes.reduce((sum, o) => sum + o.probability * o.reward, 0);
      expect(actionValues[0][pair]).toBeCloseTo(reward, 14);
    }
  });

  test('of long horizons are the discounted ones, and, a step, the average reward', () => {
    const table = randomTable(5, 6, 3, 0);
    const policy = randomPolicy(5, table);
    const { stateValues } = finiteHorizonValues(table, policy, { horizon: 400, gamma: 0.9 });
    expect(maximumDifference(stateValues[0], evaluatePolicy(table, policy, 0.9))).toBeLessThan(1e-12);
    const undiscounted = finiteHorizonValues(table, policy, { horizon: 400 }).stateValues;
    // One step more is worth what a step is worth.
    expect(
      maximumDifference(
        undiscounted[0],
        undiscounted[1].map((v) => v + averageReward(table, policy)),
      ),
    ).toBeLessThan(1e-9);
  });
});

describe('state distributions', () => {
  test.each(seeds)('are those of all trajectories (seed %i)', (seed) => {
    const table = randomTable(seed, 3, 2, 0.3);
    const policies = [0, 1, 2, 3].map((step) => randomPolicy(10 * seed + step, table));
    const counted = policies.map(() => new Float64Array(3));
    enumerate(table, policies, 1, (step, state, probability) => (counted[step][state] += probability));
    const distributions = finiteHorizonDistributions(table, policies, { horizon: 4 });
    expect(distributions.length).toBe(4);
    distributions.forEach((d, step) => {
      expect(maximumDifference(d, counted[step])).toBeLessThan(1e-13);
    });
    const stationary = finiteHorizonDistributions(table, policies[0], { horizon: 4 });
    expect(maximumDifference(stationary[3], stateDistribution(table, policies[0], 3))).toBeLessThan(1e-14);
  });

  test('and rewards make the start value: J = Σ γ^h Σ d_h(s) R_h(s)', () => {
    const table = randomTable(7);
    const policy = randomPolicy(7, table);
    const options = { horizon: 20, gamma: 0.95 };
    const rewards = finiteHorizonValues(table, policy, { horizon: 1 }).stateValues[0];
    const sum = finiteHorizonDistributions(table, policy, { horizon: 20 }).reduce(
      (total, d, h) => total + 0.95 ** h * d.reduce((part, p, state) => part + p * rewards[state], 0),
      0,
    );
    expect(sum).toBeCloseTo(finiteHorizonValues(table, policy, options).startValue, 12);
  });
});

describe('backward induction', () => {
  test.each(seeds)('finds the best of all policies of all steps (seed %i)', (seed) => {
    const table = randomTable(seed, 2, 2, 0.2);
    // 2 actions in 2 states at 3 steps: 64 deterministic policies.
    const deterministic = Array.from({ length: 64 }, (_, code) =>
      [0, 1, 2].map((step) => {
        const policy = new Float64Array(4);
        for (const state of [0, 1]) policy[2 * state + ((code >> (2 * step + state)) & 1)] = 1;
        return policy;
      }),
    );
    for (const gamma of [1, 0.6]) {
      const best = backwardInduction(table, { horizon: 3, gamma });
      const values = deterministic.map((policies) => enumerate(table, policies, gamma));
      expect(best.startValue).toBeCloseTo(
        values.reduce((most, value) => Math.max(most, value)),
        12,
      );
      const own = finiteHorizonValues(table, best.policies, { horizon: 3, gamma });
      for (const h of [0, 1, 2, 3]) expect(own.stateValues[h]).toEqual(best.stateValues[h]);
      expect(own.actionValues).toEqual(best.actionValues);
    }
  });

  test('its policy depends on the steps that are left', () => {
    // The goal is six steps away.
    const table = transitionTable('FrozenLake-v1', { isSlippery: false, maxEpisodeSteps: 6 });
    expect(backwardInduction(table).startValue).toBe(1);
    expect(backwardInduction(table, { horizon: 5 }).startValue).toBe(0);
  });

  test('of long horizons is value iteration', () => {
    const table = randomTable(9);
    const { stateValues, policies } = backwardInduction(table, { horizon: 400, gamma: 0.9 });
    const optimal = valueIteration(table, 0.9);
    expect(maximumDifference(stateValues[0], optimal.stateValues)).toBeLessThan(1e-8);
    expect(policies[0]).toEqual(greedyPolicy(optimal.actionValues, table.numActions));
  });
});

describe('a time limit', () => {
  test('is part of an environment’s table, and of environments made of a table', () => {
    expect(transitionTable('FrozenLake-v1').horizon).toBe(100);
    expect(transitionTable('FrozenLake8x8-v1').horizon).toBe(200);
    expect(transitionTable('FrozenLake-v1', { maxEpisodeSteps: 7 }).horizon).toBe(7);
    expect(transitionTable('Taxi-v4').horizon).toBe(200);
    expect(transitionTable('CliffWalking-v1').horizon).toBe(Infinity);
    expect(transitionTable('FrozenLake-v1').withHorizon(Infinity).horizon).toBe(Infinity);
  });

  test('the optimum of FrozenLake-v1 is what its policies, one for each step, earn there', () => {
    const table = transitionTable('FrozenLake-v1');
    const { startValue, policies } = backwardInduction(table);
    const rows = 200;
    const env = makeVectorEnv('FrozenLake-v1', rows);
    // Each copy is at a step of its own.
    const steps = new Int32Array(rows);
    const actions = new Int32Array(rows);
    let successes = 0;
    let episodes = 0;
    env.reset({ seed: 3 });
    while (episodes < 20_000) {
      for (let i = 0; i < rows; i++) {
        const state = env.observations[i];
        actions[i] = policies[steps[i]].subarray(4 * state, 4 * state + 4).indexOf(1);
      }
      env.step(actions);
      for (let i = 0; i < rows; i++) {
        steps[i]++;
        if (env.terminated[i] + env.truncated[i] === 0) continue;
        successes += env.episodeReturns[i];
        episodes++;
        steps[i] = 0;
      }
    }
    const error = Math.sqrt((startValue * (1 - startValue)) / episodes);
    expect(Math.abs(successes / episodes - startValue)).toBeLessThan(4 * error);
    // Within 100 steps, 0.7443 of the 14 / 17 that patience would earn; and no stationary policy earns more.
    expect(startValue).toBeGreaterThan(0.74);
    expect(startValue).toBeLessThan(14 / 17);
    const greedy = greedyPolicy(valueIteration(table, 1).actionValues, 4);
    expect(finiteHorizonValues(table, greedy).startValue).toBeLessThanOrEqual(startValue);
  });

  test('cuts returns to the values of a random policy', () => {
    const options = { maxEpisodeSteps: 12 };
    const table = transitionTable('FrozenLake-v1', options);
    const expected = finiteHorizonValues(table, uniformPolicy(table)).startValue;
    const random = new Random(1);
    const policy: Policy = { act: () => random.integer(4) };
    const episodes = 20_000;
    const { meanReturn } = evaluate(policy, makeEnv('FrozenLake-v1', options), { episodes, seed: 5 });
    const error = Math.sqrt((expected * (1 - expected)) / episodes);
    expect(Math.abs(meanReturn - expected)).toBeLessThan(4 * error);
  });
});

test('what is wrong is said', () => {
  const table = randomTable(1, 3, 2);
  const policy = randomPolicy(1, table);
  const cases: [() => unknown, string][] = [
    [() => finiteHorizonValues(table, policy), 'expected horizon to be given, since the table has none'],
    [
      () => backwardInduction(table, { horizon: 0 }),
      'finite horizon: expected horizon to be a positive integer, got 0',
    ],
    [() => backwardInduction(table, { horizon: 1.5 }), 'got 1.5'],
    [() => backwardInduction(table, { horizon: '5' as unknown as number }), 'got "5"'],
    [() => backwardInduction(table, { horizon: 1e15 }), 'expected values that fit into memory, got 44703483.6 GiB'],
    [() => backwardInduction(table, { horizon: 1, gamma: 2 }), 'expected gamma to be a number in [0, 1], got 2'],
    [() => backwardInduction(table, { steps: 1 } as object), "finite horizon: unknown option 'steps'"],
    [() => backwardInduction(table, null as unknown as object), 'expected an object of options, got null'],
    [() => backwardInduction('lake' as never), 'table: expected a TransitionTable, got "lake"'],
    [() => finiteHorizonValues(table, [policy], { horizon: 2 }), 'policy: expected one for each of 2 steps, got 1'],
    [() => finiteHorizonValues(table, [], { horizon: 2 }), 'policy: expected 6 numbers, got 0'],
    [() => finiteHorizonDistributions(table, policy.slice(1), { horizon: 2 }), 'policy: expected 6 numbers, got 5'],
    [() => table.withHorizon(-1), 'expected horizon to be a positive integer or Infinity, got -1'],
  ];
  for (const [run, message] of cases) {
    expect(run).toThrow(RangeError);
    expect(run).toThrow(message);
  }
});
