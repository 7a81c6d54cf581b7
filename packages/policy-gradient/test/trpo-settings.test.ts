import { makeVectorEnv } from '@gradus/envs';
import { Trpo, naturalPolicyGradientDefaults, trpoDefaults, trpoSettings } from '@gradus/policy-gradient';
import { expect, test } from 'vitest';

test("defaults are sb3-contrib's", () => {
  expect(trpoDefaults).toEqual({
    steps: 2048,
    gamma: 0.99,
    gaeLambda: 0.95,
    targetKl: 0.01,
    conjugateGradientSteps: 15,
    damping: 0.1,
    lineSearchSteps: 10,
    lineSearchFactor: 0.8,
    normalizeAdvantage: true,
    learningRate: 1e-3,
    batchSize: 128,
    criticEpochs: 10,
    normalizeObservation: false,
    normalizeReward: false,
    hidden: null,
    activation: null,
    criticHidden: null,
    convolutions: null,
    partLayers: null,
    orthogonalInitialization: true,
    networks: null,
    initialLogStd: 0,
    stateDependentExploration: null,
    seed: 0,
  });
  expect(trpoDefaults).toMatchObject(naturalPolicyGradientDefaults);
});

/** The zoo's table: copies, steps of training; then steps, batch, epochs of the critic, γ, λ, damping, normalized, steps of gSDE's noise. */
const zoo = {
  'CartPole-v1': [2, 100_000, 512, 512, 20, 0.99, 0.98, 1e-3, false, null],
  'Acrobot-v1': [2, 100_000, 1024, 128, 10, 0.99, 0.95, 0.1, true, null],
  'MountainCar-v0': [2, 100_000, 1024, 128, 20, 0.99, 0.95, 0.1, true, null],
  'MountainCarContinuous-v0': [2, 50_000, 2048, 128, 10, 0.99, 0.95, 0.1, true, 4],
  'Pendulum-v1': [2, 100_000, 1024, 128, 15, 0.9, 0.95, 0.1, false, 4],
} as const;

test.each(Object.entries(zoo))('zoo: %s, and the options fit the environment', (id, expected) => {
  const { numEnvs, steps, options } = trpoSettings.zoo[id];
  const agent = new Trpo(makeVectorEnv(id, numEnvs), options);
  const { batchSize, criticEpochs, gamma, gaeLambda, damping, normalizeObservation, ...rest } = agent.options;
  const actual = [rest.steps, batchSize, criticEpochs, gamma, gaeLambda, damping, normalizeObservation];
  expect([numEnvs, steps, ...actual, rest.stateDependentExploration]).toEqual(expected);
  expect(rest.normalizeReward).toBe(normalizeObservation);
  agent.dispose();
});

test('zoo: all of them are looked at', () => {
  expect(Object.keys(trpoSettings.zoo).sort()).toEqual(Object.keys(zoo).sort());
});
