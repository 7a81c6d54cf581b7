import { TransitionTable, rewardToGo, type Random } from '@gradus/core';
import {
  estimateGradient,
  exactPolicyGradient,
  sampleTrajectory,
  type GradientOptions,
  type TabularSoftmax,
  type Trajectory,
} from '@gradus/policy-gradient';

export const GAMMA = 0.9;
/** How many episodes an estimate is the mean of. */
export const SIZES: readonly number[] = [10, 30, 100, 300, 1000];
/** Episodes of a seed; cut up into batches of each size. */
export const EPISODES = 6000;

/** What an estimator may use besides the batch: the batch before, which is independent of it, and v_π. */
type Options = (before: readonly Trajectory[], values: Float64Array) => Omit<GradientOptions, 'gamma'>;

const OPTIONS = {
  'total return': () => ({ credit: 'total-return' }),
  'reward-to-go': () => ({}),
  'constant baseline': () => ({ baseline: 'mean' }),
  'optimal baselines': () => ({ baseline: 'optimal' }),
  'learned values': (before, { length }) => byState(averageReturns(before, length)),
  'exact values': (_, values) => byState(values),
  'without γᵗ': () => ({ credit: 'reward-to-go', baseline: 'mean' }),
} satisfies Record<string, Options>;

export type Estimator = keyof typeof OPTIONS;

/** All estimators. */
export const ESTIMATORS = Object.keys(OPTIONS) as readonly Estimator[];

/** The one that estimates something else, see `Credit`. */
export const BIASED: Estimator = 'without γᵗ';

/** What the episodes of one seed say of each estimator. */
export interface MeasuredEstimators {
  /** E‖ĝ − E ĝ‖² / ‖∇J‖², for each estimator and size. */
  readonly variances: readonly (readonly number[])[];
  /** E‖ĝ − ∇J‖² / ‖∇J‖², for each estimator and size. */
  readonly errors: readonly (readonly number[])[];
  /** ‖mean − ∇J‖ over its standard error, for each estimator, the mean being that of all episodes. */
  readonly distances: readonly number[];
  /** ‖E ĝ − ∇J‖² / ‖∇J‖² of `BIASED`, exactly. */
  readonly squaredBias: number;
}

/** Plays, and estimates the gradient in each way. */
export function measureEstimators(table: TransitionTable, policy: TabularSoftmax, random: Random): MeasuredEstimators {
  const { gradient, stateValues } = exactPolicyGradient(table, policy, { gamma: GAMMA });
  const undiscounted = exactPolicyGradient(table, policy, { gamma: GAMMA, discountsSteps: false }).gradient;
  const scale = squaredDistance(gradient, new Float64Array(gradient.length));
  const trajectories = Array.from({ length: EPISODES }, () => {
    const { states, actions, rewards } = sampleTrajectory(table, policy, random);
    return { states, actions, rewards };
  });
  const results = ESTIMATORS.map((name) =>
    SIZES.map((size) => {
      const batches = Array.from({ length: EPISODES / size }, (_, i) => trajectories.slice(i * size, (i + 1) * size));
      const estimates = batches.map((batch, i) =>
        estimateGradient(policy, batch, {
          gamma: GAMMA,
          ...OPTIONS[name](batches[(i + batches.length - 1) % batches.length], stateValues),
        }),
      );
      const mean = gradient.map((_, i) => estimates.reduce((sum, each) => sum + each[i] / estimates.length, 0));
      const around = (center: Float64Array): number =>
        estimates.reduce((sum, each) => sum + squaredDistance(each, center), 0);
      const variance = around(mean) / (estimates.length - 1);
      return {
        variance: variance / scale,
        error: around(gradient) / estimates.length / scale,
        distance: Math.sqrt((squaredDistance(mean, gradient) / variance) * estimates.length),
      };
    }),
  );
  return {
    variances: results.map((sizes) => sizes.map(({ variance }) => variance)),
    errors: results.map((sizes) => sizes.map(({ error }) => error)),
    distances: results.map(([smallest]) => smallest.distance),
    squaredBias: squaredDistance(undiscounted, gradient) / scale,
  };
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
}

function byState(values: Float64Array): Pick<GradientOptions, 'baseline'> {
  return { baseline: (state) => values[state] };
}

/** The mean return from each state on; where there was none, that from all. */
function averageReturns(trajectories: readonly Trajectory[], numStates: number): Float64Array {
  const sums = new Float64Array(numStates);
  const counts = new Float64Array(numStates);
  for (const { states, rewards } of trajectories) {
    rewardToGo(rewards, GAMMA, new Float64Array(rewards.length)).forEach((value, t) => {
      sums[states[t]] += value;
      counts[states[t]]++;
    });
  }
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
  const overall = total(sums) / total(counts);
  return sums.map((sum, state) => (counts[state] > 0 ? sum / counts[state] : overall));
}
