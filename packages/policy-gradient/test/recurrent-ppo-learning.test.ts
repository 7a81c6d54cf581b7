import { evaluate, vectorEnvFromDynamics, type Agent } from '@gradus/core';
import { Ppo, RecurrentPpo } from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';
import { recall } from './support/recall.ts';

const LENGTH = 5;
const STEPS = 12_800;
const seeds = [0, 1, 2];
const shared = { steps: 20, batchSize: 160, epochs: 8, learningRate: 5e-3, gamma: 0.9, hidden: [16] };

/** Mean return over fresh episodes of an agent that has learned to recall: 1 is perfect. */
function learnRecall(agent: Agent, seed: number): number {
  Array.from(agent.learn({ steps: STEPS }));
  const { meanReturn } = evaluate(agent, vectorEnvFromDynamics(recall(LENGTH), 10), {
    episodes: 200,
    seed: 100 + seed,
  });
  agent.dispose();
  return meanReturn;
}

describe.each(['lstm', 'gru'] as const)('what was seen four steps ago is remembered: %s', (cell) => {
  test.each(seeds)('seed %d', (seed) => {
    const env = vectorEnvFromDynamics(recall(LENGTH), 8);
    // Sequences begin and end within episodes: what happened before is known by its memory alone.
    const agent = new RecurrentPpo(env, { ...shared, cell, cellSize: 16, sequenceLength: 10, seed });
    expect(learnRecall(agent, seed)).toBeGreaterThanOrEqual(0.95);
  });
});

test.each(seeds)('without a memory it cannot be known, seed %d', (seed) => {
  const agent = new Ppo(vectorEnvFromDynamics(recall(LENGTH), 8), { ...shared, seed });
  // 200 fair coins: more than 0.65 has a probability of 1e-5.
  expect(learnRecall(agent, seed)).toBeLessThan(0.65);
});
