import { evaluate } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { device } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { continuousAgents, type SharedOptions } from './support/agents.ts';

/** Nothing follows from an action here, so γ = 0. */
const options: Partial<SharedOptions> = {
  hidden: [64, 64],
  batchSize: 64,
  gamma: 0,
  learningRate: 3e-3,
  learningStarts: 1000,
};

describe.each(continuousAgents)('%s', (_, Agent, { learning }) => {
  /** Mean return over fresh episodes after learning to repeat what is shown, within 0.05: 100 is perfect, 5 is chance. */
  function learnIdentity(changes: Partial<SharedOptions>): number {
    const agent = new Agent(makeVectorEnv('IdentityBox-v0', 1), { ...options, ...learning, ...changes });
    Array.from(agent.learn({ steps: 3000 }));
    const { meanReturn } = evaluate(agent, makeVectorEnv('IdentityBox-v0', 10), { episodes: 10, seed: 1000 });
    agent.dispose();
    return meanReturn;
  }

  test.each([0, 1, 2])('IdentityBox-v0 is solved in 3000 steps, of which 1000 are random, seed %d', (seed) => {
    expect(learnIdentity({ seed })).toBeGreaterThanOrEqual(90);
  });

  test('on WebAssembly too', () => {
    expect(learnIdentity({ device: device('wasm') })).toBeGreaterThanOrEqual(90);
  });
});
