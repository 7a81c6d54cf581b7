import { runId, type PlannedRun } from '../runs/planned-run.ts';
import type { RunRecord } from '../runs/run-record.ts';

/** What in a planned run contradicts its id, if something does. */
export function contradictionInRun(run: PlannedRun): string | undefined {
  const id = runId(run);
  return run.id === id ? undefined : `run.id: expected ${id} for this run, got ${run.id}`;
}

/**
 * What in a record contradicts something else in it, if something does: a mean of other returns, a best agent that the learning curve does
 * not know, a speed that is not that of its steps and seconds.
 */
export function contradictionInRecord(record: RunRecord): string | undefined {
  const { run, steps, returns, best, curve, timing, origin } = record;
  const expected = (what: string, wanted: number | string, got: number | string): string =>
    `${what}: expected ${wanted} by the rest of the record, got ${got}`;
  const inRun = contradictionInRun(run);
  if (inRun !== undefined) return inRun;
  if (returns.length !== run.episodes) return expected('returns', `${run.episodes} of them`, returns.length);
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  if (differ(record.mean_return, mean, returns)) return expected('mean_return', mean, record.mean_return);
  const std = Math.sqrt(returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / returns.length);
  if (differ(record.std_return, std, returns)) return expected('std_return', std, record.std_return);

  const stepsOfCurve = curve.map(({ step }) => step);
  if (curve.length === 0 || curve.length > run.evaluations) {
    return expected('curve', `1 to ${run.evaluations} points`, curve.length);
  }
  if (stepsOfCurve.some((step, i) => i > 0 && step <= stepsOfCurve[i - 1])) {
    return expected('curve', 'steps that rise', stepsOfCurve.join(', '));
  }
  const last = stepsOfCurve[curve.length - 1];
  // A search that is finished before its time ends between two evaluations.
  if (steps < run.steps ? last > steps : last !== steps) return expected('steps', last, steps);
  const highest = curve.reduce((high, point) => (point.mean_return > high.mean_return ? point : high));
  if (best.step !== highest.step) return expected('best.step', highest.step, best.step);
  if (best.step === steps && best.mean_return !== record.mean_return) {
    return expected('best.mean_return', record.mean_return, best.mean_return);
  }

  // Both are rounded: seconds to milliseconds, their ratio to an integer.
  const inexact = timing.seconds / 2 + timing.steps_per_second / 2000 + 1;
  if (Math.abs(timing.steps_per_second * timing.seconds - steps) > inexact) {
    return expected('timing.steps_per_second', Math.round(steps / timing.seconds), timing.steps_per_second);
  }
  const resumed = origin.resumed_at;
  if (resumed.some((step, i) => step > steps || (i > 0 && step < resumed[i - 1]))) {
    return expected('origin.resumed_at', `steps that rise, up to ${steps}`, resumed.join(', '));
  }
  for (const name of ['started', 'finished'] as const) {
    if (Number.isNaN(Date.parse(origin[name]))) return `origin.${name}: expected a time, got ${origin[name]}`;
  }
  return undefined;
}

/** Beyond what another order of summation may change. */
function differ(a: number, b: number, values: readonly number[]): boolean {
  const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return !(Math.abs(a - b) <= 1e-9 * scale);
}
