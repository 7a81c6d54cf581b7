import type { Ddpg, Td3 } from '@gradus/actor-critic';
import { Box, Discrete, type Agent, type Space } from '@gradus/core';
import type { Ppo } from '@gradus/policy-gradient';
import { ImportError, importCleanRl } from '@gradus/stable-baselines3';
import type { Dqn } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';
import { expectClose, expected, fixture } from './fixtures.ts';

const numbers = new Box(-Infinity, Infinity, [3]);
const bounded = new Box([-1, -1], [3, 0]);

async function load<T extends Agent>(name: string, observationSpace: Space, actionSpace: Space): Promise<T> {
  return (await importCleanRl(fixture(`${name}.cleanrl_model`), { spaces: { observationSpace, actionSpace } })) as T;
}

function outputs(name: string): Readonly<Record<string, readonly number[]>> {
  return expected[`${name}.cleanrl_model`];
}

describe('what PyTorch makes of observations, the imported agent of CleanRL makes of them', () => {
  test.each([
    ['ppo', numbers, new Discrete(4)],
    ['ppo-atari', new Box(0, 255, [36, 36, 4], { dtype: 'uint8' }), new Discrete(3)],
  ])('%s', async (name, observationSpace, actionSpace) => {
    const agent = await load<Ppo>(name, observationSpace, actionSpace);
    const { observations, probabilities, values } = outputs(name);
    const distribution = agent.actionDistribution(Float32Array.from(observations));
    if (!('probabilities' in distribution)) throw new Error('expected probabilities');
    expectClose(distribution.probabilities, probabilities);
    expectClose(agent.stateValue(Float32Array.from(observations)), values);
  });

  test('ppo-continuous', async () => {
    const agent = await load<Ppo>('ppo-continuous', numbers, new Box(-1, 1, [2]));
    const { observations, mean, deviation, values } = outputs('ppo-continuous');
    const distribution = agent.actionDistribution(Float32Array.from(observations));
    if (!('mean' in distribution)) throw new Error('expected means');
    expectClose(distribution.mean, mean);
    expectClose(distribution.deviation, deviation);
    expectClose(agent.stateValue(Float32Array.from(observations)), values);
  });

  test('dqn', async () => {
    const agent = await load<Dqn>('dqn', numbers, new Discrete(4));
    const { observations, values } = outputs('dqn');
    expectClose(agent.actionValues(Float32Array.from(observations)), values);
  });

  test.each(['ddpg', 'td3'])('%s, whose critics saw actions as the environment does', async (name) => {
    const agent = await load<Ddpg | Td3>(name, numbers, bounded);
    expect(agent.algorithm).toBe(name);
    const { observations, actions, values } = outputs(name);
    const target = new Float32Array(actions.length);
    agent.actBatch?.(Float32Array.from(observations), target);
    expectClose(target, actions);
    if ('stateValue' in agent) expectClose(agent.stateValue(Float32Array.from(observations)), values);
  });
});

test('other spaces, and other files, are refused in words', async () => {
  const wrong = load('dqn', new Box(-1, 1, [4]), new Discrete(4));
  await expect(wrong).rejects.toThrow(ImportError);
  await expect(wrong).rejects.toThrow('expected a layer for 4 numbers, got one for 3');
  await expect(load('ppo', numbers, new Discrete(5))).rejects.toThrow(
    'action_net: expected 5 outputs for Discrete(5), got 4',
  );
  await expect(
    importCleanRl(fixture('dqn.zip'), { spaces: { observationSpace: numbers, actionSpace: new Discrete(4) } }),
  ).rejects.toThrow('model: expected a file of PyTorch, got a zip archive without a folder that has data.pkl');
});
