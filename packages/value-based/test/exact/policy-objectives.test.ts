import { Random, TransitionTable } from '@gradus/core';
import { expect, test } from 'vitest';
import {
  averageReward,
  averageValue,
  discountedStateDistribution,
  startValue,
  stateDistribution,
  stationaryStateDistribution,
} from '@gradus/value-based';
import { policyChain } from '../../src/exact/policy-chain.ts';
import { maximumDifference, randomPolicy, randomTable } from '../support/random-tables.ts';

const gamma = 0.8;
const table = randomTable(3);
const policy = randomPolicy(3, table);

const sum = (values: Iterable<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

/** A chain that goes from state to state as `next` says, and never ends. */
function cycle(next: readonly number[], initialDistribution: readonly number[]): TransitionTable {
  return new TransitionTable({
    numStates: next.length,
    numActions: 1,
    initialDistribution,
    outcomes: (state) => [{ probability: 1, nextState: next[state], reward: state, terminated: false }],
  });
}

interface Step {
  readonly state: number;
  readonly reward: number;
  readonly terminated: boolean;
}

/** Plays episodes one after another for `length` steps. */
function play(seed: number, length: number): Step[] {
  const random = new Random(seed);
  const draw = (probabilities: ArrayLike<number>): number => {
    let rest = random.nextFloat();
    for (let i = 0; i < probabilities.length - 1; i++) {
      rest -= probabilities[i];
      if (rest < 0) return i;
    }
    return probabilities.length - 1;
  };
  let state = draw(table.initialDistribution);
  return Array.from({ length }, () => {
    const action = draw(policy.subarray(state * table.numActions, (state + 1) * table.numActions));
    const outcomes = table.outcomes(state, action);
    const { nextState, reward, terminated } = outcomes[draw(outcomes.map(({ probability }) => probability))];
    const step = { state, reward, terminated };
    state = terminated ? draw(table.initialDistribution) : nextState;
    return step;
  });
}

/** The returns that follow each step until its episode ends. The last ones, which were cut off, are left out. */
function returns(steps: readonly Step[]): number[] {
  const result = new Array<number>(steps.length);
  let following = 0;
  for (let t = steps.length - 1; t >= 0; t--) {
    following = steps[t].reward + (steps[t].terminated ? 0 : gamma * following);
    result[t] = following;
  }
  return result.slice(0, -200);
}

/** Expects the mean of the (independent) samples within four standard errors. */
function expectMean(samples: readonly number[], expected: number): void {
  const mean = sum(samples) / samples.length;
  const variance = sum(samples.map((x) => (x - mean) ** 2)) / (samples.length - 1);
  expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(variance / samples.length));
}

const runs = Array.from({ length: 200 }, (_, seed) => play(seed, 1200));
/** Steps after which the first state is forgotten. */
const settled = 200;

test('the start value is the mean return of episodes', () => {
  expectMean(
    runs.map((steps) => returns(steps)[0]),
    startValue(table, policy, gamma),
  );
});

test('the average value is the mean return over all steps, the average reward the mean reward', () => {
  expectMean(
    runs.map((steps) => {
      const values = returns(steps).slice(settled);
      return sum(values) / values.length;
    }),
    averageValue(table, policy, gamma),
  );
  expectMean(
    runs.map((steps) => sum(steps.slice(settled).map(({ reward }) => reward)) / (steps.length - settled)),
    averageReward(table, policy),
  );
});

test('the distributions are those of the states played', () => {
  const stationary = stationaryStateDistribution(table, policy);
  expect(sum(stationary)).toBeCloseTo(1, 12);
  const third = stateDistribution(table, policy, 2);
  for (let state = 0; state < table.numStates; state++) {
    expectMean(
      runs.map((steps) => steps.slice(settled).filter((step) => step.state === state).length / (1200 - settled)),
      stationary[state],
    );
    const isThird = (steps: readonly Step[]): boolean =>
      steps[2].state === state && !steps[0].terminated && !steps[1].terminated;
    expectMean(
      runs.map((steps) => Number(isThird(steps))),
      third[state],
    );
  }
});

test('the discounted distribution is (1 − γ) Σ γᵗ dₜ, and gives the start value: J₁ = Σ d R_π / (1 − γ)', () => {
  const discounted = discountedStateDistribution(table, policy, gamma);
  const summed = new Float64Array(table.numStates);
  for (let t = 0; t < 150; t++) {
    stateDistribution(table, policy, t).forEach((p, state) => (summed[state] += (1 - gamma) * gamma ** t * p));
  }
  expect(maximumDifference(discounted, summed)).toBeLessThan(1e-12);
  const { rewards } = policyChain(table, policy);
  const value = sum(discounted.map((p, state) => p * rewards[state])) / (1 - gamma);
  expect(value).toBeCloseTo(startValue(table, policy, gamma), 12);
});

test('where episodes never end, J_avV = J_avR / (1 − γ), and the discounted distribution sums to 1', () => {
  const endless = randomTable(5, 10, 2, 0);
  const itsPolicy = randomPolicy(5, endless);
  const reward = averageReward(endless, itsPolicy);
  expect(averageValue(endless, itsPolicy, gamma)).toBeCloseTo(reward / (1 - gamma), 11);
  expect(sum(discountedStateDistribution(endless, itsPolicy, gamma))).toBeCloseTo(1, 12);
});

test('a cycle is everywhere alike, and states that are left for good or never entered nowhere', () => {
  // 0 → 1 → 2 → 1, and 3 by itself, where nobody starts.
  const table = cycle([1, 2, 1, 3], [1, 0, 0, 0]);
  expect(maximumDifference(stationaryStateDistribution(table, [1, 1, 1, 1]), [0, 0.5, 0.5, 0])).toBeLessThan(1e-14);
  expect(averageReward(table, [1, 1, 1, 1])).toBeCloseTo(1.5, 14);
  expect(Array.from(stateDistribution(table, [1, 1, 1, 1], 0))).toEqual([1, 0, 0, 0]);
  expect(Array.from(stateDistribution(table, [1, 1, 1, 1], 4))).toEqual([0, 0, 1, 0]);
});

test('bad input is named', () => {
  const apart = cycle([0, 1], [0.5, 0.5]);
  expect(() => stationaryStateDistribution(apart, [1, 1])).toThrow(
    new RangeError(
      'policy: expected one with a single stationary distribution, but the chain may stay in several parts',
    ),
  );
  expect(() => discountedStateDistribution(apart, [1, 1], 1)).toThrow(
    new RangeError('gamma: expected a number in [0, 1), got 1'),
  );
  expect(() => stateDistribution(apart, [1, 1], -1)).toThrow(
    new RangeError('step: expected an integer of at least 0, got -1'),
  );
  expect(() => averageReward(apart, [1, 0])).toThrow(
    new RangeError('policy: expected probabilities that sum to 1 in state 1, got 0'),
  );
});
