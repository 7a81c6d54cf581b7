import { linear } from '@gradus/core';
import type { DqnOptions } from './dqn.ts';

/** Options under which a published figure was reached. */
export interface DqnSettings {
  /** Environment copies. */
  readonly numEnvs: number;
  /** Environment steps of the published run. */
  readonly steps: number;
  readonly options: Partial<DqnOptions>;
}

/** CleanRL's `dqn.py`, the same for every environment of classic control. */
const cleanrl: DqnSettings = {
  numEnvs: 1,
  steps: 500_000,
  options: {
    learningRate: 2.5e-4,
    bufferSize: 10_000,
    learningStarts: 10_000,
    batchSize: 128,
    trainFrequency: 10,
    targetUpdateInterval: 500,
    epsilon: linear(1, 0.05, 0.5),
    loss: 'squared',
    maxGradNorm: null,
    hidden: [120, 84],
  },
};

/** Settings by source and environment: `zoo` are those of RL Baselines3 Zoo (`hyperparams/dqn.yml`), `cleanrl` those of CleanRL. */
export const dqnSettings: Readonly<Record<'zoo' | 'cleanrl', Readonly<Record<string, DqnSettings>>>> = {
  zoo: {
    'CartPole-v1': {
      numEnvs: 1,
      steps: 50_000,
      options: {
        learningRate: 2.3e-3,
        batchSize: 64,
        bufferSize: 100_000,
        learningStarts: 1000,
        targetUpdateInterval: 10,
        trainFrequency: 256,
        gradientSteps: 128,
        epsilon: linear(1, 0.04, 0.16),
        hidden: [256, 256],
      },
    },
    'Acrobot-v1': {
      numEnvs: 1,
      steps: 100_000,
      options: {
        learningRate: 6.3e-4,
        batchSize: 128,
        bufferSize: 50_000,
        learningStarts: 0,
        targetUpdateInterval: 250,
        trainFrequency: 4,
        gradientSteps: 4,
        epsilon: linear(1, 0.1, 0.12),
        hidden: [256, 256],
      },
    },
    'MountainCar-v0': {
      numEnvs: 1,
      steps: 120_000,
      options: {
        learningRate: 4e-3,
        batchSize: 128,
        bufferSize: 10_000,
        learningStarts: 1000,
        gamma: 0.98,
        targetUpdateInterval: 600,
        trainFrequency: 16,
        gradientSteps: 8,
        epsilon: linear(1, 0.07, 0.2),
        hidden: [256, 256],
      },
    },
  },
  cleanrl: { 'CartPole-v1': cleanrl, 'Acrobot-v1': cleanrl, 'MountainCar-v0': cleanrl },
};
