import { linear } from '@gradus/core';
import type { RecurrentPpoOptions } from './recurrent-ppo.ts';

/** Options under which a published figure was reached. */
export interface RecurrentPpoSettings {
  /** Environment copies. */
  readonly numEnvs: number;
  /** Environment steps of the published run. */
  readonly steps: number;
  readonly options: Partial<RecurrentPpoOptions>;
}

const shared: Partial<RecurrentPpoOptions> = {
  normalizeObservation: true,
  normalizeReward: true,
  orthogonalInitialization: false,
  hidden: [64],
};

/**
 * Settings by source and environment: `zoo` are those of RL Baselines3 Zoo (`hyperparams/ppo_lstm.yml`). The length of sequences, 32, is
 * ours: there, they are as long as episode and minibatch allow.
 */
export const recurrentPpoSettings: Readonly<Record<'zoo', Readonly<Record<string, RecurrentPpoSettings>>>> = {
  zoo: {
    'CartPoleNoVel-v1': {
      numEnvs: 8,
      steps: 100_000,
      options: {
        ...shared,
        steps: 32,
        batchSize: 256,
        gaeLambda: 0.8,
        gamma: 0.98,
        epochs: 20,
        learningRate: linear(1e-3, 0),
        clipRange: linear(0.2, 0),
        activation: 'relu',
        cellSize: 64,
      },
    },
    'PendulumNoVel-v1': {
      numEnvs: 4,
      steps: 100_000,
      options: {
        ...shared,
        steps: 1024,
        gamma: 0.9,
        learningRate: 1e-3,
        stateDependentExploration: 4,
        activation: 'relu',
        cellSize: 64,
      },
    },
    'MountainCarContinuousNoVel-v0': {
      numEnvs: 8,
      steps: 300_000,
      options: {
        ...shared,
        steps: 1024,
        batchSize: 256,
        gamma: 0.9999,
        gaeLambda: 0.9,
        learningRate: 7.77e-5,
        entropyCoefficient: 0.00429,
        clipRange: 0.1,
        maxGradNorm: 5,
        valueCoefficient: 0.19,
        stateDependentExploration: 8,
        cellSize: 32,
      },
    },
  },
};
