import { linear } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { Dqn, dqnDefaults, dqnSettings } from '@gradus/value-based';
import { describe, expect, test } from 'vitest';

test("defaults are Stable-Baselines3's", () => {
  expect(dqnDefaults).toEqual({
    learningRate: 1e-4,
    bufferSize: 1_000_000,
    learningStarts: 100,
    batchSize: 32,
    gamma: 0.99,
    trainFrequency: 4,
    gradientSteps: 1,
    targetUpdateInterval: 10_000,
    tau: 1,
    epsilon: linear(1, 0.05, 0.1),
    double: false,
    loss: 'huber',
    maxGradNorm: 10,
    hidden: [64, 64],
    seed: 0,
  });
});

/** The zoo's table: steps, learning rate, batch, buffer, start, target interval, frequency, updates, last ε and the part it is reached in. */
const zoo = {
  'CartPole-v1': [50_000, 2.3e-3, 64, 100_000, 1000, 10, 256, 128, 0.04, 0.16],
  'Acrobot-v1': [100_000, 6.3e-4, 128, 50_000, 0, 250, 4, 4, 0.1, 0.12],
} as const;

test.each(Object.entries(zoo))('zoo: %s', (id, expected) => {
  const { numEnvs, steps, options } = dqnSettings.zoo[id];
  const merged = { ...dqnDefaults, ...options };
  const { learningRate, batchSize, bufferSize, learningStarts, targetUpdateInterval, trainFrequency, gradientSteps } =
    merged;
  const [last, part] = expected.slice(8);
  expect([steps, learningRate, batchSize, bufferSize, learningStarts, targetUpdateInterval]).toEqual(
    expected.slice(0, 6),
  );
  expect([trainFrequency, gradientSteps]).toEqual(expected.slice(6, 8));
  expect(merged.epsilon).toEqual(linear(1, last, part));
  expect(merged).toMatchObject({
    gamma: 0.99,
    tau: 1,
    double: false,
    loss: 'huber',
    maxGradNorm: 10,
    hidden: [256, 256],
  });
  expect(numEnvs).toBe(1);
});

test.each(['CartPole-v1', 'Acrobot-v1'])('cleanrl: %s', (id) => {
  const { numEnvs, steps, options } = dqnSettings.cleanrl[id];
  expect([numEnvs, steps]).toEqual([1, 500_000]);
  expect({ ...dqnDefaults, ...options }).toEqual({
    learningRate: 2.5e-4,
    bufferSize: 10_000,
    learningStarts: 10_000,
    batchSize: 128,
    gamma: 0.99,
    trainFrequency: 10,
    gradientSteps: 1,
    targetUpdateInterval: 500,
    tau: 1,
    epsilon: linear(1, 0.05, 0.5),
    double: false,
    loss: 'squared',
    maxGradNorm: null,
    hidden: [120, 84],
    seed: 0,
  });
});

describe.each(Object.entries(dqnSettings))('%s', (_source, byEnvironment) => {
  test.each(Object.entries(byEnvironment))('%s: the options fit the environment', (id, { numEnvs, options }) => {
    const agent = new Dqn(makeVectorEnv(id, numEnvs), options);
    expect(agent.options).toEqual({ ...dqnDefaults, ...options });
    agent.dispose();
  });
});
