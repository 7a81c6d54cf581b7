import { scheduleValue } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import '@gradus/envs/box2d';
import { loadMujoco } from '@gradus/envs/mujoco';
import { Ppo, ppoDefaults, ppoSettings } from '@gradus/policy-gradient';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

beforeAll(async () => {
  await loadMujoco();
});
// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});

test("defaults are Stable-Baselines3's", () => {
  expect(ppoDefaults).toEqual({
    steps: 2048,
    batchSize: 64,
    epochs: 10,
    learningRate: 3e-4,
    gamma: 0.99,
    gaeLambda: 0.95,
    clipRange: 0.2,
    clipRangeValue: null,
    entropyCoefficient: 0,
    valueCoefficient: 0.5,
    maxGradNorm: 0.5,
    klCoefficient: 0,
    klTarget: null,
    targetKl: null,
    normalizeAdvantage: true,
    normalizeObservation: false,
    normalizeReward: false,
    hidden: null,
    activation: null,
    orthogonalInitialization: true,
    initialLogStd: 0,
    criticHidden: null,
    convolutions: null,
    partLayers: null,
    networks: null,
    stateDependentExploration: null,
    adamEpsilon: 1e-5,
    seed: 0,
  });
});

/** The zoo's table: copies, steps of training; then steps, batch, epochs, γ, λ, learning rate, normalized, steps of gSDE's noise. */
const zoo = {
  'CartPole-v1': [8, 100_000, 32, 256, 20, 0.98, 0.8, 1e-3, false, null],
  'Acrobot-v1': [16, 1_000_000, 256, 64, 4, 0.99, 0.94, 3e-4, true, null],
  'MountainCar-v0': [16, 1_000_000, 16, 64, 4, 0.99, 0.98, 3e-4, true, null],
  'Pendulum-v1': [4, 100_000, 1024, 64, 10, 0.9, 0.95, 1e-3, false, 4],
  'MountainCarContinuous-v0': [1, 20_000, 8, 8, 10, 0.9999, 0.9, 7.77e-5, true, 8],
  'LunarLander-v3': [16, 1_000_000, 1024, 64, 4, 0.999, 0.98, 3e-4, false, null],
  'LunarLanderContinuous-v3': [16, 1_000_000, 1024, 64, 4, 0.999, 0.98, 3e-4, false, null],
  'BipedalWalker-v3': [32, 5_000_000, 2048, 64, 10, 0.999, 0.95, 3e-4, true, null],
} as const;

test.each(Object.entries(zoo))('zoo: %s', (id, expected) => {
  const { numEnvs, steps, options } = ppoSettings.zoo[id];
  const merged = { ...ppoDefaults, ...options };
  const { batchSize, epochs, gamma, gaeLambda, learningRate, normalizeObservation, normalizeReward } = merged;
  const rate = scheduleValue(learningRate, 0);
  const learned = [numEnvs, steps, merged.steps, batchSize, epochs, gamma, gaeLambda, rate];
  expect([...learned, normalizeObservation, merged.stateDependentExploration]).toEqual(expected);
  expect(normalizeReward).toBe(normalizeObservation);
  // Only MountainCarContinuous has others, and does without orthogonal weights.
  const own = id === 'MountainCarContinuous-v0';
  const isLander = id.startsWith('LunarLander');
  const { entropyCoefficient, valueCoefficient, maxGradNorm, initialLogStd, orthogonalInitialization } = merged;
  expect([entropyCoefficient, valueCoefficient, maxGradNorm]).toEqual(
    own ? [0.00429, 0.19, 5] : [isLander ? 0.01 : 0, 0.5, 0.5],
  );
  expect([initialLogStd, orthogonalInitialization]).toEqual(own ? [-3.29, false] : [0, true]);
  // Only CartPole's settings anneal, both to zero.
  const anneals = id === 'CartPole-v1';
  const half = [learningRate, merged.clipRange ?? NaN].map((schedule) => scheduleValue(schedule, 0.5));
  expect(half).toEqual(anneals ? [5e-4, 0.1] : [rate, own ? 0.1 : id === 'BipedalWalker-v3' ? 0.18 : 0.2]);
});

