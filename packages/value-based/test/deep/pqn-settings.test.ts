import { linear } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { Pqn, pqnDefaults, pqnSettings } from '@gradus/value-based';
import { expect, test } from 'vitest';

/** `pqn.py`: 4 copies × 128 steps in 4 minibatches, 4 epochs. */
test("defaults are CleanRL's, and so are the settings of classic control", () => {
  expect(pqnDefaults).toEqual({
    activation: 'relu',
    steps: 128,
    batchSize: 128,
    epochs: 4,
    learningRate: linear(2.5e-4, 0),
    gamma: 0.99,
    lambda: 0.65,
    epsilon: linear(1, 0.05, 0.5),
    maxGradNorm: 10,
    convolutions: null,
    partLayers: null,
    hidden: null,
    network: null,
    seed: 0,
  });
  for (const id of ['CartPole-v1', 'Acrobot-v1', 'MountainCar-v0']) {
    expect(pqnSettings.cleanrl[id]).toEqual({ numEnvs: 4, steps: 500_000, options: {} });
  }
});

/** `pqn_minatar.yaml`: 128 copies × 32 steps in 32 minibatches, 2 epochs. */
test("MinAtar's games have the authors' settings", () => {
  const { numEnvs, steps, options } = pqnSettings.minatar['MinAtar/Breakout-v0'];
  const { steps: length, batchSize, epochs, learningRate, epsilon } = { ...pqnDefaults, ...options };
  expect([steps, numEnvs, length, (numEnvs * length) / batchSize, epochs]).toEqual([1e7, 128, 32, 32, 2]);
  expect({ learningRate, epsilon }).toEqual({ learningRate: linear(5e-4, 0), epsilon: linear(1, 0.05, 0.1) });
});

const all = Object.values(pqnSettings).flatMap((byEnvironment) => Object.entries(byEnvironment));

test.each(all)('%s: the options fit the environment', (id, { numEnvs, options }) => {
  const agent = new Pqn(makeVectorEnv(id, numEnvs), options);
  expect(agent.options).toEqual({ ...pqnDefaults, ...options });
  agent.dispose();
});
