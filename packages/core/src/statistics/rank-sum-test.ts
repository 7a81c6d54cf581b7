import { checkOptions, positiveInteger } from '@gradus/tensor';
import { checkSameTasks, checkScores, type Scores } from './statistics.ts';

/**
 * The exact one-sided p-value of the rank-sum test (Mann and Whitney, 1947) that `x` tends to score higher than `y`; swap them to
 * test for lower. With W the sum of the ranks of x's scores among all scores of a task, equal ones sharing the mean of theirs,
 * summed over the tasks: the share, among all ways to exchange scores between x and y within tasks, of those with a W as large.
 * Exact for any number of scores and for ties, where a normal approximation is neither; with a hundred scores a side it
 * takes a second.
 *
 * How small it can get depends on the numbers of scores alone (`smallestPValue`). Throws `RangeError` unless both have the same tasks,
 * each with finite scores.
 */
export function rankSumTest(x: Scores, y: Scores): number {
  checkScores(x);
  checkScores(y);
  checkSameTasks(x, y);
  let distribution = Float64Array.of(1);
  let observed = 0;
  for (const task in x) {
    const ranks = doubledRanks([...x[task], ...y[task]]);
    observed += sum(ranks.slice(0, x[task].length));
    distribution = sumDistribution(distribution, subsetSums(ranks, x[task].length));
  }
  return Math.min(1, sum(distribution.subarray(observed)));
}

/**
 * The smallest p-value that `rankSumTest` can give for n scores against m in one task, 1 / C(n + m, n): 0.05 for 3 against 3, 0.004 for
 * 5 against 5. Throws `RangeError` unless both are positive integers.
 */
export function smallestPValue(n: number, m: number): number {
  checkOptions('smallestPValue', { n, m }, { n: positiveInteger, m: positiveInteger });
  let p = 1;
  for (let i = 1; i <= n; i++) p *= i / (m + i);
  return p;
}

/** Twice the rank (from 1) of each value, so that shared ranks are whole numbers too. */
function doubledRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return 2 * below + equal + 1;
  });
}

/** At s: of all subsets of `size` of these values, the share that sums to s. */
function subsetSums(values: readonly number[], size: number): Float64Array {
  const total = sum(values);
  const counts = Array.from({ length: size + 1 }, () => new Float64Array(total + 1));
  counts[0][0] = 1;
  for (const value of values) {
    // Downwards, so that no value is taken twice.
    for (let k = size; k > 0; k--) {
      for (let s = total; s >= value; s--) counts[k][s] += counts[k - 1][s - value];
    }
  }
  const subsets = sum(counts[size]);
  return counts[size].map((count) => count / subsets);
}

/** The distribution of the sum of two independent whole numbers. */
function sumDistribution(a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  const result = new Float64Array(a.length + b.length - 1);
  for (let i = 0; i < a.length; i++) {
    if (a[i] > 0) for (let j = 0; j < b.length; j++) result[i + j] += a[i] * b[j];
  }
  return result;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
