import { describe, expect, it } from 'vitest';
import { publishedScores, solvedReturns } from '../../src/catalog/published-scores.ts';

/** Between which returns an episode can end, by the environments' definitions. */
const bounds: Readonly<Record<string, readonly [low: number, high: number]>> = {
  'CartPole-v1': [1, 500],
  'Acrobot-v1': [-500, 0],
  'MountainCar-v0': [-200, 0],
  // 200 steps that cost at most π² + 0.1 · 8² + 0.001 · 2².
  'Pendulum-v1': [-200 * (Math.PI ** 2 + 6.404), 0],
  // 999 steps that cost at most 0.1, and 100 at the goal.
  'MountainCarContinuous-v0': [-99.9, 100],
  'FrozenLake-v1': [0, 1],
  'FrozenLake8x8-v1': [0, 1],
  'Taxi-v4': [-2000, 20],
  'MinAtar/Asterix-v0': [0, Infinity],
  'MinAtar/Breakout-v0': [0, Infinity],
  // 2501 steps, a third of which may be moves, nine of them a crossing.
  'MinAtar/Freeway-v0': [0, 93],
  'MinAtar/Seaquest-v0': [0, Infinity],
  'MinAtar/SpaceInvaders-v0': [0, Infinity],
};

describe('publishedScores', () => {
  it('has each score once, and none that is impossible', () => {
    const names = publishedScores.map(({ source, algorithm, environment }) => `${source} ${algorithm} ${environment}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { environment, mean, std, steps } of publishedScores) {
      const [low, high] = bounds[environment.replace('NoVel', '')];
      expect(mean).toBeGreaterThanOrEqual(low);
      expect(mean).toBeLessThanOrEqual(high);
      expect(std >= 0 || Number.isNaN(std)).toBe(true);
      expect(steps).toBeGreaterThanOrEqual(20_000);
    }
  });

  it('has what the sources say of PPO and DQN in Acrobot-v1', () => {
    const found = publishedScores.filter(({ environment, algorithm }) => {
      return environment === 'Acrobot-v1' && ['ppo', 'dqn'].includes(algorithm);
    });
    expect(found.map(({ source, algorithm, mean, std, steps }) => [source, algorithm, mean, std, steps])).toEqual([
      ['zoo', 'ppo', -73.5, 18.2, 1_000_000],
      ['zoo', 'dqn', -76.6, 11.8, 100_000],
      ['cleanrl', 'ppo', -86.36, 1.32, 500_000],
      ['cleanrl', 'dqn', -91.54, 7.2, 500_000],
    ]);
  });
});

it('solvedReturns are returns that are possible', () => {
  for (const [environment, value] of Object.entries(solvedReturns)) {
    const [low, high] = bounds[environment];
    expect(value).toBeGreaterThan(low);
    expect(value).toBeLessThan(high);
  }
});
