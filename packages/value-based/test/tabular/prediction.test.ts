import { dynamicsFromTable, vectorEnvFromDynamics, type TransitionTable, type VectorEnv } from '@gradus/core';
import { makeEnv, makeVectorEnv, transitionTable } from '@gradus/envs';
import {
  evaluatePolicy,
  monteCarloPrediction,
  tdLambda,
  temporalDifferencePrediction,
  uniformPolicy,
  visitStepSize,
  type PredictionOptions,
} from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { maximumDifference, randomPolicy, randomTable } from '../support/random-tables.ts';
import { episodesOf, recordingEnv, type RecordedStep } from '../support/recording-env.ts';

const gamma = 0.9;
const LIMIT = 7;

function copyOf(table: TransitionTable): VectorEnv {
  return vectorEnvFromDynamics(dynamicsFromTable(table), 1);
}

/** Plays 60 episodes, some cut off, and gives what was learned and the episodes. */
function learn(predict: (env: ReturnType<typeof recordingEnv>, policy: Float64Array) => Float64Array): {
  learned: Float64Array;
  episodes: RecordedStep[][];
} {
  const log: RecordedStep[] = [];
  const table = randomTable(4, 6, 3);
  const learned = predict(recordingEnv(table, log, LIMIT), randomPolicy(1, table));
  expect(log.some(({ truncated }) => truncated) && log.some(({ terminated }) => terminated)).toBe(true);
  return { learned, episodes: episodesOf(log).filter((episode) => episode.length > 0) };
}

describe('against the formulas, with plain lists', () => {
  const episodes = 60;

  test.each(['first', 'every'] as const)('Monte Carlo, %s visits: means of returns', (visits) => {
    const { learned, episodes: played } = learn((env, policy) =>
      monteCarloPrediction(env, policy, { episodes, gamma, visits }),
    );
    const values = new Array<number>(6).fill(0);
    const returns = values.map((): number[] => []);
    for (const episode of played) {
      const last = episode[episode.length - 1];
      const tail = last.terminated ? 0 : values[last.nextState];
      episode.forEach(({ state }, t) => {
        if (visits === 'first' && episode.findIndex((step) => step.state === state) < t) return;
        const rest = episode.slice(t);
        const rewards = rest.reduce((sum, { reward }, k) => sum + gamma ** k * reward, 0);
        returns[state].push(rewards + gamma ** rest.length * tail);
        values[state] = returns[state].reduce((a, b) => a + b) / returns[state].length;
      });
    }
    expect(maximumDifference(learned, values)).toBeLessThan(1e-12);
  });

  test.each([1, 3, 50])('%i-step TD', (n) => {
    const { learned, episodes: played } = learn((env, policy) =>
      temporalDifferencePrediction(env, policy, { episodes, gamma, nSteps: n, alpha: 0.2 }),
    );
    const values = new Array<number>(6).fill(0);
    for (const episode of played) {
      episode.forEach((step, now) => {
        const ends = step.terminated || step.truncated;
        const tail = step.terminated ? 0 : values[step.nextState];
        for (let t = Math.max(0, now - n + 1); t <= (ends ? now : now - n + 1); t++) {
          const rest = episode.slice(t, now + 1);
          const rewards = rest.reduce((sum, { reward }, k) => sum + gamma ** k * reward, 0);
          values[episode[t].state] += 0.2 * (rewards + gamma ** rest.length * tail - values[episode[t].state]);
        }
      });
    }
    expect(maximumDifference(learned, values)).toBeLessThan(1e-12);
  });
});

describe('identities', () => {
  const table = randomTable(4, 6, 3);
  const policy = randomPolicy(1, table);
  const options = { episodes: 50, gamma, alpha: 0.2, seed: 2 };

  test('n-step TD with n beyond the longest episode is every-visit Monte Carlo, to the bit', () => {
    const learned = temporalDifferencePrediction(copyOf(table), policy, { ...options, nSteps: 1000 });
    expect(learned).toStrictEqual(monteCarloPrediction(copyOf(table), policy, { ...options, visits: 'every' }));
  });

  test('the same seed gives the same values, another one others', () => {
    const [first, second, other] = [2, 2, 3].map((seed) =>
      tdLambda(copyOf(table), policy, { ...options, lambda: 0.5, seed }),
    );
    expect(first).toStrictEqual(second);
    expect(first).not.toEqual(other);
  });

  test('initial values are where learning starts, and each episode is told', () => {
    const told: number[] = [];
    const initialValues = [1, 2, 3, 4, 5, 6];
    const learned = temporalDifferencePrediction(copyOf(table), policy, {
      ...options,
      alpha: 0,
      initialValues,
      onEpisode: (episode, values) => told.push(episode, values[5]),
    });
    expect([...learned]).toEqual(initialValues);
    expect(told).toEqual(Array.from({ length: 50 }, (_, i) => [i + 1, 6]).flat());
  });
});

