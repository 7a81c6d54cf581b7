import { linear } from '@gradus/core';
import type { A2cOptions } from './a2c.ts';
import type { A3cOptions } from './a3c.ts';
import type { CrossQOptions } from './crossq.ts';
import type { D4pgOptions } from './d4pg.ts';
import type { DdpgOptions } from './ddpg.ts';
import type { DiscreteSacOptions } from './discrete-sac.ts';
import type { SacOptions } from './sac.ts';
import type { Td3Options } from './td3.ts';
import type { TqcOptions } from './tqc.ts';

/** Options under which a figure was reached. */
export interface ActorCriticSettings<Options> {
  /** Environment copies. */
  readonly numEnvs: number;
  /** Environment steps of that run. */
  readonly steps: number;
  readonly options: Partial<Options>;
}

/** Settings by source and environment: `zoo` are those of RL Baselines3 Zoo, `cleanrl` those of CleanRL, `gradus` ours. */
type SettingsTable<Source extends string, Options> = Readonly<
  Record<Source, Readonly<Record<string, ActorCriticSettings<Options>>>>
>;

/** Those of MuJoCo's environments that the zoo has settings for, but for Swimmer, which has another γ. */
const mujocoIds = ['HalfCheetah-v5', 'Ant-v5', 'Hopper-v5', 'Walker2d-v5'];

/** The same for each of {@link mujocoIds}. */
function inMujoco<Options>(settings: ActorCriticSettings<Options>): Record<string, ActorCriticSettings<Options>> {
  return Object.fromEntries(mujocoIds.map((id) => [id, settings]));
}

/** The same with another γ. */
function withGamma<Options extends { readonly gamma: number }>(
  settings: ActorCriticSettings<Options>,
  gamma: number,
): ActorCriticSettings<Options> {
  return { ...settings, options: { ...settings.options, gamma } };
}

/** What DDPG and TD3 share in most of the zoo's environments, with so many steps of training. */
function deterministicTuned(steps: number): ActorCriticSettings<DdpgOptions & Td3Options> {
  return {
    numEnvs: 1,
    steps,
    options: {
      hidden: [400, 300],
      gamma: 0.98,
      bufferSize: 200_000,
      learningStarts: 10_000,
      noise: { kind: 'gaussian', deviation: 0.1 },
    },
  };
}

/** The same for DDPG and TD3 (`hyperparams/ddpg.yml` and `td3.yml`); layers are Stable-Baselines3's. */
const deterministicZoo = {
  'Pendulum-v1': deterministicTuned(20_000),
  'LunarLanderContinuous-v3': deterministicTuned(300_000),
  'BipedalWalker-v3': deterministicTuned(1_000_000),
  'MountainCarContinuous-v0': {
    numEnvs: 1,
    steps: 300_000,
    options: {
      hidden: [400, 300],
      // Its process has σ = 0.5 and Stable-Baselines3's Δt.
      noise: { kind: 'ornstein-uhlenbeck', deviation: 0.5, scale: 1, timeStep: 0.01 },
    },
  },
} as const satisfies Readonly<Record<string, ActorCriticSettings<DdpgOptions & Td3Options>>>;

/** CleanRL's `ddpg_continuous_action.py` and `td3_continuous_action.py`: 25,000 random steps, one rate for all networks. */
const deterministicCleanrl = {
  numEnvs: 1,
  steps: 1_000_000,
  options: {
    learningRate: 3e-4,
    learningStarts: 25_000,
    noise: { kind: 'gaussian', deviation: 0.1 },
  },
} as const satisfies ActorCriticSettings<DdpgOptions & Td3Options>;

/** The zoo's for TD3 in MuJoCo's environments, of which it has version 4. */
const td3Mujoco: ActorCriticSettings<Td3Options> = {
  numEnvs: 1,
  steps: 1_000_000,
  options: { hidden: [400, 300], learningStarts: 10_000, noise: { kind: 'gaussian', deviation: 0.1 } },
};

