import { evaluate, type Agent } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { PolicySearch, arsSettings, searchMethods } from '@gradus/policy-search';
import { expect, test } from 'vitest';

const seeds = [0, 1, 2, 3, 4];

/** Mean return over 100 fresh episodes. */
function score(agent: Agent, environment: string): number {
  return evaluate(agent, makeVectorEnv(environment, 100), { episodes: 100, seed: 1_000_000 }).meanReturn;
}

test.each(['IdentityDiscrete-v0', 'IdentityMultiDiscrete-v0', 'IdentityBox-v0'])('CEM repeats what %s shows', (id) => {
  for (const seed of seeds) {
    const agent = new PolicySearch(makeVectorEnv(id, 100), searchMethods.cem, { seed });
    for (const progress of agent.learn({ steps: 150_000 })) expect(progress.finishedEpisodes.length).toBe(100);
    expect(score(agent, id)).toBe(100);
  }
});

test.each(seeds)('CEM: at least 475 on CartPole-v1 after 20 iterations of 200 episodes, seed %i', (seed) => {
  const agent = new PolicySearch(makeVectorEnv('CartPole-v1', 200), searchMethods.cem, { populationSize: 200, seed });
  let iterations = 0;
  for (const { episodes } of agent.learn({ steps: 100_000_000 })) {
    expect(episodes).toBe(200 * ++iterations);
    if (iterations === 20) break;
  }
  expect(score(agent, 'CartPole-v1')).toBeGreaterThanOrEqual(475);
});

test.each(seeds)('ARS: 500 on CartPole-v1 after 50,000 steps, as the zoo reports, seed %i', (seed) => {
  const { numEnvs, steps, options } = arsSettings.zoo['CartPole-v1'];
  const agent = new PolicySearch(makeVectorEnv('CartPole-v1', numEnvs), searchMethods.ars, { ...options, seed });
  const progress = [...agent.learn({ steps })];
  // The last iteration is completed.
  expect(progress.at(-1)?.step).toBeLessThan(steps + 4 * 500);
  expect(score(agent, 'CartPole-v1')).toBe(500);
});
