import { makeVectorEnv } from '@gradus/envs';
import { RecurrentPpo, recurrentPpoDefaults, recurrentPpoSettings } from '@gradus/policy-gradient';
import { expect, test } from 'vitest';

test("defaults are sb3-contrib's, but for the length of sequences", () => {
  expect(recurrentPpoDefaults).toMatchObject({
    steps: 128,
    batchSize: 128,
    epochs: 10,
    learningRate: 3e-4,
    gamma: 0.99,
    gaeLambda: 0.95,
    clipRange: 0.2,
    entropyCoefficient: 0,
    valueCoefficient: 0.5,
    maxGradNorm: 0.5,
    cell: 'lstm',
    cellSize: 256,
    hidden: null,
  });
});

/** The zoo's table: copies, steps of training; then steps, batch, epochs, γ, λ, entropy, units, activation, steps of gSDE's noise. */
const zoo = {
  'CartPoleNoVel-v1': [8, 100_000, 32, 256, 20, 0.98, 0.8, 0, 64, 'relu', null],
  'PendulumNoVel-v1': [4, 100_000, 1024, 128, 10, 0.9, 0.95, 0, 64, 'relu', 4],
  'MountainCarContinuousNoVel-v0': [8, 300_000, 1024, 256, 10, 0.9999, 0.9, 0.00429, 32, 'tanh', 8],
} as const;

test.each(Object.entries(zoo))('zoo: %s, and the options fit the environment', (id, expected) => {
  const { numEnvs, steps, options } = recurrentPpoSettings.zoo[id];
  // Shorter sequences: what they are compiled to grows with their length.
  const agent = new RecurrentPpo(makeVectorEnv(id, numEnvs), { ...options, sequenceLength: 2 });
  const { batchSize, epochs, gamma, gaeLambda, entropyCoefficient, cellSize, activation, ...rest } = agent.options;
  const actual = [rest.steps, batchSize, epochs, gamma, gaeLambda, entropyCoefficient, cellSize, activation ?? 'tanh'];
  expect([numEnvs, steps, ...actual, rest.stateDependentExploration]).toEqual(expected);
  expect(rest).toMatchObject({
    hidden: [64],
    orthogonalInitialization: false,
    normalizeObservation: true,
    normalizeReward: true,
  });
  // The batch fits sequences of the length that the settings have.
  expect([rest.steps % recurrentPpoDefaults.sequenceLength!, batchSize % recurrentPpoDefaults.sequenceLength!]).toEqual(
    [0, 0],
  );
  agent.dispose();
});

test('zoo: all of them are looked at', () => {
  expect(Object.keys(recurrentPpoSettings.zoo).sort()).toEqual(Object.keys(zoo).sort());
});
