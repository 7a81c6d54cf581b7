import { evaluate, linear, type TransitionTable } from '@gradus/core';
import { makeVectorEnv, transitionTable } from '@gradus/envs';
import {
  DoubleQLearning,
  ExpectedSarsa,
  MonteCarloControl,
  NStepQLearning,
  NStepSarsa,
  QLambda,
  QLearning,
  Sarsa,
  SarsaLambda,
  boltzmann,
  epsilonGreedy,
  greedyPolicy,
  policyIteration,
  startValue,
  stateDistribution,
  upperConfidence,
  visitStepSize,
} from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import type { TabularAgent, TabularAgentClass } from '../support/tabular-agent.ts';

const seeds = [0, 1, 2, 3, 4];

function train(Class: TabularAgentClass, id: string, options: object, steps: number): TabularAgent {
  const agent = new Class(makeVectorEnv(id, 1), options);
  Array.from(agent.learn({ steps }));
  return agent;
}

/** The expected return of the greedy policy, exactly. */
function greedyValue(agent: TabularAgent, table: TransitionTable, gamma: number): number {
  return startValue(table, greedyPolicy(agent.values.table, agent.values.numActions), gamma);
}

const classes: readonly TabularAgentClass[] = [
  QLearning,
  Sarsa,
  ExpectedSarsa,
  DoubleQLearning,
  MonteCarloControl,
  NStepQLearning,
  NStepSarsa,
  SarsaLambda,
  QLambda,
];
const variants: [string, TabularAgentClass, object][] = [
  ...classes.map((Class): [string, TabularAgentClass, object] => [Class.name, Class, {}]),
  ["Peng's Q(λ)", QLambda, { variant: 'peng' }],
  ['Dutch traces', QLambda, { traces: 'dutch' }],
  ['Boltzmann', QLearning, { exploration: boltzmann(linear(30, 1)) }],
  ['UCB', QLearning, { exploration: upperConfidence(50), alpha: visitStepSize(0.7) }],
];

test.each(variants)("%s finds the best way from every square of the lecture's grid", (_name, Class, options) => {
  const table = transitionTable('LectureGrid-v0');
  for (const seed of seeds) {
    const agent = train(Class, 'LectureGrid-v0', { gamma: 0.9, ...options, seed }, 20_000);
    // The mean of V* = 90, 100, 81, 90 and 100.
    expect(greedyValue(agent, table, 0.9)).toBeCloseTo(92.2, 9);
  }
});

test.each([
  ['Q-learning', QLearning, seeds],
  ['Double Q-learning', DoubleQLearning, seeds.slice(0, 2)],
] as const)('FrozenLake-v1: %s succeeds in at least 0.72 of 10,000 episodes', (_name, Class, some) => {
  for (const seed of some) {
    const options = { alpha: linear(0.1, 0.001), exploration: epsilonGreedy(linear(1, 0.1)), seed };
    const agent = train(Class, 'FrozenLake-v1', options, 300_000);
    const env = makeVectorEnv('FrozenLake-v1', 100);
    expect(evaluate(agent, env, { episodes: 10_000, seed: 1000 * (seed + 1) }).meanReturn).toBeGreaterThanOrEqual(0.72);
  }
});

/** The mean return of an agent over all first states of Taxi, in which nothing is random: exactly what it earns. */
function taxiValue(agent: TabularAgent): number {
  const table = transitionTable('Taxi-v4');
  const total = table.initialDistribution.reduce((sum, probability, first) => {
    let [state, earned, isOver] = [first, 0, probability === 0];
    for (let step = 0; step < 200 && !isOver; step++) {
      const ways = Array.from({ length: 6 }, (_, action) => table.outcomes(state, action)[0]);
      // The environment's masks: actions that change the state.
      const actionMasks = Uint8Array.from(ways, ({ nextState }) => Number(nextState !== state));
      const { nextState, reward, terminated } = ways[Number(agent.act(state, { actionMasks }))];
      [state, earned, isOver] = [nextState, earned + reward, terminated];
    }
    return sum + probability * earned;
  }, 0);
  return total;
}

