import { linear } from '@gradus/core';
import type { DqnOptions } from './dqn-options.ts';
import { rainbowDefaults } from './rainbow.ts';

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

/** The zoo's for DQN in Acrobot and LunarLander. */
const zooDense = {
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
} as const satisfies DqnSettings;

/** The zoo's for DQN (`hyperparams/dqn.yml`). */
const zoo = {
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
  'Acrobot-v1': zooDense,
  'LunarLander-v3': zooDense,
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
} as const satisfies Readonly<Record<string, DqnSettings>>;

/** The same for every environment of classic control. */
function classicControl(settings: DqnSettings): Readonly<Record<string, DqnSettings>> {
  return { 'CartPole-v1': settings, 'Acrobot-v1': settings, 'MountainCar-v0': settings };
}

/** The zoo's for QR-DQN (`hyperparams/qrdqn.yml`) are those for DQN with quantiles, on top of SB3-Contrib's defaults. */
function withQuantiles({ options, ...rest }: DqnSettings, quantiles: number): DqnSettings {
  const adamEpsilon = 0.01 / (options.batchSize ?? 32);
  const distribution = { kind: 'quantile', quantiles } as const;
  return { ...rest, options: { ...options, distribution, adamEpsilon, maxGradNorm: null } };
}

const minAtarGames = ['Asterix', 'Breakout', 'Freeway', 'Seaquest', 'SpaceInvaders'].map(
  (name) => `MinAtar/${name}-v0`,
);

/** MinAtar's for DQN (Young and Tian, 2019); frames are environment steps. */
const minatar: DqnSettings = {
  numEnvs: 1,
  steps: 5_000_000,
  options: {
    learningRate: 2.5e-4,
    optimizer: 'rmsprop',
    bufferSize: 100_000,
    learningStarts: 5000,
    trainFrequency: 1,
    targetUpdateInterval: 1000,
    epsilon: linear(1, 0.1, 0.02),
    maxGradNorm: null,
    convolutions: [{ filters: 16, kernel: 3, stride: 1 }],
    hidden: [128],
  },
};

/**
 * The sum of extensions on top, with Rainbow's optimizer; rewards are not negative in these games. Two streams of 64 units are as large as
 * DQN's one of 128.
 */
const minatarRainbow: DqnSettings = {
  ...minatar,
  options: {
    ...minatar.options,
    ...rainbowDefaults,
    distribution: { kind: 'categorical', atoms: 51, low: 0, high: 20 },
    learningRate: 2.5e-4,
    optimizer: 'adam',
    hidden: [64],
  },
};

function inMinAtar(settings: DqnSettings): Readonly<Record<string, DqnSettings>> {
  return Object.fromEntries(minAtarGames.map((id) => [id, settings]));
}

/** Ours for bit flips, by hindsight; γ, step size, minibatches and layer are those of Andrychowicz et al. (2017, appendix A). */
const bitFlip: DqnSettings = {
  numEnvs: 1,
  steps: 100_000,
  options: {
    hindsight: { strategy: 'future', sampledGoals: 4 },
    gamma: 0.98,
    learningRate: 1e-3,
    batchSize: 128,
    bufferSize: 100_000,
    trainFrequency: 4,
    gradientSteps: 2,
    targetUpdateInterval: 500,
    epsilon: linear(1, 0.1, 0.2),
    hidden: [256],
  },
};

/** Settings of a variant of DQN by source and environment. */
/**
 * Ours for CartPole: the zoo's, with what `gradus tune apps/benchmark/spaces/dqn-cartpole.json` found on four seeds that nothing else uses. Every trial is in
 * apps/benchmark/records.
 */
const steadyCartPole: DqnSettings = {
  ...zoo['CartPole-v1'],
  options: {
    ...zoo['CartPole-v1'].options,
    learningRate: linear(0.0028161395673029794, 0.0001, 1),
    epsilon: linear(1, 0.1, 0.16),
    targetUpdateInterval: 512,
    double: false,
    gamma: 0.98,
    nSteps: 3,
    gradientSteps: 128,
  },
};

type SettingsTable<Source extends string> = Readonly<Record<Source, Readonly<Record<string, DqnSettings>>>>;

/** For DQN: `zoo` are those of RL Baselines3 Zoo, `cleanrl` those of CleanRL, `minatar` those of MinAtar, `gradus` our own. */
export const dqnSettings: SettingsTable<'zoo' | 'cleanrl' | 'minatar' | 'gradus'> = {
  zoo,
  cleanrl: classicControl(cleanrl),
  minatar: inMinAtar(minatar),
  gradus: { 'CartPole-v1': steadyCartPole, 'BitFlip-v0': bitFlip },
};

/** For C51: CleanRL's `c51.py`, that is `dqn.py` with a distribution. */
export const c51Settings: SettingsTable<'cleanrl'> = {
  cleanrl: classicControl({
    ...cleanrl,
    options: {
      ...cleanrl.options,
      distribution: { kind: 'categorical', atoms: 101, low: -100, high: 100 },
      adamEpsilon: 0.01 / 128,
    },
  }),
};

/** For QR-DQN: the zoo's. */
export const qrDqnSettings: SettingsTable<'zoo'> = {
  zoo: {
    'CartPole-v1': withQuantiles(zoo['CartPole-v1'], 10),
    'Acrobot-v1': withQuantiles(zoo['Acrobot-v1'], 25),
    'MountainCar-v0': withQuantiles(zoo['MountainCar-v0'], 25),
  },
};

/** For Rainbow: MinAtar's for DQN, with Rainbow's options. */
export const rainbowSettings: SettingsTable<'minatar'> = { minatar: inMinAtar(minatarRainbow) };
