import { Box, createActions, Discrete, Random, type VectorEnv } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { describe, expect, it } from 'vitest';
import { publishedScores } from '../../src/catalog/published-scores.ts';
import { scoreScales } from '../../src/results/score-scales.ts';

/** The return of the first episode of each copy under uniformly random actions. */
function randomReturns(env: VectorEnv, random: Random): number[] {
  const { actionSpace: space, numEnvs } = env;
  const actions = createActions(space, numEnvs);
  const returns = new Map<number, number>();
  env.reset({ seed: 1 });
  while (returns.size < numEnvs) {
    for (let i = 0; i < actions.length; i++) {
      if (space instanceof Discrete) actions[i] = random.integer(space.n);
      else if (space instanceof Box) actions[i] = random.uniform(space.low[0], space.high[0]);
    }
    env.step(actions);
    for (let i = 0; i < numEnvs; i++) {
      if ((env.terminated[i] || env.truncated[i]) && !returns.has(i)) returns.set(i, env.episodeReturns[i]);
    }
  }
  return [...returns.values()];
}

describe('scoreScales', () => {
  it.each(Object.entries(scoreScales))('%s: random actions score as it says', (environment, { random, best }) => {
    const returns = randomReturns(makeVectorEnv(environment, 2000), new Random(5));
    const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
    const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / returns.length;
    expect(best).toBeGreaterThan(random);
    // Four standard errors, and what rounding to the digits given may hide.
    const tolerance = 4 * Math.sqrt(variance / returns.length) + 0.002 * (best - random);
    expect(Math.abs(mean - random)).toBeLessThan(tolerance);
  });

  it.each(['Acrobot-v1', 'MountainCar-v0', 'Pendulum-v1', 'MountainCarContinuous-v0'])(
    '%s: the best is the best that is published',
    (environment) => {
      const means = publishedScores.filter((score) => score.environment === environment).map(({ mean }) => mean);
      expect(scoreScales[environment].best).toBe(Math.max(...means));
    },
  );
});
