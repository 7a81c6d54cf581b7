import { linear } from '@gradus/core';
import type { PqnOptions } from './pqn.ts';

/** Options under which a published figure was reached. */
export interface PqnSettings {
  /** Environment copies. */
  readonly numEnvs: number;
  /** Environment steps of the published run. */
  readonly steps: number;
  readonly options: Partial<PqnOptions>;
}

/** CleanRL's `pqn.py`, the same for every environment of classic control; its options are the defaults. */
const cleanrl: PqnSettings = { numEnvs: 4, steps: 500_000, options: {} };

/** The authors' `pqn_minatar.yaml`, and the network of their MinAtar script: 16 filters of 3 × 3, a layer of 128. */
const minatar: PqnSettings = {
  numEnvs: 128,
  steps: 10_000_000,
  options: {
    steps: 32,
    batchSize: 128,
    epochs: 2,
    learningRate: linear(5e-4, 0),
    epsilon: linear(1, 0.05, 0.1),
    convolutions: [{ filters: 16, kernel: 3, stride: 1 }],
    hidden: [128],
  },
};

/** Settings by source and environment: `cleanrl` those of CleanRL, `minatar` those of the algorithm's authors for MinAtar. */
export const pqnSettings: Readonly<Record<'cleanrl' | 'minatar', Readonly<Record<string, PqnSettings>>>> = {
  cleanrl: { 'CartPole-v1': cleanrl, 'Acrobot-v1': cleanrl, 'MountainCar-v0': cleanrl },
  minatar: {
    'MinAtar/Breakout-v0': minatar,
    'MinAtar/Asterix-v0': minatar,
    'MinAtar/Freeway-v0': minatar,
    'MinAtar/Seaquest-v0': minatar,
    'MinAtar/SpaceInvaders-v0': minatar,
  },
};
