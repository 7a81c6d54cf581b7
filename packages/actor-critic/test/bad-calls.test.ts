import { badCalls, type Examples } from '@gradus/bad-calls';
import * as actorCritic from '@gradus/actor-critic';
import { expect, test } from 'vitest';

const examples: Examples = {
  // Agents, which go through core's checks: their own tests have their options.
  A2c: null,
  CrossQ: null,
  Ddpg: null,
  DiscreteSac: null,
  OneStepActorCritic: null,
  Sac: null,
  Td3: null,
  Tqc: null,
};

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(actorCritic, examples, { sources: `${import.meta.dirname}/../src` });
  expect(failures.slice(0, 20)).toEqual([]);
});
