/** Where published scores come from, and what exactly each source measured. */
export const publishedSources = {
  zoo: {
    name: 'RL Baselines3 Zoo',
    url: 'https://github.com/DLR-RM/rl-baselines3-zoo/blob/master/benchmark.md',
    /** The state of the source that the numbers were read from. */
    revision: '22e3ff2, 2026-04-23',
    measure: 'one training run with tuned settings; mean ± standard deviation over evaluation episodes',
  },
  cleanrl: {
    name: 'CleanRL',
    url: 'https://docs.cleanrl.dev/rl-algorithms/overview/',
    revision: 'fe8d8a0, 2026-04-20',
    measure: 'mean ± standard deviation over three seeds of the returns during training, exploration included',
  },
  minatar: {
    name: 'MinAtar',
    url: 'https://github.com/kenjyoung/MinAtar',
    revision: '4241f24, 2024-12; Seaquest as it was up to version 1.0.10',
    measure: 'mean over 30 seeds at the end of the learning curves, read from their figure',
  },
} as const;

/** One of {@link publishedSources}. */
type PublishedSource = keyof typeof publishedSources;

/** A final score that somebody published for an algorithm in an environment. */
export interface PublishedScore {
  readonly source: PublishedSource;
  readonly algorithm: string;
  readonly environment: string;
  readonly mean: number;
  /** What it is the standard deviation of, {@link publishedSources} says; NaN where there is none. */
  readonly std: number;
  /** Environment steps of training. */
  readonly steps: number;
}

type Row = readonly [algorithm: string, mean: number, std: number, steps: number];

const zoo: Readonly<Record<string, readonly Row[]>> = {
  'CartPole-v1': [
    ['ppo', 500, 0, 100_000],
    ['a2c', 500, 0, 500_000],
    ['dqn', 500, 0, 50_000],
    ['qrdqn', 500, 0, 50_000],
    ['trpo', 500, 0, 100_000],
    ['ars', 500, 0, 50_000],
  ],
  'Acrobot-v1': [
    ['ppo', -73.5, 18.2, 1_000_000],
    ['a2c', -83.4, 17.2, 500_000],
    ['dqn', -76.6, 11.8, 100_000],
    ['qrdqn', -69.1, 10, 100_000],
    ['trpo', -83.1, 18.6, 100_000],
    ['ars', -82.9, 23.8, 500_000],
  ],
  'MountainCar-v0': [
    ['ppo', -110.4, 19.5, 1_000_000],
    ['a2c', -111.3, 24.1, 1_000_000],
    ['dqn', -100.8, 9.9, 120_000],
    ['qrdqn', -106, 15.5, 120_000],
    ['trpo', -107.3, 13.2, 100_000],
    ['ars', -122, 33.5, 500_000],
  ],
  'Pendulum-v1': [
    ['ppo', -172.2, 104.2, 100_000],
    ['a2c', -163, 103.2, 1_000_000],
    ['ddpg', -152.1, 94.3, 20_000],
    ['td3', -151.9, 90.2, 20_000],
    ['sac', -157, 88.7, 20_000],
    ['tqc', -151.3, 87.9, 20_000],
  ],
  'MountainCarContinuous-v0': [
    ['ppo', 88.3, 2.6, 20_000],
    ['a2c', 91.2, 0.3, 100_000],
    ['ddpg', 93.5, 0, 300_000],
    ['td3', 93.5, 0.1, 300_000],
    ['sac', 94.7, 1.1, 50_000],
    ['tqc', 63.6, 45.3, 50_000],
  ],
  'CartPoleNoVel-v1': [['recurrent-ppo', 500, 0, 100_000]],
  'PendulumNoVel-v1': [['recurrent-ppo', -217.9, 140.1, 100_000]],
  'MountainCarContinuousNoVel-v0': [['recurrent-ppo', 91.5, 1.8, 300_000]],
};

/** The files ppo.py, dqn.py, c51.py and pqn.py. */
const cleanrl: Readonly<Record<string, readonly Row[]>> = {
  'CartPole-v1': [
    ['ppo', 490.04, 6.12, 500_000],
    ['dqn', 488.69, 16.11, 500_000],
    ['c51', 481.2, 20.53, 500_000],
    ['pqn', 495.13, 6.89, 500_000],
  ],
  'Acrobot-v1': [
    ['ppo', -86.36, 1.32, 500_000],
    ['dqn', -91.54, 7.2, 500_000],
    ['c51', -87.7, 5.52, 500_000],
    ['pqn', -95.63, 5.73, 500_000],
  ],
  'MountainCar-v0': [
    ['ppo', -200, 0, 500_000],
    ['dqn', -194.95, 8.48, 500_000],
    ['c51', -166.38, 27.94, 500_000],
    ['pqn', -200, 0, 500_000],
  ],
};

/** All six actions, sticky with probability 0.1, difficulty growing. */
const minatar: Readonly<Record<string, readonly Row[]>> = {
  'MinAtar/Asterix-v0': [['dqn', 17, NaN, 5_000_000]],
  'MinAtar/Breakout-v0': [['dqn', 10, NaN, 5_000_000]],
  'MinAtar/Freeway-v0': [['dqn', 50, NaN, 5_000_000]],
  'MinAtar/Seaquest-v0': [['dqn', 20, NaN, 5_000_000]],
  'MinAtar/SpaceInvaders-v0': [['dqn', 44, NaN, 5_000_000]],
};

/** All published scores of environments that are here. */
export const publishedScores: readonly PublishedScore[] = Object.entries({ zoo, cleanrl, minatar }).flatMap(
  ([source, tables]) =>
    Object.entries(tables).flatMap(([environment, rows]) =>
      rows.map(([algorithm, mean, std, steps]) => {
        return { source: source as PublishedSource, algorithm, environment, mean, std, steps };
      }),
    ),
);

/**
 * Mean return from which Gymnasium calls an environment solved: `reward_threshold` of its registration
 * (`gymnasium/envs/__init__.py`). Pendulum-v1, CliffWalking-v1 and Blackjack-v1 have none.
 */
export const solvedReturns: Readonly<Record<string, number>> = {
  'CartPole-v1': 475,
  'Acrobot-v1': -100,
  'MountainCar-v0': -110,
  'MountainCarContinuous-v0': 90,
  'FrozenLake-v1': 0.7,
  'FrozenLake8x8-v1': 0.85,
  'Taxi-v4': 8,
};
