import { scheduleValue } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import '@gradus/envs/box2d';
import { Ppo, ppoDefaults, ppoSettings } from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';

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