// Means over 20,000 episodes: the standard error of a state's value is at most 0.5 / √(visits), and each state is visited in more than a
// tenth of the episodes, so that 0.05 is more than four of them.
describe('the random walk of five states, γ = 1, whose values are i / 6', () => {
  const policy = uniformPolicy(transitionTable('RandomWalk-v0'));
  const expected = [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 0];
  const options: PredictionOptions = { episodes: 20_000, gamma: 1, alpha: visitStepSize() };

  test.each(['first', 'every'] as const)('Monte Carlo, %s visits', (visits) => {
    const learned = monteCarloPrediction(makeEnv('RandomWalk-v0'), policy, { ...options, visits });
    expect(maximumDifference(learned, expected)).toBeLessThan(0.05);
  });

  test.each([1, 4])('%i-step TD with falling steps', (n) => {
    const learned = temporalDifferencePrediction(makeVectorEnv('RandomWalk-v0', 1), policy, {
      ...options,
      alpha: visitStepSize(0.8),
      nSteps: n,
    });
    expect(maximumDifference(learned, expected)).toBeLessThan(0.05);
  });

  test.each(['accumulating', 'replacing', 'dutch'] as const)('TD(0.8) with %s traces', (traces) => {
    const learned = tdLambda(makeVectorEnv('RandomWalk-v0', 1), policy, {
      ...options,
      alpha: visitStepSize(0.8),
      lambda: 0.8,
      traces,
    });
    expect(maximumDifference(learned, expected)).toBeLessThan(0.05);
  });
});

test('a stochastic policy is followed: Blackjack, sticking with 20 or more', () => {
  const table = transitionTable('Blackjack-v1');
  const numPairs = table.numStates * 2;
  // States of the table say besides whether there is a natural, those of the environment do not.
  const full = Float64Array.from({ length: numPairs }, (_, pair) =>
    (Math.floor(pair / 88) >= 20 ? 0.75 : 0) === 0 ? pair % 2 : pair % 2 === 0 ? 0.75 : 0.25,
  );
  const seen = Float64Array.from({ length: numPairs / 2 }, (_, pair) => full[4 * Math.floor(pair / 2) + (pair % 2)]);
  const learned = monteCarloPrediction(makeVectorEnv('Blackjack-v1', 1), seen, { episodes: 200_000, gamma: 1 });
  const exact = evaluatePolicy(table, full, 1);
  // 18 and 20 against a ten, without a usable ace: no naturals among them.
  for (const total of [18, 20]) {
    const state = (total * 11 + 10) * 2;
    expect(Math.abs(learned[state] - exact[2 * state])).toBeLessThan(0.05);
  }
});

test('bad input is named', () => {
  const table = randomTable(4, 6, 3);
  const options = { episodes: 10, gamma };
  expect(() => tdLambda(copyOf(table), uniformPolicy(table), { ...options, lambda: 7 })).toThrow(
    new RangeError('tdLambda: expected lambda to be a number in [0, 1], got 7'),
  );
  expect(() => monteCarloPrediction(copyOf(table), uniformPolicy(table), { ...options, episodes: 0 })).toThrow(
    new RangeError('monteCarloPrediction: expected episodes to be a positive integer, got 0'),
  );
  expect(() => temporalDifferencePrediction(copyOf(table), new Float64Array(18), options)).toThrow(
    new RangeError('policy: expected probabilities that sum to 1 in state 0, got 0'),
  );
  expect(() =>
    temporalDifferencePrediction(copyOf(table), uniformPolicy(table), { ...options, initialValues: [0] }),
  ).toThrow(new RangeError('initialValues: expected 6 numbers, got 1'));
  expect(() => tdLambda(copyOf(table), uniformPolicy(table), { ...options, lambda: 0, initialValues: [NaN] })).toThrow(
    new RangeError('tdLambda: expected initialValues to be a list of finite numbers, got [NaN]'),
  );
  expect(() => temporalDifferencePrediction(makeVectorEnv('RandomWalk-v0', 2), new Float64Array(7), options)).toThrow(
    new RangeError('temporalDifferencePrediction: expected one copy of the environment, got 2'),
  );
});
