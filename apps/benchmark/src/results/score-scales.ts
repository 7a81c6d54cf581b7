import type { RunRecord } from '../runs/run-record.ts';

/** Between what an environment's mean returns lie: normalised, `random` becomes 0 and `best` 1. */
export interface ScoreScale {
  /**
   * Mean return of uniformly random actions, in finite environments by dynamic programming over the time limit, else of 100,000
   * episodes (Acrobot and Pendulum: 10,000).
   */
  readonly random: number;
  /** The best that is published, or the optimum where it is known. */
  readonly best: number;
  /** What `best` is. */
  readonly bestIs: string;
}

const optimum = 'the optimal policy’s, by dynamic programming over the time limit';

/**
 * Scales of the environments that have one. CliffWalking-v1 has none: it has no time limit, and the return of random actions is so low
 * that beside it every policy that reaches the goal would count as optimal.
 */
export const scoreScales: Readonly<Record<string, ScoreScale>> = {
  'CartPole-v1': { random: 22.2, best: 500, bestIs: 'the highest that is possible' },
  'Acrobot-v1': { random: -499.1, best: -69.1, bestIs: 'RL Baselines3 Zoo, QR-DQN' },
  'MountainCar-v0': { random: -200, best: -100.8, bestIs: 'RL Baselines3 Zoo, DQN' },
  'Pendulum-v1': { random: -1230, best: -151.3, bestIs: 'RL Baselines3 Zoo, TQC' },
  'MountainCarContinuous-v0': { random: -33.1, best: 94.7, bestIs: 'RL Baselines3 Zoo, SAC' },
  'FrozenLake-v1': { random: 0.0139, best: 0.7442, bestIs: optimum },
  'FrozenLake8x8-v1': { random: 0.0019, best: 0.9132, bestIs: optimum },
  'Taxi-v4': { random: -771.1, best: 7.93, bestIs: optimum },
  'Blackjack-v1': { random: -0.3942, best: -0.0431, bestIs: optimum },
};

/**
 * What a run counts as that failed or is missing, by environment: the lowest of all mean returns that any of `records` got there, at
 * its end or at a point of its learning curve, and of that of random actions. So a lost run is as bad as the worst that is on
 * record; undefined where no run was seen and random actions have no known return.
 */
export function lowestScores(records: readonly RunRecord[]): (environment: string) => number | undefined {
  return (environment) => {
    const own = records.filter(({ run }) => run.environment === environment);
    const seen = own.flatMap(({ mean_return, curve }) => [mean_return, ...curve.map((point) => point.mean_return)]);
    const random = Object.hasOwn(scoreScales, environment) ? [scoreScales[environment].random] : [];
    const all = [...seen, ...random];
    return all.length === 0 ? undefined : all.reduce((lowest, score) => Math.min(lowest, score));
  };
}
