import type { PlannedRun } from './planned-run.ts';
import type { Results } from './results-folder.ts';
import type { RunRecord } from './run-record.ts';
import { UserError } from './user-error.ts';

/** The runs of one algorithm, with one set of options, in one environment: they differ in their seeds. */
export interface RunGroup {
  readonly environment: string;
  /** What the runs are called, such as `ppo-zoo`. */
  readonly label: string;
  readonly algorithm: string;
  /** In the order of their seeds, at least one. */
  readonly runs: readonly RunRecord[];
}

/**
 * The finished runs of results folders by environment and label, in the order in which they were planned. Runs that a suite
 * no longer asks for are left out where it now asks for others of that label in that environment; no folder has a seed twice.
 * @throws UserError where there are no runs, two have the same id, or runs share environment and label but not what is to be
 * trained: their mean would mean nothing.
 */
export function groupRuns(results: readonly Results[]): RunGroup[] {
  const groups = new Map<string, [RunRecord, ...RunRecord[]]>();
  const ids = new Set<string>();
  for (const record of results.flatMap(currentRecords)) {
    const { id, label, environment } = record.run;
    if (ids.has(id)) throw new UserError(`the run ${id} is there twice; 'gradus compare' compares two results folders`);
    ids.add(id);
    const group = groups.get(groupName(record.run));
    if (group === undefined) groups.set(groupName(record.run), [record]);
    else if (isSameTask(group[0].run, record.run)) group.push(record);
    else {
      throw new UserError(
        `runs of ${label} in ${environment} differ in more than their seeds (${group[0].run.id}, ${id}): ` +
          'give one of them another label',
      );
    }
  }
  if (groups.size === 0) {
    throw new UserError(`${results.map(({ folder }) => folder).join(', ')}: no run has finished yet`);
  }
  const all = [...groups.values()].map((records) => {
    const { environment, label, algorithm } = records[0].run;
    return { environment, label, algorithm, runs: records.sort((a, b) => a.run.seed - b.run.seed) };
  });
  const environments = [...new Set(all.map(({ environment }) => environment))];
  return environments.flatMap((name) => all.filter(({ environment }) => environment === name));
}

/** The final score of each run: the mean return of its finished agent. */
export function finalScores({ runs }: RunGroup): number[] {
  return runs.map(({ mean_return }) => mean_return);
}

/** `ppo-zoo in CartPole-v1` */
export function groupName({ label, environment }: { readonly label: string; readonly environment: string }): string {
  return `${label} in ${environment}`;
}

/** A folder's records as they were planned, then those of earlier commands that do not contradict the plan. */
function currentRecords({ description, records }: Results): RunRecord[] {
  const planned = new Map(description.runs.map(({ id }, position) => [id, position]));
  const position = ({ run }: RunRecord) => planned.get(run.id) ?? planned.size;
  // Of runs with the same seed: the planned one, else the one that finished last.
  const runs = [...records.map(({ run }) => run), ...description.runs];
  const newest = new Map(runs.map((run) => [seedName(run), run.id]));
  const isOutdated = ({ run }: RunRecord) =>
    newest.get(seedName(run)) !== run.id ||
    (!planned.has(run.id) &&
      description.runs.some((other) => groupName(other) === groupName(run) && !isSameTask(other, run)));
  return records.filter((record) => !isOutdated(record)).sort((a, b) => position(a) - position(b));
}

function seedName(run: PlannedRun): string {
  return `${groupName(run)}, seed ${run.seed}`;
}

/** Whether two runs differ in nothing that matters but their seeds. */
function isSameTask(a: PlannedRun, b: PlannedRun): boolean {
  return taskText(a) === taskText(b);
}

function taskText({ algorithm, numEnvs, options, steps, evaluations }: PlannedRun): string {
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([algorithm, numEnvs, sorted, steps, evaluations]);
}
