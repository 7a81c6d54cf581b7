import { linear, type VectorEnv } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import {
  A2c,
  A3c,
  CrossQ,
  D4pg,
  Ddpg,
  DiscreteSac,
  Sac,
  Td3,
  Tqc,
  a2cDefaults,
  a2cSettings,
  a3cSettings,
  crossQSettings,
  d4pgSettings,
  ddpgDefaults,
  ddpgSettings,
  discreteSacSettings,
  sacDefaults,
  sacSettings,
  td3Defaults,
  td3Settings,
  tqcSettings,
  type ActorCriticSettings,
} from '@gradus/actor-critic';
import '@gradus/envs/box2d';
import { loadMujoco } from '@gradus/envs/mujoco';
import { decodeSafetensors } from '@gradus/tensor';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

beforeAll(async () => {
  await loadMujoco();
});
// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

const replay = {
  bufferSize: 1_000_000,
  batchSize: 256,
  nSteps: 1,
  sampling: { kind: 'uniform' },
  newest: null,
  hindsight: null,
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

type Tables = Readonly<Record<string, Readonly<Record<string, ActorCriticSettings<object>>>>>;
type AgentClass = new (env: VectorEnv, options: object) => { dispose(): void };

const published: readonly (readonly [algorithm: string, Agent: AgentClass, tables: Tables])[] = [
  ['a2c', A2c, a2cSettings],
  ['a3c', A3c, a3cSettings],
  ['crossq', CrossQ, crossQSettings],
  ['d4pg', D4pg, d4pgSettings],
  ['ddpg', Ddpg, ddpgSettings],
  ['discrete-sac', DiscreteSac, discreteSacSettings],
  ['td3', Td3, td3Settings],
  ['sac', Sac, sacSettings],
  ['tqc', Tqc, tqcSettings],
];

describe.each(published)('%s', (_, Agent, tables) => {
  const all = Object.entries(tables).flatMap(([source, table]) =>
    Object.entries(table).map(([id, settings]) => ({ source, id, settings })),
  );
  test.each(all)('$source, $id: the options fit the environment', ({ id, settings }) => {
    const env = makeVectorEnv(id, settings.numEnvs);
    new Agent(env, settings.options).dispose();
    env.close();
  });
});

test("the zoo's SAC: only the rate is another in Pendulum, gSDE in MountainCarContinuous", () => {
  expect({ ...sacDefaults, ...sacSettings.zoo['Pendulum-v1'].options }).toEqual({ ...sacDefaults, learningRate: 1e-3 });
  const { steps, options } = sacSettings.zoo['MountainCarContinuous-v0'];
  expect([steps, options]).toEqual([
    50_000,
    {
      bufferSize: 50_000,
      batchSize: 512,
      entropyCoefficient: 0.1,
      trainFrequency: 32,
      gradientSteps: 32,
      gamma: 0.9999,
      tau: 0.01,
      learningStarts: 0,
      hidden: [64, 64],
      stateDependentExploration: 32,
      initialLogStd: -3.67,
    },
  ]);
});

test("the zoo's A2C: eight copies and Stable-Baselines3's defaults in CartPole", () => {
  const { numEnvs, steps, options } = a2cSettings.zoo['CartPole-v1'];
  expect([numEnvs, steps, options]).toEqual([8, 500_000, {}]);
  expect(a2cDefaults).toMatchObject({
    steps: 5,
    learningRate: 7e-4,
    optimizer: 'rmsprop',
    optimizerEpsilon: 1e-5,
    gamma: 0.99,
    gaeLambda: 1,
    entropyCoefficient: 0,
    valueCoefficient: 0.5,
    maxGradNorm: 0.5,
    hidden: null,
    orthogonalInitialization: true,
  });
});

test("the zoo's A2C in LunarLander", () => {
  expect(a2cSettings.zoo['LunarLander-v3']).toEqual({
    numEnvs: 8,
    steps: 200_000,
    options: { gamma: 0.995, learningRate: linear(8.3e-4, 0), entropyCoefficient: 1e-5 },
  });
});

test.each([
  ['LunarLanderContinuous-v3', 300_000],
  ['BipedalWalker-v3', 1_000_000],
])("the zoo's DDPG and TD3 in %s are those of Pendulum, for longer", (id, steps) => {
  for (const { zoo } of [ddpgSettings, td3Settings]) expect(zoo[id]).toEqual({ ...zoo['Pendulum-v1'], steps });
});

test.each([
  ['sac', sacSettings],
  ['tqc', tqcSettings],
] as const)("the zoo's %s in Box2D and MuJoCo", (name, { zoo }) => {
  expect(zoo['LunarLanderContinuous-v3']).toEqual({
    numEnvs: 1,
    steps: 500_000,
    options: {
      learningRate: { kind: 'linear', from: 7.3e-4, to: 0, until: 1 },
      tau: 0.01,
      learningStarts: 10_000,
      hidden: [400, 300],
    },
  });
  expect(zoo['BipedalWalker-v3'].options).toEqual({
    learningRate: 7.3e-4,
    bufferSize: 300_000,
    gamma: 0.98,
    tau: 0.02,
    trainFrequency: 64,
    gradientSteps: 64,
    learningStarts: 10_000,
    hidden: [400, 300],
    stateDependentExploration: 64,
    initialLogStd: -3,
  });
  const mujoco = { numEnvs: 1, steps: 1_000_000, options: { learningStarts: 10_000 } };
  for (const id of ['HalfCheetah-v5', 'Ant-v5', 'Walker2d-v5']) expect(zoo[id]).toEqual(mujoco);
  expect(zoo['Swimmer-v5'].options).toEqual({ learningStarts: 10_000, gamma: 0.9999 });
  const hopper = name === 'tqc' ? { droppedQuantiles: 5 } : {};
  expect(zoo['Hopper-v5'].options).toEqual({ learningStarts: 10_000, ...hopper });
});

test("the zoo's TD3 in MuJoCo", () => {
  const noise = { kind: 'gaussian', deviation: 0.1 };
  for (const id of ['HalfCheetah-v5', 'Ant-v5', 'Hopper-v5', 'Walker2d-v5', 'Swimmer-v5']) {
    const { numEnvs, steps, options } = td3Settings.zoo[id];
    expect([numEnvs, steps]).toEqual([1, 1_000_000]);
    expect({ ...td3Defaults, ...options }).toEqual({
      ...td3Defaults,
      hidden: [400, 300],
      learningStarts: 10_000,
      noise,
      gamma: id === 'Swimmer-v5' ? 0.9999 : 0.99,
    });
  }
});
