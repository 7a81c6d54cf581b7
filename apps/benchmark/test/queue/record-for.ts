import type { PlannedRun } from '../../src/runs/planned-run.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { recordOf } from '../planned-runs.ts';

/** A made-up record of `run`. */
export function recordFor(run: PlannedRun): RunRecord {
  return { ...recordOf(run.seed), run, returns: Array<number>(run.episodes).fill(run.seed) };
}
