import { makeVectorEnv } from '@gradus/envs';
import { QLearning } from '@gradus/value-based';
import { expect, test } from 'vitest';
import { playEpisodes } from '../../src/runs/results.ts';

test('an agent that goes in circles where the environment has no time limit is scored after 10,000 steps', () => {
  // One that has learned nothing goes up, and stays at the edge.
  const agent = new QLearning(makeVectorEnv('CliffWalking-v1', 1));
  const { returns, lengths } = playEpisodes(agent, 'CliffWalking-v1', 2, 0);
  expect(returns).toEqual([-10_000, -10_000]);
  expect(lengths).toEqual([10_000, 10_000]);
});
