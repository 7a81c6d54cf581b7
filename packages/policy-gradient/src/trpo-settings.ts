import type { TrpoOptions } from './trpo.ts';

/** Options under which a published figure was reached. */
export interface TrpoSettings {
  /** Environment copies. */
  readonly numEnvs: number;
  /** Environment steps of the published run. */
  readonly steps: number;
  readonly options: Partial<TrpoOptions>;
}

const normalized: Partial<TrpoOptions> = { normalizeObservation: true, normalizeReward: true };

/** Settings by source and environment: `zoo` are those of RL Baselines3 Zoo (`hyperparams/trpo.yml`). */
export const trpoSettings: Readonly<Record<'zoo', Readonly<Record<string, TrpoSettings>>>> = {
  zoo: {
    'CartPole-v1': {
      numEnvs: 2,
      steps: 100_000,
      options: { steps: 512, batchSize: 512, damping: 1e-3, gaeLambda: 0.98, criticEpochs: 20 },
    },
    'Acrobot-v1': { numEnvs: 2, steps: 100_000, options: { ...normalized, steps: 1024 } },
    'MountainCar-v0': { numEnvs: 2, steps: 100_000, options: { ...normalized, steps: 1024, criticEpochs: 20 } },
    'MountainCarContinuous-v0': {
      numEnvs: 2,
      steps: 50_000,
      options: { ...normalized, stateDependentExploration: 4 },
    },
    'Pendulum-v1': {
      numEnvs: 2,
      steps: 100_000,
      options: { steps: 1024, gamma: 0.9, criticEpochs: 15, stateDependentExploration: 4 },
    },
  },
};
