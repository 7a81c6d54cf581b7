import { Box } from '@gradus/core';
import { describe, expect, test } from 'vitest';
import { continuousAgents } from './support/agents.ts';
import { oneStep } from './support/one-step.ts';

const GAMMA = 0.75;

describe.each(continuousAgents)('%s', (_, Agent, { values }) => {
  // v = 1 where nothing follows; v = 1 + γ v = 1 / (1 − γ) where the task goes on after what was cut off. Targets have time to follow: at τ = 0.05 and
  // every second of 3000 updates their distance falls to e^(−1500 · 0.05 · (1 − γ)).
  test.each([
    ['terminated', 1],
    ['truncated', 1 / (1 - GAMMA)],
  ] as const)('an episode that is %s is worth %d', (ends, expected) => {
    const small = { hidden: [8], batchSize: 16, bufferSize: 1000, learningRate: 1e-2, learningStarts: 20 };
    const agent = new Agent(oneStep(ends, new Box(-1, 1, [1])), { ...small, ...values, gamma: GAMMA });
    Array.from(agent.learn({ steps: 3000 }));
    expect(Math.abs(agent.stateValue([0.5])[0] - expected)).toBeLessThan(0.1);
    agent.dispose();
  });
});
