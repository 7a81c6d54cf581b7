import { badCalls } from '@gradus/bad-calls';
import { Box, Discrete } from '@gradus/core';
import * as stableBaselines3 from '@gradus/stable-baselines3';
import { expect, test } from 'vitest';
import { fixture } from './fixtures.ts';

test('bad arguments are refused in words', async () => {
  const examples = {
    ImportError: null,
    importCleanRl: () => [
      fixture('dqn.cleanrl_model'),
      { spaces: { observationSpace: new Box(-1, 1, [3]), actionSpace: new Discrete(4) }, maxBytes: 1e6 },
    ],
    importAgent: () => [fixture('dqn.zip'), { maxBytes: 1e6, options: { gamma: 0.9 } }],
  };
  const { failures } = await badCalls(stableBaselines3, examples, {
    sources: `${import.meta.dirname}/../src`,
    internal: [/^import(Agent|CleanRl)\./],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});