test.each([
  ['Q-learning', QLearning],
  ['SARSA', Sarsa],
  ['Expected SARSA', ExpectedSarsa],
  ['Double Q-learning', DoubleQLearning],
] as const)('Taxi-v4: %s with its defaults earns at least 7.9, where 7.93 is the optimum', (_name, Class) => {
  for (const seed of seeds.slice(0, 3)) {
    expect(taxiValue(train(Class, 'Taxi-v4', { seed }, 500_000))).toBeGreaterThanOrEqual(7.9);
  }
});

describe('CliffWalking-v1 with ε = 0.1 all along (Sutton and Barto, 2018, Example 6.6)', () => {
  /** The mean return of training episodes after the first hundred. */
  function online(Class: TabularAgentClass, seed: number): { agent: TabularAgent; meanReturn: number } {
    const options = { gamma: 1, alpha: 0.1, exploration: epsilonGreedy(0.1), seed };
    const agent = new Class(makeVectorEnv('CliffWalking-v1', 1), options);
    const returns = Array.from(agent.learn({ steps: 50_000 })).flatMap(({ finishedEpisodes }) =>
      finishedEpisodes.map((episode) => episode.return),
    );
    const counted = returns.slice(100);
    return { agent, meanReturn: counted.reduce((a, b) => a + b) / counted.length };
  }

  /** Steps from the start to the goal with the best actions, and the sum of their rewards. */
  function greedyPath(agent: TabularAgent): { length: number; return: number } {
    const env = makeVectorEnv('CliffWalking-v1', 1, { maxEpisodeSteps: 100 });
    const { lengths, returns } = evaluate(agent, env, { episodes: 1 });
    return { length: lengths[0], return: returns[0] };
  }

  test.each(seeds)('SARSA does better while it learns, Q-learning finds the shortest way, seed %i', (seed) => {
    const [sarsa, q] = [online(Sarsa, seed), online(QLearning, seed)];
    expect(sarsa.meanReturn).toBeGreaterThan(q.meanReturn + 10);
    expect(greedyPath(q.agent)).toEqual({ length: 13, return: -13 });
    // SARSA knows that it explores, and keeps away from the edge.
    expect(greedyPath(sarsa.agent).length).toBeGreaterThan(13);
  });
});

describe('Blackjack-v1', () => {
  const table = transitionTable('Blackjack-v1');
  const { policy } = policyIteration(table, 1);
  /** How often a state of the environment, which says nothing of naturals, is decided in by the optimal policy. */
  const weights = new Float64Array(table.numStates / 2);
  for (let step = 0; step < 22; step++) {
    stateDistribution(table, policy, step).forEach((probability, state) => (weights[state >> 1] += probability));
  }
  const totalWeight = weights.reduce((a, b) => a + b);

  test('basic strategy, as everybody knows it', () => {
    const sticks = (total: number, dealer: number, ace: number): boolean =>
      policy[2 * (((total * 11 + dealer) * 2 + ace) * 2)] === 1;
    expect([12, 13, 16].map((total) => sticks(total, 6, 0))).toEqual([true, true, true]);
    expect([12, 16].map((total) => sticks(total, 7, 0))).toEqual([false, false]);
    expect([sticks(12, 2, 0), sticks(17, 1, 0), sticks(17, 6, 1), sticks(18, 9, 1), sticks(18, 8, 1)]).toEqual([
      false,
      true,
      false,
      false,
      true,
    ]);
  });

  test.each(seeds.slice(0, 3))('Q-learning learns it in at least 0.95 of the states by visits, seed %i', (seed) => {
    const options = { gamma: 1, alpha: visitStepSize(), exploration: epsilonGreedy(linear(1, 0.1)), seed };
    const agent = train(QLearning, 'Blackjack-v1', options, 2_000_000);
    const learned = greedyPolicy(agent.values.table, 2);
    let matched = 0;
    weights.forEach((weight, state) => {
      if (learned[2 * state] === policy[4 * state]) matched += weight;
    });
    expect(matched / totalWeight).toBeGreaterThanOrEqual(0.95);
  });
});
