import { bootstrapInterval, interquartileMean, meanScore, type Interval, type Scores } from '@gradus/core';
import { publishedScores, solvedReturns, type PublishedScore } from '../catalog/published-scores.ts';
import { finalScores, type RunGroup } from '../results/run-groups.ts';

/** A statistic of several runs and its 95 % bootstrap interval, which is a point where there is one run. */
export interface Estimate extends Interval {
  readonly value: number;
}

/** Mean and standard deviation over seeds. */
export interface MeanAndStd {
  readonly mean: number;
  /** Of the sample, √(Σ(x − x̄)² / (n − 1)); NaN for one run. */
  readonly std: number;
}

/** A point of a learning curve: the mean over seeds. */
interface MeanCurvePoint extends Estimate {
  /** Environment steps. */
  readonly step: number;
}

/**
 * How a final score compares with a published one: its mean is at least as high (`reached`), only its interval goes as high
 * (`within`), or neither does (`below`).
 */
export type Verdict = 'reached' | 'within' | 'below';

/** A published score, and how ours compares with it. */
export interface PublishedComparison {
  readonly published: PublishedScore;
  readonly verdict: Verdict;
}

/** What the report says about an algorithm in an environment. */
export interface GroupSummary {
  readonly group: RunGroup;
  readonly final: MeanAndStd;
  /** The final scores' mean and interquartile mean. */
  readonly mean: Estimate;
  readonly iqm: Estimate;
  /** Share of the runs whose final score is at least the environment's {@link solvedReturns}; undefined where it has none. */
  readonly solved: number | undefined;
  /** The agents of the best evaluations of finished runs; undefined where none is finished. */
  readonly best: MeanAndStd | undefined;
  /** Median over the finished runs; undefined where there is none. */
  readonly stepsPerSecond: number | undefined;
  /** Of the finished runs. */
  readonly curve: readonly MeanCurvePoint[];
  readonly published: readonly PublishedComparison[];
}

/** Resamples of a bootstrap interval in a table, and of one in a figure, where there are many. */
export const REPETITIONS = { table: 50_000, figure: 2_000 } as const;

/** All numbers of one group. Runs that failed or are missing count, as the worst, wherever final scores do. */
export function summarizeGroup(group: RunGroup): GroupSummary {
  const { algorithm, environment, runs } = group;
  const scores = { [environment]: finalScores(group) };
  const mean = estimate(scores, meanScore, REPETITIONS.table);
  // Runs of other libraries may not say how long they took.
  const speeds = runs.map(({ timing }) => timing.steps_per_second).filter((speed) => speed > 0);
  return {
    group,
    final: meanAndStd(finalScores(group)),
    mean,
    iqm: estimate(scores, interquartileMean, REPETITIONS.table),
    solved: solvedShare(group),
    best: runs.length === 0 ? undefined : meanAndStd(runs.map(({ best }) => best.mean_return)),
    stepsPerSecond: speeds.length === 0 ? undefined : median(speeds),
    curve: meanCurve(group),
    published: publishedScores
      .filter((score) => score.algorithm === algorithm && score.environment === environment)
      .map((published) => ({ published, verdict: verdictOf(mean, published.mean) })),
  };
}

/** A statistic of scores with its 95 % interval, the same whenever it is computed. */
export function estimate(scores: Scores, statistic: (scores: Scores) => number, repetitions: number): Estimate {
  return { value: statistic(scores), ...bootstrapInterval(scores, statistic, { repetitions }) };
}

/** Of the runs' i-th evaluations, whose steps are the same for all seeds but for the rounding to whole updates. */
function meanCurve({ runs }: RunGroup): MeanCurvePoint[] {
  if (runs.length === 0) return [];
  const length = Math.min(...runs.map(({ curve }) => curve.length));
  return Array.from({ length }, (_, i) => {
    const points = runs.map(({ curve }) => curve[i]);
    const returns = { runs: points.map(({ mean_return }) => mean_return) };
    return {
      step: meanAndStd(points.map(({ step }) => step)).mean,
      ...estimate(returns, meanScore, REPETITIONS.figure),
    };
  });
}

/** The share of a group's runs that solve its environment; a run that failed or is missing does not. */
function solvedShare({ environment, runs, lost }: RunGroup): number | undefined {
  if (!Object.hasOwn(solvedReturns, environment)) return undefined;
  const solved = runs.filter(({ mean_return }) => mean_return >= solvedReturns[environment]);
  return solved.length / (runs.length + lost.length);
}

function verdictOf(ours: Estimate, published: number): Verdict {
  if (ours.value >= published) return 'reached';
  return ours.high >= published ? 'within' : 'below';
}

function meanAndStd(values: readonly number[]): MeanAndStd {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
