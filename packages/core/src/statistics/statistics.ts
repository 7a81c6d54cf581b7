import { checkArguments, checkOptions, finiteNumber, valueText } from '@gradus/tensor';
import { aNumber, numberList } from '../options/argument-checks.ts';

/** Final scores of one algorithm: for each task, those of its independent runs (seeds). Tasks may differ in their number of runs. */
export type Scores = Readonly<Record<string, readonly number[]>>;

/**
 * A score on the scale of its task: 0 at `low` (such as a random policy's), 1 at `high` (such as the reference's).
 * The aggregates below mean something only over scores of a common scale. Throws `RangeError` unless low < high.
 */
export function normalizeScore(score: number, low: number, high: number): number {
  checkArguments('normalizeScore', { score, low, high }, { score: aNumber, low: aNumber, high: aNumber });
  if (!(low < high && Number.isFinite(high - low))) {
    throw new RangeError(`normalizeScore: expected finite low < high, got ${low} and ${high}`);
  }
  return (score - low) / (high - low);
}

/**
 * Interquartile mean: the mean of the middle half of all runs of all tasks, after ⌊n / 4⌋ of the n scores are dropped at either
 * end. Less noisy than the median, less moved by outliers than the mean (Agarwal et al., 2021). A task with more runs than
 * others weighs more. Throws `RangeError` where there are no scores or one is not finite, as do the functions below.
 */
export function interquartileMean(scores: Scores): number {
  const sorted = sortedScores(scores);
  const dropped = Math.floor(sorted.length / 4);
  let sum = 0;
  for (let i = dropped; i < sorted.length - dropped; i++) sum += sorted[i];
  return sum / (sorted.length - 2 * dropped);
}

/** Mean over the tasks of the mean over a task's runs. */
export function meanScore(scores: Scores): number {
  return meanOverTasks(scores, identity);
}

/** Median over the tasks of the mean over a task's runs; of an even number of tasks, the mean of the middle two. */
export function medianScore(scores: Scores): number {
  checkScores(scores);
  const means = Object.values(scores).map((runs) => meanOf(runs, identity));
  means.sort((a, b) => a - b);
  const middle = means.length >> 1;
  return means.length % 2 === 1 ? means[middle] : (means[middle - 1] + means[middle]) / 2;
}

/**
 * How far the scores fall short of `threshold`, γ − mean(min(score, γ)), in which scores beyond it make up for nothing; lower is
 * better. By default γ = 1, the reference's own normalized score (Agarwal et al., 2021). Every task weighs the same.
 * Throws `RangeError` for a threshold that is not finite, too.
 */
export function optimalityGap(scores: Scores, threshold = 1): number {
  checkOptions('optimalityGap', { threshold }, { threshold: finiteNumber });
  return threshold - meanOverTasks(scores, (score) => Math.min(score, threshold));
}

/**
 * Performance profile: for each threshold τ, the fraction of runs with a score > τ, averaged over tasks (Agarwal et al., 2021).
 * Its confidence band at one τ: `bootstrapInterval(scores, (resampled) => performanceProfile(resampled, [τ])[0])`.
 */
export function performanceProfile(scores: Scores, thresholds: readonly number[]): number[] {
  checkArguments('performanceProfile', { thresholds }, { thresholds: numberList });
  return thresholds.map((threshold) => meanOverTasks(scores, (score) => (score > threshold ? 1 : 0)));
}

/**
 * P(X > Y): how probable it is that a run of X scores better than a run of Y on a task drawn at random, ties counting half. It is
 * the mean over tasks of U / (n m), where U is the Mann–Whitney statistic of the n runs of X and the m of Y (Agarwal et al., 2021).
 * 0.5: no difference. Throws `RangeError` unless both have the same tasks.
 */
export function probabilityOfImprovement(x: Scores, y: Scores): number {
  checkScores(x);
  checkScores(y);
  checkSameTasks(x, y);
  let sum = 0;
  let tasks = 0;
  for (const task in x) {
    sum += pairsWon(x[task], y[task]) / (x[task].length * y[task].length);
    tasks++;
  }
  return sum / tasks;
}

/** The Mann–Whitney statistic U: of all pairs of one of `x` and one of `y`, those where x > y, ties counting half. */
function pairsWon(x: readonly number[], y: readonly number[]): number {
  let won = 0;
  for (const a of x) for (const b of y) won += a > b ? 1 : a === b ? 0.5 : 0;
  return won;
}

/** Throws `RangeError` unless there are tasks, each with runs, each with a finite score. */
export function checkScores(scores: Scores): void {
  if (typeof scores !== 'object' || scores === null) {
    throw new RangeError(`scores: expected an object with the scores of each task, got ${valueText(scores)}`);
  }
  let tasks = 0;
  for (const task in scores) {
    tasks++;
    const runs = scores[task];
    if (!Array.isArray(runs))
      throw new RangeError(`scores of ${task}: expected a list of numbers, got ${valueText(runs)}`);
    if (runs.length === 0) throw new RangeError(`scores of ${task}: expected at least one run, got none`);
    for (const score of runs) {
      if (!Number.isFinite(score))
        throw new RangeError(`scores of ${task}: expected finite numbers, got ${valueText(score)}`);
    }
  }
  if (tasks === 0) throw new RangeError('scores: expected at least one task, got none');
}

/** Throws `RangeError` where one of the two has a task that the other has not. */
export function checkSameTasks(x: Scores, y: Scores): void {
  checkTasksOf(x, y);
  checkTasksOf(y, x);
}

function checkTasksOf(one: Scores, other: Scores): void {
  for (const task in one) {
    if (!Object.hasOwn(other, task)) throw new RangeError(`scores: expected the same tasks twice, got ${task} once`);
  }
}

/** Where `sortedScores` sorts: statistics are computed tens of thousands of times in a bootstrap, of always as many scores. */
let scratch = new Float64Array(0);

function sortedScores(scores: Scores): Float64Array {
  checkScores(scores);
  let count = 0;
  for (const task in scores) count += scores[task].length;
  if (scratch.length !== count) scratch = new Float64Array(count);
  let next = 0;
  for (const task in scores) for (const score of scores[task]) scratch[next++] = score;
  return count > MOST_INSERTED ? scratch.sort() : insertionSort(scratch);
}

/** Up to so many scores are sorted by insertion, which takes a fraction of what calling the engine's own sort does. */
const MOST_INSERTED = 64;

function insertionSort(values: Float64Array): Float64Array {
  for (let i = 1; i < values.length; i++) {
    const value = values[i];
    let at = i;
    for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1];
    values[at] = value;
  }
  return values;
}

function meanOverTasks(scores: Scores, value: (score: number) => number): number {
  checkScores(scores);
  let sum = 0;
  let tasks = 0;
  for (const task in scores) {
    sum += meanOf(scores[task], value);
    tasks++;
  }
  return sum / tasks;
}

function meanOf(runs: readonly number[], value: (score: number) => number): number {
  let sum = 0;
  for (const score of runs) sum += value(score);
  return sum / runs.length;
}

function identity(score: number): number {
  return score;
}
