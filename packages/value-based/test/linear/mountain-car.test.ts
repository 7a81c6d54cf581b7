import { evaluate } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import { LinearQLearning, LinearSarsa, type LinearSarsaOptions } from '@gradus/value-based';
import { beforeAll, describe, expect, test } from 'vitest';

const seeds = [0, 1, 2, 3, 4];
const EPISODES = 500;

/**
 * The car of Sutton and Barto (2018), Example 10.1, is Gymnasium's but for three things: its track ends at the goal, x = 0.5, instead of at 0.6,
 * which only widens the tiles a little here; Gymnasium cuts episodes off, so that is put off; and Gymnasium computes observations in
 * float32. Start, dynamics and rewards are the same.
 */
function learnEpisodes(agent: LinearSarsa | LinearQLearning): number[] {
  const lengths: number[] = [];
  for (const { finishedEpisodes } of agent.learn({ steps: 1_000_000 })) {
    for (const { length } of finishedEpisodes) lengths.push(length);
    if (lengths.length >= EPISODES) break;
  }
  return lengths;
}

const env = () => makeEnv('MountainCar-v0', { maxEpisodeSteps: 100_000 });
/** Figure 10.2: 8 tilings of 8 × 8, α = 0.5 / 8, γ = 1, ε = 0. */
const book: Partial<LinearSarsaOptions> = {
  features: { kind: 'tiles', tilings: 8, tiles: 8 },
  alpha: 0.5 / 8,
  gamma: 1,
  epsilon: 0,
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function learnAll(make: (seed: number) => LinearSarsa | LinearQLearning): {
  first50: number;
  last100: number;
  score: number;
} {
  const agents = seeds.map((seed) => {
    const agent = make(seed);
    const lengths = learnEpisodes(agent);
    const { meanReturn } = evaluate(agent, makeEnv('MountainCar-v0'), { episodes: 100, seed: 1000 });
    return { first50: mean(lengths.slice(0, 50)), last100: mean(lengths.slice(400, 500)), score: meanReturn };
  });
  return {
    first50: mean(agents.map(({ first50 }) => first50)),
    last100: mean(agents.map(({ last100 }) => last100)),
    score: mean(agents.map(({ score }) => score)),
  };
}

describe('mountain car with tile coding', () => {
  let oneStep: ReturnType<typeof learnAll>;
  beforeAll(() => {
    oneStep = learnAll((seed) => new LinearSarsa(env(), { ...book, seed }));
  });

  test('semi-gradient SARSA learns as in Figures 10.2 and 10.4', () => {
    // Figure 10.4 draws between 220 and 300 steps, the mean over the first 50 episodes; Figure 10.2 falls from 1000 towards 100.
    expect(oneStep.first50).toBeGreaterThan(220);
    expect(oneStep.first50).toBeLessThan(300);
    expect(oneStep.last100).toBeLessThan(130);
    expect(oneStep.score).toBeGreaterThan(-125);
  });

  test('semi-gradient Q-learning learns about the same', () => {
    const { last100, score } = learnAll((seed) => new LinearQLearning(env(), { ...book, seed }));
    expect(last100).toBeLessThan(130);
    expect(score).toBeGreaterThan(-125);
  });

  test("replacing traces learn faster, and solve MountainCar-v0 by Gymnasium's threshold, −110 over 100 episodes", () => {
    const traces = learnAll((seed) => new LinearSarsa(env(), { ...book, lambda: 0.9, traces: 'replacing', seed }));
    // Figure 12.10: λ = 0.9 saves a good part of the steps of the first 50 episodes.
    expect(traces.first50).toBeLessThan(0.9 * oneStep.first50);
    expect(traces.score).toBeGreaterThanOrEqual(-110);
  });
});
