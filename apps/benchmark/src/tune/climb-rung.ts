import { recordText, type BenchDisplay } from '../suites/bench-display.ts';
import type { PlannedRun } from '../runs/planned-run.ts';
import { count } from '../runs/results.ts';
import type { ResultsFolder } from '../results/results-folder.ts';
import { decodeRunCheckpoint, type RunCheckpoint } from '../runs/run-checkpoint.ts';
import type { ExecuteRuns } from '../suites/run-locally.ts';
import type { RunRecord } from '../runs/run-record.ts';
import type { Rung } from './rungs.ts';
import type { ScoreFile } from './score-file.ts';
import type { ClimbRung } from './search-trials.ts';

/** What {@link rungClimber} needs. */
export interface RungClimberOptions {
  readonly rungs: readonly Rung[];
  /** Where records and checkpoints are kept. */
  readonly folder: ResultsFolder;
  readonly scores: ScoreFile;
  readonly execute: ExecuteRuns;
  /** Shows how `runs` go, `done` others being finished. */
  readonly display: (runs: readonly PlannedRun[], done: number) => BenchDisplay;
  readonly signal: AbortSignal;
}

/**
 * Trains runs to the end of a rung. Every run is planned as a whole one, and on all rungs but the last it is interrupted as soon as
 * its learning curve has that rung's point; on the next rung it goes on from its checkpoint. So schedules that depend on the
 * whole number of steps, of learning rates for instance, are those of the whole run on all rungs, and what comes out of the last
 * is bit by bit what `gradus train` with these settings gives. What is known already is not trained again.
 *
 * A run's score is the mean return at that point of its curve; on the last rung that of the finished agent on fresh episodes.
 */
export function rungClimber({ rungs, folder, scores, execute, display, signal }: RungClimberOptions): ClimbRung {
  let before: readonly PlannedRun[] = [];
  return async (runs, index) => {
    // Checkpoints of those that were given up.
    for (const { id } of before.filter((run) => !runs.includes(run))) await folder.deleteCheckpoint(id);
    before = runs;
    const { steps } = rungs[index];
    const isLast = index === rungs.length - 1;
    const scoreOfCurve = (curve: RunRecord['curve']): number | undefined =>
      isLast ? undefined : curve.find(({ step }) => step >= steps)?.mean_return;
    const scoreOfRecord = (record: RunRecord): number => scoreOfCurve(record.curve) ?? record.mean_return;
    const scoreOfCheckpoint = (id: string, checkpoint: RunCheckpoint): number | undefined =>
      scoreOfCurve(decodeRunCheckpoint(checkpoint, id).state.curve);
    const add = (run: string, score: number): Promise<void> => scores.add({ run, steps, score });

    // One that was quicker than its interruption on an earlier rung is finished.
    for (const { id } of runs) {
      const record = folder.records.get(id);
      if (record !== undefined && scores.get(id, steps) === undefined) await add(id, scoreOfRecord(record));
    }
    const open = runs.filter(({ id }) => scores.get(id, steps) === undefined);
    const shown = new Map(open.map((run) => [run.id, { ...run, steps }]));
    const shownAs = (run: PlannedRun): PlannedRun => shown.get(run.id) ?? run;
    const view = display([...shown.values()], runs.length - open.length);
    try {
      await execute(open, {
        loadCheckpoint: ({ id }) => folder.loadCheckpoint(id),
        onStart: (run) => view.start(shownAs(run)),
        onProgress: (run, progress) => view.progress(shownAs(run), progress),
        until: isLast ? undefined : steps,
        onCheckpoint: async (run, checkpoint) => {
          await folder.saveCheckpoint(run.id, checkpoint);
          const score = scoreOfCheckpoint(run.id, checkpoint);
          if (score === undefined || scores.get(run.id, steps) !== undefined) return;
          await add(run.id, score);
          view.end(shownAs(run), `${score.toFixed(1)} at step ${count(steps)}`);
        },
        onRecord: async (run, record) => {
          await folder.append(record);
          if (scores.get(run.id, steps) === undefined) await add(run.id, scoreOfRecord(record));
          view.end(shownAs(run), recordText(record));
        },
        onFailure: async (run, error) => {
          await folder.appendFailure(run, error);
          await scores.add({ run: run.id, steps, score: null, error });
          view.end(shownAs(run), `failed: ${error}`);
        },
        onNotice: (line) => view.say(line),
        signal,
      });
    } finally {
      view.close();
    }
    return runs.map(({ id }) => scores.get(id, steps)).filter((score) => score !== undefined);
  };
}
