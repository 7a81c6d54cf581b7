import { linear, scheduleValue } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import '@gradus/envs/box2d';
import {
  c51Settings,
  Dqn,
  dqnDefaults,
  dqnSettings,
  qrDqnSettings,
  rainbowDefaults,
  rainbowSettings,
} from '@gradus/value-based';
import { afterAll, describe, expect, test, vi } from 'vitest';

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

test("defaults are Stable-Baselines3's", () => {
  expect(dqnDefaults).toEqual({
    activation: 'relu',
    learningRate: 1e-4,
    optimizer: 'adam',
    adamEpsilon: 1e-8,
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
    dueling: false,
    noisy: false,
    nSteps: 1,
    replay: 'uniform',
    priorityExponent: 0.6,
    importanceExponent: linear(0.4, 1),
    hindsight: null,
    distribution: null,
    loss: 'huber',
    maxGradNorm: 10,
    convolutions: null,
    partLayers: null,
    hidden: null,
    network: null,
    seed: 0,
  });
});

/** The zoo's table: steps, learning rate, batch, buffer, start, target interval, frequency, updates, last ε and the part it is reached in. */
const zoo = {
  'CartPole-v1': [50_000, 2.3e-3, 64, 100_000, 1000, 10, 256, 128, 0.04, 0.16],
  'Acrobot-v1': [100_000, 6.3e-4, 128, 50_000, 0, 250, 4, 4, 0.1, 0.12],
  'LunarLander-v3': [100_000, 6.3e-4, 128, 50_000, 0, 250, 4, 4, 0.1, 0.12],
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
    ...dqnDefaults,
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

test('ours for CartPole are those that were found and tried, and else those of the zoo', () => {
  const { zoo, gradus } = dqnSettings;
  expect(gradus['CartPole-v1']).toEqual({
    ...zoo['CartPole-v1'],
    options: {
      ...zoo['CartPole-v1'].options,
      learningRate: linear(0.0028161395673029794, 0.0001, 1),
      epsilon: linear(1, 0.1, 0.16),
      targetUpdateInterval: 512,
      double: false,
      gamma: 0.98,
      nSteps: 3,
      gradientSteps: 128,
    },
  });
});

test("CleanRL's C51 is its DQN with 101 atoms from -100 to 100 and another ε of Adam", () => {
  const distribution = { kind: 'categorical', atoms: 101, low: -100, high: 100 };
  for (const id of ['CartPole-v1', 'Acrobot-v1', 'MountainCar-v0']) {
    const { options } = dqnSettings.cleanrl[id];
    expect(c51Settings.cleanrl[id].options).toEqual({ ...options, distribution, adamEpsilon: 0.01 / 128 });
  }
});

test.each([
  ['CartPole-v1', 10, 64],
  ['Acrobot-v1', 25, 128],
  ['MountainCar-v0', 25, 128],
])("the zoo's QR-DQN in %s is its DQN with %d quantiles and SB3-Contrib's defaults", (id, quantiles, batchSize) => {
  const { steps, options } = dqnSettings.zoo[id];
  expect(qrDqnSettings.zoo[id]).toEqual({
    numEnvs: 1,
    steps,
    options: {
      ...options,
      distribution: { kind: 'quantile', quantiles },
      adamEpsilon: 0.01 / batchSize,
      maxGradNorm: null,
    },
  });
});

test('MinAtar: ε falls in the first 100,000 of 5 million frames, and there is an update in each', () => {
  const { numEnvs, steps, options } = dqnSettings.minatar['MinAtar/Breakout-v0'];
  expect([numEnvs, steps, options.optimizer]).toEqual([1, 5_000_000, 'rmsprop']);
  const { learningRate, bufferSize, learningStarts, batchSize, trainFrequency, targetUpdateInterval, gamma, epsilon } =
    {
      ...dqnDefaults,
      ...options,
    };
  expect([learningRate, bufferSize, learningStarts, batchSize, trainFrequency, targetUpdateInterval, gamma]).toEqual([
    2.5e-4, 100_000, 5000, 32, 1, 1000, 0.99,
  ]);
  expect(scheduleValue(epsilon, 50_000 / steps)).toBeCloseTo(0.55, 10);
  expect(scheduleValue(epsilon, 100_000 / steps)).toBeCloseTo(0.1, 10);
});

test('Rainbow is the sum of what the paper adds up', () => {
  expect(rainbowDefaults).toEqual({
    double: true,
    dueling: true,
    replay: 'prioritized',
    priorityExponent: 0.5,
    importanceExponent: linear(0.4, 1),
    nSteps: 3,
    noisy: true,
    epsilon: 0,
    distribution: { kind: 'categorical', atoms: 51, low: -10, high: 10 },
    learningRate: 6.25e-5,
    adamEpsilon: 1.5e-4,
  });
});

describe.each(
  Object.entries({ dqn: dqnSettings, c51: c51Settings, qrdqn: qrDqnSettings, rainbow: rainbowSettings }).flatMap(
    ([algorithm, sources]) =>
      Object.entries(sources).map(([source, settings]) => [algorithm, source, settings] as const),
  ),
)('%s, %s', (_algorithm, _source, byEnvironment) => {
  test.each(Object.entries(byEnvironment))('%s: the options fit the environment', (id, { numEnvs, options }) => {
    const agent = new Dqn(makeVectorEnv(id, numEnvs), options);
    expect(agent.options).toEqual({ ...dqnDefaults, ...options });
    agent.dispose();
  });
});
