import { Discrete, Random, type Env } from '@gradus/core';
import { DoubleQLearning, QLearning, epsilonGreedy, visitStepSize } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';

const ARMS = 10;
const MEAN = -0.1;
/** States: A, where an episode starts, and B, to which left leads. */
const [A, B] = [0, 1];

/**
 * The example of maximization bias (Sutton and Barto, 2018, Example 6.7): from A right ends the episode, left leads to B, both without reward; any
 * action in B ends it with a reward of mean −0.1, here ±1 rather than normal. In A the first half of the actions mean right, the others left,
 * in B all are arms.
 */
function biasedEnv(seed: number): Env<number, number> {
  // Not the numbers that the agent with this seed draws.
  const random = new Random(seed + runs);
  let state = A;
  return {
    observationSpace: new Discrete(2),
    actionSpace: new Discrete(ARMS),
    reset() {
      state = A;
      return { observation: A };
    },
    step(action) {
      if (state === B) {
        const reward = random.nextFloat() < (1 + MEAN) / 2 ? 1 : -1;
        return { observation: A, reward, terminated: true, truncated: false };
      }
      const isLeft = action >= ARMS / 2;
      state = isLeft ? B : A;
      return { observation: state, reward: 0, terminated: !isLeft, truncated: false };
    },
  };
}

const runs = 400;
const seeds = Array.from({ length: runs }, (_, seed) => seed);

/** E[max of the means of nₐ rewards of ±1], exactly: the distribution of the largest is the product of those of the means. */
function expectedMaximum(counts: readonly number[]): number {
  const distributions = counts.map((n) => {
    const p = (1 + MEAN) / 2;
    let probability = (1 - p) ** n;
    return Array.from({ length: n + 1 }, (_, k) => {
      const entry = { value: (2 * k) / n - 1, probability };
      probability *= ((n - k) / (k + 1)) * (p / (1 - p));
      return entry;
    });
  });
  const values = [...new Set(distributions.flatMap((all) => all.map(({ value }) => value)))].sort((x, y) => x - y);
  let [expectation, before] = [0, 0];
  for (const value of values) {
    const below = distributions
      .map((all) => all.reduce((sum, entry) => (entry.value <= value + 1e-12 ? sum + entry.probability : sum), 0))
      .reduce((product, each) => product * each, 1);
    expectation += value * (below - before);
    before = below;
  }
  return expectation;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b) / values.length;
}

describe('with sample means and random actions, after 400 steps', () => {
  const options = { gamma: 1, alpha: visitStepSize(), exploration: epsilonGreedy(1) };
  // Means of `runs` values in [−1, 1] are further than this from their expectation with probability 2 exp(−runs · bound² / 2) < 10⁻⁵ (Hoeffding).
  const bound = Math.sqrt((2 * Math.log(2e5)) / runs);

  test('Q-learning values B by the largest of noisy means, which is too much by a number that is known', () => {
    const excess: number[] = [];
    const expected: number[] = [];
    for (const seed of seeds) {
      const agent = new QLearning(biasedEnv(seed), { ...options, seed });
      Array.from(agent.learn({ steps: 400 }));
      const counts = [...agent.values.visits.subarray(B * ARMS)];
      expected.push(expectedMaximum(counts));
      excess.push(Math.max(...agent.values.table.subarray(B * ARMS)) - expected[expected.length - 1]);
    }
    expect(Math.abs(meanOf(excess))).toBeLessThan(bound);
    // More than could be told from no bias.
    expect(meanOf(expected)).toBeGreaterThan(MEAN + bound);
  });

  test('Double Q-learning values B without bias: q₂ of the action that is best for q₁ is −0.1 on average', () => {
    const values: number[] = [];
    for (const seed of seeds) {
      const agent = new DoubleQLearning(biasedEnv(seed), { ...options, seed });
      Array.from(agent.learn({ steps: 400 }));
      const { first, second } = tablesOf(agent);
      const row = first.subarray(B * ARMS);
      values.push(second[B * ARMS + row.indexOf(Math.max(...row))]);
    }
    expect(Math.abs(meanOf(values) - MEAN)).toBeLessThan(bound);
  });
});

test('so Q-learning goes left more often than Double Q-learning does, in the 300 episodes of the example', () => {
  const leftRate = (agent: QLearning | DoubleQLearning): number => {
    const half = ARMS / 2;
    let left = 0;
    let episodes = 0;
    for (let step = 100; episodes < 300; step += 100) {
      for (const progress of agent.learn({ steps: step })) episodes = progress.episodes;
    }
    agent.values.visits.subarray(A * ARMS + half, (A + 1) * ARMS).forEach((count) => (left += count));
    return left / episodes;
  };
  const options = { gamma: 1, alpha: 0.1, exploration: epsilonGreedy(0.1) };
  const difference = seeds.map(
    (seed) =>
      leftRate(new QLearning(biasedEnv(seed), { ...options, seed })) -
      leftRate(new DoubleQLearning(biasedEnv(seed), { ...options, seed })),
  );
  // Differences lie in [−1, 1]: Hoeffding's bound for a true difference of 0 or less, at 10⁻⁵.
  expect(meanOf(difference)).toBeGreaterThan(Math.sqrt((2 * Math.log(1e5)) / runs));
});

test('a step by hand: the table that learns chooses the action, the other one values it', () => {
  const env: Env<number, number> = {
    observationSpace: new Discrete(2),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: 0 }),
    step: () => ({ observation: 1, reward: 10, terminated: false, truncated: false }),
  };
  for (const seed of [0, 1, 2, 3, 4, 5]) {
    const agent = new DoubleQLearning(env, { gamma: 0.5, alpha: 0.1, seed });
    const { first, second } = tablesOf(agent, true);
    first.set([0, 0, 3, 1]);
    second.set([0, 0, 2, 4]);
    Array.from(agent.learn({ steps: 1 }));
    const [one, two] = [first, second].map((values) => values.subarray(0, 2).find((value) => value !== 0) ?? 0);
    // q₁ prefers action 0, worth 2 to q₂: 0.1 · (10 + 0.5 · 2); q₂ prefers 1, worth 1 to q₁: 0.1 · (10 + 0.5 · 1).
    expect([
      [1.1, 0],
      [0, 1.05],
    ]).toContainEqual([one, two].map((value) => Math.round(1e9 * value) / 1e9));
    // It acts by the mean of both.
    expect(Math.max(...agent.values.table.subarray(0, 2))).toBeCloseTo((one + two) / 2, 12);
  }
});

/** Both tables of an agent: copies, or its own. */
function tablesOf(agent: DoubleQLearning, own = false): { first: Float64Array; second: Float64Array } {
  const { learned } = Reflect.get(agent, 'parts') as { learned: { first: Float64Array; second: Float64Array } };
  return own ? learned : { first: learned.first.slice(), second: learned.second.slice() };
}
