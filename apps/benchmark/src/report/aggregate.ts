import {
  holm,
  interquartileMean,
  normalizeScore,
  optimalityGap,
  performanceProfile,
  probabilityOfImprovement,
  probabilityOfImprovementInterval,
  rankSumTest,
  type Scores,
} from '@gradus/core';
import { finalScores, type RunGroup } from '../results/run-groups.ts';
import { scoreScales } from '../results/score-scales.ts';
import { estimate, REPETITIONS, type Estimate } from './summarize-group.ts';

/** An algorithm's normalised scores over all environments of an {@link Aggregate}. */
interface AggregateRow {
  readonly label: string;
  readonly runs: number;
  readonly iqm: Estimate;
  readonly optimalityGap: Estimate;
  /** At each of {@link PROFILE_THRESHOLDS}, the share of runs with a higher score. */
  readonly profile: readonly Estimate[];
}

/** Results over several environments. */
export interface Aggregate {
  readonly environments: readonly string[];
  /** What is not in it, and why: a line each. */
  readonly leftOut: readonly string[];
  readonly rows: readonly AggregateRow[];
}

/** P(X > Y) over the environments that two algorithms share. */
export interface Improvement extends Estimate {
  readonly x: string;
  readonly y: string;
  readonly environments: readonly string[];
  /** Of the two-sided test that X and Y are equally good, corrected for the number of pairs. */
  readonly pValue: number;
}

/** Normalised scores at which performance profiles are drawn: 0, 0.02 … 1. */
export const PROFILE_THRESHOLDS: readonly number[] = Array.from({ length: 51 }, (_, i) => i / 50);

/**
 * Metrics over the environments that have a scale and are common to all algorithms that ran in at least two of these;
 * `undefined` where there are not two such environments.
 */
export function aggregateGroups(groups: readonly RunGroup[]): Aggregate | undefined {
  const scaled = groups.filter(({ environment }) => Object.hasOwn(scoreScales, environment));
  const environmentsOf = (label: string) => scaled.filter((group) => group.label === label).map((g) => g.environment);
  const all = unique(groups.map(({ label }) => label));
  const labels = all.filter((label) => environmentsOf(label).length > 1);
  const environments = unique(groups.map(({ environment }) => environment)).filter(
    (environment) => labels.length > 0 && labels.every((label) => environmentsOf(label).includes(environment)),
  );
  if (environments.length < 2) return undefined;
  return {
    environments,
    leftOut: [
      ...unique(groups.map(({ environment }) => environment))
        .filter((environment) => !environments.includes(environment))
        .map((name) => (Object.hasOwn(scoreScales, name) ? `${name} (not run by all)` : `${name} (no scale)`)),
      ...all.filter((label) => !labels.includes(label)).map((label) => `${label} (fewer than two environments)`),
    ],
    rows: labels.map((label) => aggregateRow(label, normalizedScores(groups, label, environments))),
  };
}

/**
 * P(X > Y) for each pair of algorithms that have environments in common, with the p-value of an exact permutation test of rank sums over these
 * (`rankSumTest`, twice the smaller of both sides), by Holm's correction over all pairs.
 */
export function improvements(groups: readonly RunGroup[]): Improvement[] {
  const pairs = pairsOf(groups);
  const corrected = holm(pairs.map(({ pValue }) => pValue));
  return pairs.map((pair, i) => ({ ...pair, pValue: corrected[i] }));
}

function pairsOf(groups: readonly RunGroup[]): Improvement[] {
  const labels = unique(groups.map(({ label }) => label));
  return labels.flatMap((x, i) =>
    labels.slice(i + 1).flatMap((y) => {
      const scoresOf = (label: string) => {
        const own = groups.filter((group) => group.label === label);
        return Object.fromEntries(own.map((group) => [group.environment, finalScores(group)]));
      };
      const [ofX, ofY] = [scoresOf(x), scoresOf(y)];
      const environments = Object.keys(ofX).filter((name) => Object.hasOwn(ofY, name));
      if (environments.length === 0) return [];
      const common = (scores: Scores) => Object.fromEntries(environments.map((name) => [name, scores[name]]));
      const samples = [common(ofX), common(ofY)] as const;
      return [
        {
          x,
          y,
          environments,
          value: probabilityOfImprovement(...samples),
          ...probabilityOfImprovementInterval(...samples, { repetitions: REPETITIONS.figure }),
          pValue: Math.min(1, 2 * Math.min(rankSumTest(samples[0], samples[1]), rankSumTest(samples[1], samples[0]))),
        },
      ];
    }),
  );
}

function normalizedScores(groups: readonly RunGroup[], label: string, environments: readonly string[]): Scores {
  const own = groups.filter((group) => group.label === label && environments.includes(group.environment));
  return Object.fromEntries(
    own.map((group) => {
      const { random, best } = scoreScales[group.environment];
      return [group.environment, finalScores(group).map((score) => normalizeScore(score, random, best))];
    }),
  );
}

function aggregateRow(label: string, scores: Scores): AggregateRow {
  return {
    label,
    runs: Object.values(scores).flat().length,
    iqm: estimate(scores, interquartileMean, REPETITIONS.table),
    optimalityGap: estimate(scores, optimalityGap, REPETITIONS.table),
    profile: PROFILE_THRESHOLDS.map((threshold) =>
      estimate(scores, (resampled) => performanceProfile(resampled, [threshold])[0], REPETITIONS.figure),
    ),
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