/** For DDPG. CleanRL's actor and targets change at every second update only, which here is TD3's. */
export const ddpgSettings: SettingsTable<'zoo', DdpgOptions> = { zoo: deterministicZoo };

/** For TD3. */
export const td3Settings: SettingsTable<'zoo' | 'cleanrl', Td3Options> = {
  zoo: { ...deterministicZoo, ...inMujoco(td3Mujoco), 'Swimmer-v5': withGamma(td3Mujoco, 0.9999) },
  cleanrl: { 'Pendulum-v1': deterministicCleanrl, 'MountainCarContinuous-v0': deterministicCleanrl },
};

/** For D4PG, which nobody published any for: returns of three steps from four copies, and targets that follow at every update. */
export const d4pgSettings: SettingsTable<'gradus', D4pgOptions> = {
  gradus: {
    'Pendulum-v1': {
      numEnvs: 4,
      steps: 20_000,
      options: {
        learningRate: 1e-3,
        gamma: 0.98,
        nSteps: 3,
        // Rewards are between −16.3 and 0, and those of hanging still add up to −493.
        low: -500,
        high: 0,
        learningStarts: 1000,
        trainFrequency: 4,
        gradientSteps: 4,
        tau: 0.005,
        targetUpdateInterval: 1,
      },
    },
  },
};

/** The same for SAC and TQC (`hyperparams/sac.yml` and `tqc.yml`). */
const landerZoo = {
  numEnvs: 1,
  steps: 500_000,
  options: { learningRate: linear(7.3e-4, 0), tau: 0.01, learningStarts: 10_000, hidden: [400, 300] },
} as const satisfies ActorCriticSettings<SacOptions & TqcOptions>;

const walkerZoo = {
  numEnvs: 1,
  steps: 500_000,
  options: {
    learningRate: 7.3e-4,
    bufferSize: 300_000,
    gamma: 0.98,
    tau: 0.02,
    trainFrequency: 64,
    gradientSteps: 64,
    learningStarts: 10_000,
    hidden: [400, 300],
    // Stable-Baselines3 changes the noise at the start of each round.
    stateDependentExploration: 64,
    initialLogStd: -3,
  },
} as const satisfies ActorCriticSettings<SacOptions & TqcOptions>;

const softMujoco = {
  numEnvs: 1,
  steps: 1_000_000,
  options: { learningStarts: 10_000 },
} as const satisfies ActorCriticSettings<SacOptions & TqcOptions>;

/** For SAC (`hyperparams/sac.yml`); `gradus` are our own, by hindsight. */
export const sacSettings: SettingsTable<'zoo' | 'gradus', SacOptions> = {
  zoo: {
    'Pendulum-v1': { numEnvs: 1, steps: 20_000, options: { learningRate: 1e-3 } },
    'MountainCarContinuous-v0': {
      numEnvs: 1,
      steps: 50_000,
      options: {
        bufferSize: 50_000,
        batchSize: 512,
        entropyCoefficient: 0.1,
        trainFrequency: 32,
        gradientSteps: 32,
        gamma: 0.9999,
        tau: 0.01,
        learningStarts: 0,
        hidden: [64, 64],
        // Stable-Baselines3 changes the noise at the start of each round.
        stateDependentExploration: 32,
        initialLogStd: -3.67,
      },
    },
    'LunarLanderContinuous-v3': landerZoo,
    'BipedalWalker-v3': walkerZoo,
    ...inMujoco<SacOptions>(softMujoco),
    'Swimmer-v5': withGamma<SacOptions>(softMujoco, 0.9999),
  },
  gradus: {
    'PlanarReacher-v0': {
      numEnvs: 1,
      steps: 20_000,
      options: {
        hindsight: { strategy: 'future', sampledGoals: 4 },
        gamma: 0.95,
        learningRate: 1e-3,
        bufferSize: 100_000,
        learningStarts: 1000,
        hidden: [64, 64],
      },
    },
  },
};

