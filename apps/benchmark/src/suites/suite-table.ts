import type { PlannedRun } from '../runs/planned-run.ts';
import { solvedReturns } from '../catalog/published-scores.ts';
import { count, scoreText, table } from '../runs/results.ts';
import { groupName } from '../results/run-groups.ts';
import type { FailedRun, RunRecord } from '../runs/run-record.ts';

/**
 * A row for each algorithm in each environment: how many of the planned seeds are finished, and failed; of the finished ones mean and
 * standard deviation of the score of the finished agent and of the best one, how many of all planned solve the environment (where that is
 * defined), and the mean speed.
 */
export function suiteTable(
  runs: readonly PlannedRun[],
  records: readonly RunRecord[],
  failures: ReadonlyMap<string, FailedRun>,
): string {
  const head = ['algorithm', 'environment', 'seeds', 'return at the end', 'solved', 'of the best agent', 'steps/s'];
  const rows = [...new Set(runs.map(groupName))].map((name) => {
    const planned = runs.filter((run) => groupName(run) === name);
    const finished = records.filter(({ run }) => groupName(run) === name);
    const [{ label, environment }] = planned;
    const failed = planned.filter(({ id }) => failures.has(id)).length;
    const seeds = `${finished.length}/${planned.length}${failed > 0 ? `, ${failed} failed` : ''}`;
    if (finished.length === 0) return [label, environment, seeds, '', '', '', ''];
    const threshold = Object.hasOwn(solvedReturns, environment) ? solvedReturns[environment] : undefined;
    const solved = finished.filter(({ mean_return }) => mean_return >= (threshold ?? Infinity)).length;
    return [
      label,
      environment,
      seeds,
      scoreText(spread(finished.map(({ mean_return }) => mean_return))),
      threshold === undefined ? '' : `${solved}/${planned.length}`,
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
