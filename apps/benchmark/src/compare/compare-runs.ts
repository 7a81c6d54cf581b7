import {
  holm,
  meanScore,
  probabilityOfImprovement,
  probabilityOfImprovementInterval,
  rankSumTest,
  smallestPValue,
  type Scores,
} from '@gradus/core';
import { finalScores, groupName, lostText, type RunGroup } from '../results/run-groups.ts';

/** Probability of calling any regression significant where A and B are equally good. */
export const SIGNIFICANCE = 0.05;

/** An algorithm in an environment, in A and in B. */
interface TaskComparison {
  readonly label: string;
  readonly environment: string;
  /** Numbers of runs, those among them that failed or are missing, and the means of all final scores. */
  readonly runs_a: number;
  readonly runs_b: number;
  readonly lost_a: number;
  readonly lost_b: number;
  /** What a run counts as that failed or is missing: the lowest score of A, B and random actions. Null where none did. */
  readonly lost_score: number | null;
  readonly mean_a: number;
  readonly mean_b: number;
  /** P(A > B): how probable it is that a run of A scores better than one of B, ties counting half. */
  readonly probability_of_improvement: number;
  /** Of the one-sided test that A is worse; not yet corrected for the number of tests. */
  readonly p_value: number;
  readonly regression: boolean;
  /** Whether there are runs enough for a regression ever to be significant. */
  readonly decidable: boolean;
}

/** What {@link compareRuns} found. */
export interface Comparison {
  /** In the order of A. */
  readonly tasks: readonly TaskComparison[];
  readonly overall: {
    /** Mean over the tasks, and its 95 % stratified bootstrap interval. */
    readonly probability_of_improvement: number;
    readonly low: number;
    readonly high: number;
    /** Of the test over all tasks together. */
    readonly p_value: number;
    readonly regression: boolean;
  };
  /** Whether A is significantly worse than B, in any task or overall. */
  readonly regression: boolean;
  /** Runs of A that failed or are missing. */
  readonly lost: number;
  /** What cannot be compared, or not fairly: a line each. */
  readonly remarks: readonly string[];
}

/**
 * Compares final scores of the candidate A with those of the baseline B, for every label and environment that both have: P(A > B), and a
 * test whether A is worse. The tests, one for each task and where there are several one over all of them, are exact permutation
 * tests (`rankSumTest`); Holm's procedure keeps the probability of any false alarm at {@link SIGNIFICANCE} or below. Runs that failed or
 * are missing count as the lowest score that is known of their environment, in A or B.
 * Throws `RangeError` where A and B have no task in common.
 */
export function compareRuns(a: readonly RunGroup[], b: readonly RunGroup[]): Comparison {
  const pairs = a.flatMap((candidate) => {
    const baseline = b.find((group) => groupName(group) === groupName(candidate));
    if (baseline === undefined) return [];
    const pair = withCommonLowest(candidate, baseline);
    // Where nothing is finished in an environment that nothing is known of, there is nothing to compare either.
    return pair.candidate.lostScore === undefined ? [] : [pair];
  });
  if (pairs.length === 0) throw new RangeError('A and B have no algorithm and environment in common');
  const x = scores(pairs.map(({ candidate }) => candidate));
  const y = scores(pairs.map(({ baseline }) => baseline));
  const names = Object.keys(x);

  // That A is worse is that B tends to score higher. Over one task only, the test over all is that of the task.
  const pValues = names.map((name) => rankSumTest({ [name]: y[name] }, { [name]: x[name] }));
  const overallP = rankSumTest(y, x);
  const rejected = reject(pValues, overallP);
  const smallest = names.map((name) => smallestPValue(x[name].length, y[name].length));
  const decidable = reject(
    smallest,
    smallest.reduce((product, p) => product * p, 1),
  );

  return {
    tasks: pairs.map(({ candidate }, i) => {
      const own = groupName(candidate);
      return {
        label: candidate.label,
        environment: candidate.environment,
        runs_a: x[own].length,
        runs_b: y[own].length,
        lost_a: candidate.lost.length,
        lost_b: pairs[i].baseline.lost.length,
        lost_score: candidate.lost.length + pairs[i].baseline.lost.length > 0 ? (candidate.lostScore ?? null) : null,
        mean_a: meanScore({ [own]: x[own] }),
        mean_b: meanScore({ [own]: y[own] }),
        probability_of_improvement: probabilityOfImprovement({ [own]: x[own] }, { [own]: y[own] }),
        p_value: pValues[i],
        regression: rejected[i],
        decidable: decidable[i],
      };
    }),
    overall: {
      probability_of_improvement: probabilityOfImprovement(x, y),
      ...probabilityOfImprovementInterval(x, y),
      p_value: overallP,
      regression: rejected.at(-1) ?? false,
    },
    regression: rejected.includes(true),
    lost: a.reduce((sum, { lost }) => sum + lost.length, 0),
    remarks: [
      ...lostRuns(a, 'A'),
      ...lostRuns(b, 'B'),
      ...missing(a, b, 'A'),
      ...missing(b, a, 'B'),
      ...pairs.flatMap(({ candidate, baseline }) => differences(candidate, baseline)),
    ],
  };
}

/** Which tests are significant by Holm's procedure: those of the tasks, and last the one over all where there are several. */
function reject(pValues: readonly number[], overallP: number): boolean[] {
  const all = pValues.length > 1 ? [...pValues, overallP] : pValues;
  return holm(all).map((pValue) => pValue <= SIGNIFICANCE);
}

/** Both with the lower of their scores for runs that failed or are missing. */
function withCommonLowest(candidate: RunGroup, baseline: RunGroup): { candidate: RunGroup; baseline: RunGroup } {
  const known = [candidate.lostScore, baseline.lostScore].filter((score) => score !== undefined);
  const lostScore = known.length === 0 ? undefined : Math.min(...known);
  return { candidate: { ...candidate, lostScore }, baseline: { ...baseline, lostScore } };
}

/** What failed or is missing of each group: a line each. */
export function lostRuns(groups: readonly RunGroup[], name: 'A' | 'B'): string[] {
  return groups.filter(({ lost }) => lost.length > 0).map((group) => `${name}: ${lostText(group)}`);
}

function scores(groups: readonly RunGroup[]): Scores {
  return Object.fromEntries(groups.map((group) => [groupName(group), finalScores(group)]));
}

function missing(there: readonly RunGroup[], elsewhere: readonly RunGroup[], name: 'A' | 'B'): string[] {
  const names = elsewhere.map(groupName);
  return there
    .map(groupName)
    .filter((task) => !names.includes(task))
    .map((task) => `${task} is only in ${name} and is left out`);
}

/** What makes a comparison of two groups one of something else than the code. */
function differences(a: RunGroup, b: RunGroup): string[] {
  const steps = [a.task.steps, b.task.steps];
  if (steps[0] === steps[1]) return [];
  return [`${groupName(a)} was trained for ${steps[0]} steps in A, for ${steps[1]} in B`];
}
