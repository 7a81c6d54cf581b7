import type { PlannedRun } from '../runs/planned-run.ts';
import type { Trial } from './plan-trials.ts';
import type { Rung } from './rungs.ts';
import type { RungScore } from './score-file.ts';

/** How far a trial came. */
export interface TrialResult {
  readonly trial: Trial;
  /** The last rung it was in, counted from 0. */
  readonly rung: number;
  /** Of its runs at the end of that rung, in the order of their seeds; null for one that broke. */
  readonly scores: readonly (number | null)[];
  /** Their mean; undefined where a run broke. */
  readonly score: number | undefined;
  /** Why a run broke. */
  readonly error?: string | undefined;
}

/** Trains runs to the end of a rung and tells how each stands there. */
export type ClimbRung = (runs: readonly PlannedRun[], rung: number) => Promise<readonly RungScore[]>;

/**
 * Lets trials climb rung after rung, on each as many as it has room for: those with the best mean score over their runs, of
 * equals the one that was drawn first. One of which a run broke goes no further. All runs of a rung end before the next begins, so
 * that the outcome does not depend on which is quicker.
 * @returns all trials, best first: those that came further before those that did not, and last those that broke.
 */
export async function searchTrials(
  trials: readonly Trial[],
  rungs: readonly Rung[],
  climb: ClimbRung,
): Promise<TrialResult[]> {
  let results: TrialResult[] = [];
  let going = trials;
  for (let rung = 0; rung < rungs.length && going.length > 0; rung++) {
    const scores = await climb(
      going.flatMap(({ runs }) => runs),
      rung,
    );
    const ranked = going.map((trial) => judge(trial, rung, scores)).sort(byScore);
    const room = rungs[rung + 1]?.trials ?? 0;
    const onward = ranked.slice(0, room).filter(({ score }) => score !== undefined);
    results = [...ranked.slice(onward.length), ...results];
    going = onward.map(({ trial }) => trial);
  }
  return rankResults(results);
}

/** Best first: those that came further before those that did not, on the same rung those with the better score, and last those that broke. */
export function rankResults(results: readonly TrialResult[]): TrialResult[] {
  const broke = ({ score }: TrialResult): number => (score === undefined ? 1 : 0);
  return results.toSorted((a, b) => broke(a) - broke(b) || b.rung - a.rung || byScore(a, b));
}

function judge(trial: Trial, rung: number, all: readonly RungScore[]): TrialResult {
  const own = trial.runs.map(({ id }) => all.find(({ run }) => run === id));
  const scores = own.map((score) => score?.score ?? null);
  const error = own.find((score) => score?.error !== undefined)?.error;
  const known = scores.filter((score) => score !== null);
  const score = known.length < scores.length ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
  return { trial, rung, scores, score, error };
}

function byScore(a: TrialResult, b: TrialResult): number {
  return (b.score ?? -Infinity) - (a.score ?? -Infinity) || a.trial.index - b.trial.index;
}