/** The zoo's table for MuJoCo: steps, batch, γ, learning rate, entropy, clip, epochs, λ, gradient norm, value; whether its networks were searched. */
const mujoco = {
  'Ant-v5': [2048, 64, 0.99, 3e-4, 0, 0.2, 10, 0.95, 0.5, 0.5, false],
  'Swimmer-v5': [1024, 256, 0.9999, 6e-4, 0, 0.2, 10, 0.98, 0.5, 0.5, false],
  'HalfCheetah-v5': [512, 64, 0.98, 2.0633e-5, 0.000401762, 0.1, 20, 0.92, 0.8, 0.58096, true],
  'Hopper-v5': [512, 32, 0.999, 9.80828e-5, 0.00229519, 0.2, 5, 0.99, 0.7, 0.835671, true],
  'Walker2d-v5': [512, 32, 0.99, 5.05041e-5, 0.000585045, 0.1, 20, 0.95, 1, 0.871923, false],
  'InvertedDoublePendulum-v5': [128, 128, 0.98, 0.000155454, 1.05057e-6, 0.4, 10, 0.8, 0.5, 0.695929, false],
  'InvertedPendulum-v5': [32, 32, 0.999, 0.000222425, 1.37976e-7, 0.4, 5, 0.9, 0.3, 0.19816, false],
  'Reacher-v5': [512, 32, 0.9, 0.000104019, 7.52585e-8, 0.3, 5, 1, 0.9, 0.950368, false],
} as const;

test.each(Object.entries(mujoco))('zoo, MuJoCo: %s', (id, expected) => {
  const { numEnvs, steps, options } = ppoSettings.zoo[id];
  const all = { ...ppoDefaults, ...options };
  expect([numEnvs, steps]).toEqual([id === 'Swimmer-v5' ? 4 : 1, 1_000_000]);
  const { batchSize, gamma, learningRate, entropyCoefficient, clipRange, epochs, gaeLambda } = all;
  const numbers = [all.steps, batchSize, gamma, learningRate, entropyCoefficient, clipRange, epochs, gaeLambda];
  expect([...numbers, all.maxGradNorm, all.valueCoefficient]).toEqual(expected.slice(0, 10));
  const { hidden, activation, initialLogStd, orthogonalInitialization } = all;
  expect({ hidden, activation, initialLogStd, orthogonalInitialization }).toEqual(
    expected[10]
      ? { hidden: [256, 256], activation: 'relu', initialLogStd: -2, orthogonalInitialization: false }
      : { hidden: null, activation: null, initialLogStd: 0, orthogonalInitialization: true },
  );
  expect([all.normalizeObservation, all.normalizeReward, all.stateDependentExploration]).toEqual([true, true, null]);
});

test('zoo: all of them are looked at', () => {
  expect(Object.keys(ppoSettings.zoo).sort()).toEqual(Object.keys({ ...zoo, ...mujoco }).sort());
});

test.each(['CartPole-v1', 'Acrobot-v1'])('cleanrl: %s', (id) => {
  const { numEnvs, steps, options } = ppoSettings.cleanrl[id];
  const { learningRate, ...rest } = { ...ppoDefaults, ...options };
  expect([numEnvs, steps]).toEqual([4, 500_000]);
  expect([0, 0.5, 1].map((progress) => scheduleValue(learningRate, progress))).toEqual([2.5e-4, 1.25e-4, 0]);
  expect(rest).toMatchObject({ steps: 128, batchSize: 128, epochs: 4, gamma: 0.99, gaeLambda: 0.95, maxGradNorm: 0.5 });
  expect(rest).toMatchObject({ clipRange: 0.2, clipRangeValue: 0.2, entropyCoefficient: 0.01, valueCoefficient: 0.25 });
});

test.each(['Pendulum-v1', 'MountainCarContinuous-v0'])('cleanrl, continuous actions: %s', (id) => {
  const { numEnvs, steps, options } = ppoSettings.cleanrl[id];
  const { learningRate, ...rest } = { ...ppoDefaults, ...options };
  expect([numEnvs, steps]).toEqual([1, 1_000_000]);
  expect([0, 0.5, 1].map((progress) => scheduleValue(learningRate, progress))).toEqual([3e-4, 1.5e-4, 0]);
  expect(rest).toMatchObject({
    steps: 2048,
    batchSize: 64,
    epochs: 10,
    gamma: 0.99,
    gaeLambda: 0.95,
    maxGradNorm: 0.5,
  });
  expect(rest).toMatchObject({ clipRange: 0.2, clipRangeValue: 0.2, entropyCoefficient: 0, valueCoefficient: 0.25 });
  expect(rest).toMatchObject({ normalizeObservation: true, normalizeReward: true, stateDependentExploration: null });
});

describe.each(Object.entries(ppoSettings))('%s', (_source, byEnvironment) => {
  test.each(Object.entries(byEnvironment))('%s: the options fit the environment', (id, { numEnvs, options }) => {
    const agent = new Ppo(makeVectorEnv(id, numEnvs), options);
    expect(agent.options).toEqual({ ...ppoDefaults, ...options });
    agent.dispose();
  });
});