/** For discrete SAC: our own. */
export const discreteSacSettings: SettingsTable<'gradus', DiscreteSacOptions> = {
  gradus: {
    'CartPole-v1': {
      numEnvs: 1,
      steps: 100_000,
      options: { hidden: [64, 64], batchSize: 128, learningRate: 1e-3, targetEntropy: 0.2, trainFrequency: 2 },
    },
  },
};

const normalized: Partial<A2cOptions> = { normalizeObservation: true, normalizeReward: true };

/** For A2C (`hyperparams/a2c.yml`). */
export const a2cSettings: SettingsTable<'zoo', A2cOptions> = {
  zoo: {
    'CartPole-v1': { numEnvs: 8, steps: 500_000, options: {} },
    'Acrobot-v1': { numEnvs: 16, steps: 500_000, options: normalized },
    'MountainCar-v0': { numEnvs: 16, steps: 1_000_000, options: normalized },
    'LunarLander-v3': {
      numEnvs: 8,
      steps: 200_000,
      options: { gamma: 0.995, learningRate: linear(8.3e-4, 0), entropyCoefficient: 1e-5 },
    },
    'MountainCarContinuous-v0': {
      numEnvs: 4,
      steps: 100_000,
      options: { ...normalized, steps: 100, stateDependentExploration: 16, orthogonalInitialization: false },
    },
    'Pendulum-v1': {
      numEnvs: 8,
      steps: 1_000_000,
      options: {
        ...normalized,
        steps: 8,
        gaeLambda: 0.9,
        gamma: 0.9,
        valueCoefficient: 0.4,
        learningRate: linear(7e-4, 0),
        // Stable-Baselines3 changes the noise at the start of each round.
        stateDependentExploration: 8,
        initialLogStd: -2,
        orthogonalInitialization: false,
      },
    },
  },
};

/** For A3C: our own, with a rate that falls to 0 as in the paper. Longer rounds make up for gradients of one worker each. */
export const a3cSettings: SettingsTable<'gradus', A3cOptions> = {
  gradus: {
    'CartPole-v1': {
      numEnvs: 2,
      steps: 400_000,
      options: { steps: 32, learningRate: linear(2e-3, 0), entropyCoefficient: 0 },
    },
  },
};

/** For TQC (`hyperparams/tqc.yml`): in MountainCarContinuous those of SAC. */
export const tqcSettings: SettingsTable<'zoo', TqcOptions> = {
  zoo: {
    'Pendulum-v1': {
      numEnvs: 1,
      steps: 20_000,
      options: {
        learningRate: 1e-3,
        trainFrequency: 64,
        gradientSteps: 64,
        hidden: [64, 64],
        // Stable-Baselines3 changes the noise at the start of each round.
        stateDependentExploration: 64,
        initialLogStd: -2,
      },
    },
    'MountainCarContinuous-v0': sacSettings.zoo['MountainCarContinuous-v0'],
    'LunarLanderContinuous-v3': landerZoo,
    'BipedalWalker-v3': walkerZoo,
    ...inMujoco<TqcOptions>(softMujoco),
    // As in the paper.
    'Hopper-v5': { ...softMujoco, options: { ...softMujoco.options, droppedQuantiles: 5 } },
    'Swimmer-v5': withGamma<TqcOptions>(softMujoco, 0.9999),
  },
};

/** For CrossQ (`hyperparams/crossq.yml`). */
export const crossQSettings: SettingsTable<'zoo', CrossQOptions> = {
  zoo: {
    'Pendulum-v1': {
      numEnvs: 1,
      steps: 20_000,
      options: { policyDelay: 2, hidden: [256, 256], criticHidden: [256, 256] },
    },
    'LunarLanderContinuous-v3': { numEnvs: 1, steps: 200_000, options: { learningStarts: 10_000 } },
    'BipedalWalker-v3': {
      numEnvs: 1,
      steps: 200_000,
      options: { bufferSize: 300_000, gamma: 0.98, learningStarts: 10_000 },
    },
  },
};
