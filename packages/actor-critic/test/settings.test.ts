import { makeVectorEnv } from '@gradus/envs';
import { Ddpg, Td3, ddpgDefaults, ddpgSettings, td3Defaults, td3Settings } from '@gradus/actor-critic';
import { decodeSafetensors } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';

const replay = {
  bufferSize: 1_000_000,
  batchSize: 256,
  nSteps: 1,
  sampling: { kind: 'uniform' },
  newest: null,
  learningStarts: 100,
  gamma: 0.99,
  trainFrequency: 1,
  gradientSteps: 1,
  seed: 0,
  criticLearningRate: null,
};
const layers = {
  convolutions: null,
  partLayers: null,
  hidden: null,
  criticHidden: null,
  activation: 'relu',
  network: null,
};

test('defaults: DDPG of S6.3, TD3 of the paper, the rest of Stable-Baselines3', () => {
  const noise = { kind: 'ornstein-uhlenbeck' };
  expect(ddpgDefaults).toEqual({ ...layers, ...replay, learningRate: 1e-3, tau: 0.005, noise });
  expect(td3Defaults).toEqual({
    ...layers,
    ...replay,
    learningRate: 1e-3,
    tau: 0.005,
    noise: { kind: 'gaussian', deviation: 0.1 },
    policyDelay: 2,
    targetNoise: 0.2,
    targetNoiseClip: 0.5,
  });
});

test('the networks of S6.3: actor state → 256 → 256 → tanh, critic (state, action) → 256 → 256 → 1', () => {
  const { files } = new Ddpg(makeVectorEnv('Pendulum-v1', 1), { bufferSize: 10 }).checkpoint();
  const shapes = (file: string): number[][] =>
    Object.values(decodeSafetensors(files[file])).map(({ shape }) => [...shape]);
  for (const name of ['actor', 'actorTarget']) {
    expect(shapes(`${name}.safetensors`)).toEqual([[3, 256], [256], [256, 256], [256], [256, 1], [1]]);
  }
  for (const name of ['critic', 'criticTarget']) {
    expect(shapes(`${name}.safetensors`)).toEqual([[4, 256], [256], [256, 256], [256], [256, 1], [1]]);
  }
});

test.each([
  [ddpgSettings, ddpgDefaults],
  [td3Settings, td3Defaults],
])("the zoo's", (settings, defaults) => {
  const { numEnvs, steps, options } = settings.zoo['Pendulum-v1'];
  expect([numEnvs, steps]).toEqual([1, 20_000]);
  expect({ ...defaults, ...options }).toEqual({
    ...defaults,
    gamma: 0.98,
    bufferSize: 200_000,
    learningStarts: 10_000,
    noise: { kind: 'gaussian', deviation: 0.1 },
    hidden: [400, 300],
  });
});

describe.each([
  ['ddpg', Ddpg, ddpgSettings],
  ['td3', Td3, td3Settings],
] as const)('%s', (_, Agent, sources) => {
  test.each(
    Object.entries(sources).flatMap(([source, table]) =>
      Object.entries(table).map((each) => [source, ...each] as const),
    ),
  )('%s, %s: the options fit the environment', (__, id, { numEnvs, options }) => {
    new Agent(makeVectorEnv(id, numEnvs), options).dispose();
  });
});
