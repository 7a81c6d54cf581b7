import type { PlannedRun } from './planned-run.ts';
import { count, scoreText, table } from './results.ts';
import { groupName } from './run-groups.ts';
import type { RunRecord } from './run-record.ts';

/**
 * A row for each algorithm in each environment: how many of the planned seeds are finished; mean and standard deviation over the
 * seeds of the score of the finished agent and of the best one; mean speed.
 */
export function suiteTable(runs: readonly PlannedRun[], records: readonly RunRecord[]): string {
  const head = ['algorithm', 'environment', 'seeds', 'return at the end', 'of the best agent', 'steps/s'];
  const rows = [...new Set(runs.map(groupName))].map((name) => {
    const planned = runs.filter((run) => groupName(run) === name);
    const finished = records.filter(({ run }) => groupName(run) === name);
    const [{ label, environment }] = planned;
    const seeds = `${finished.length}/${planned.length}`;
    if (finished.length === 0) return [label, environment, seeds, '', '', ''];
    return [
      label,
      environment,
      seeds,
      scoreText(spread(finished.map(({ mean_return }) => mean_return))),
      scoreText(spread(finished.map(({ best }) => best.mean_return))),
      count(spread(finished.map(({ timing }) => timing.steps_per_second)).mean_return),
    ];
  });
  return table(head, rows);
}

/** Mean and standard deviation (of the population) over seeds. */
function spread(values: readonly number[]): { mean_return: number; std_return: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean_return: mean, std_return: Math.sqrt(variance) };
}
