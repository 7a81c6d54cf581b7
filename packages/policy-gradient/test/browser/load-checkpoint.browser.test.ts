/// <reference lib="dom" />
import { CheckpointError, encodeCheckpointFile, loadCheckpoint } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import { Ppo } from '@gradus/policy-gradient';
import { expect, test } from 'vitest';

test('a page acts by an agent that it fetches as one file', async () => {
  const agent = new Ppo(makeEnv('CartPole-v1'), { steps: 64, batchSize: 32, hidden: [8], seed: 2 });
  Array.from(agent.learn({ steps: 128 }));
  const url = URL.createObjectURL(new Blob([encodeCheckpointFile(agent.checkpoint())]));
  const loaded = Ppo.load(await loadCheckpoint(url));
  const observations = Float32Array.from({ length: 80 }, (_, i) => Math.sin(i) / 5);
  expect(loaded.step).toBe(128);
  expect(loaded.actionDistribution(observations)).toEqual(agent.actionDistribution(observations));
  expect(loaded.stateValue(observations)).toEqual(agent.stateValue(observations));
  URL.revokeObjectURL(url);
  await expect(loadCheckpoint(url)).rejects.toThrow(CheckpointError);
  // As a page gets it where a file is missing: the page itself.
  await expect(loadCheckpoint(location.href)).rejects.toThrow('there is no saved agent in one file');
});
