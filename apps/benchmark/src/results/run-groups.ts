import type { PlannedRun } from '../runs/planned-run.ts';
import type { Results } from './results-folder.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { lowestScores } from './score-scales.ts';
import { UserError } from '../user-error.ts';

/** The runs of one algorithm, with one set of options, in one environment: they differ in their seeds. */
export interface RunGroup {
  readonly environment: string;
  /** What the runs are called, such as `ppo-zoo`. */
  readonly label: string;
  readonly algorithm: string;
  /** One of the runs, to tell what they have in common. */
  readonly task: PlannedRun;
  /** Those that are finished, in the order of their seeds. */
  readonly runs: readonly RunRecord[];
  /** Those that were asked for and are not, in the order of their seeds. */
  readonly lost: readonly LostRun[];
  /** What each of `lost` counts as: see {@link lowestScores}; undefined where nothing is known of the environment. */
  readonly lostScore: number | undefined;
}

/** A run that was asked for, and has no score. */
export interface LostRun {
  readonly run: PlannedRun;
  /** Why it broke; undefined where nothing is on record of it: it was interrupted, or never begun, or its record is gone. */
  readonly error?: string;
}

/** What is known of a run. */
interface Entry extends LostRun {
  readonly record?: RunRecord;
}

/**
 * The runs of results folders by environment and label, in the order in which they were planned: finished ones, and those that failed or
 * are missing. Runs that a suite no longer asks for are left out where it now asks for others of that label in that environment;
 * no folder has a seed twice.
 * @throws UserError where no run is finished, two have the same id, or runs share environment and label but not what is to be
 * trained: their mean would mean nothing.
 */
export function groupRuns(results: readonly Results[]): RunGroup[] {
  const groups = new Map<string, [Entry, ...Entry[]]>();
  const finished = new Set<string>();
  for (const { id } of results.flatMap(({ records }) => records.map(({ run }) => run))) {
    if (finished.has(id)) {
      throw new UserError(`the run ${id} is there twice; 'gradus compare' compares two results folders`);
    }
    finished.add(id);
  }
  const lost = new Set<string>();
  for (const entry of results.flatMap(currentEntries)) {
    const { id, label, environment } = entry.run;
    if (entry.record === undefined) {
      // It may be finished in another folder, or be asked for there as well.
      if (finished.has(id) || lost.has(id)) continue;
      lost.add(id);
    }
    const group = groups.get(groupName(entry.run));
    if (group === undefined) groups.set(groupName(entry.run), [entry]);
    else if (isSameTask(group[0].run, entry.run)) group.push(entry);
    else {
      throw new UserError(
        `runs of ${label} in ${environment} differ in more than their seeds (${group[0].run.id}, ${id}): ` +
          'give one of them another label',
      );
    }
  }
  if (finished.size === 0) throw new UserError(nothingFinished(results));
  const lowest = lowestScores(results.flatMap(({ records }) => records));
  const all = [...groups.values()].map((entries) => {
    const { environment, label, algorithm } = entries[0].run;
    const sorted = entries.toSorted((a, b) => a.run.seed - b.run.seed);
    return {
      environment,
      label,
      algorithm,
      task: entries[0].run,
      runs: sorted.flatMap(({ record }) => record ?? []),
      lost: sorted.filter(({ record }) => record === undefined),
      lostScore: lowest(environment),
    };
  });
  const environments = [...new Set(all.map(({ environment }) => environment))];
  return environments.flatMap((name) => all.filter(({ environment }) => environment === name));
}

/**
 * The final score of each run: the mean return of its finished agent, in the order of seeds, and then what those count as that failed
 * or are missing.
 */
export function finalScores({ runs, lost, lostScore = NaN }: RunGroup): number[] {
  return [...runs.map(({ mean_return }) => mean_return), ...lost.map(() => lostScore)];
}

/** The groups without the runs that failed or are missing, as far as something is left. */
export function finishedOnly(groups: readonly RunGroup[]): RunGroup[] {
  return groups.filter(({ runs }) => runs.length > 0).map((group) => ({ ...group, lost: [] }));
}

/** `3 of 6 runs of ppo-zoo in CartPole-v1 failed or are missing (2 failed: …; 1 missing)`, for a group that has some. */
export function lostText(group: RunGroup): string {
  const { runs, lost } = group;
  const failed = lost.flatMap(({ error }) => error ?? []);
  const missing = lost.length - failed.length;
  const parts = [
    ...(failed.length > 0 ? [`${failed.length} failed: ${failed[0]}`] : []),
    ...(missing > 0 ? [`${missing} missing`] : []),
  ];
  const all = runs.length + lost.length;
  return `${lost.length} of ${all} runs of ${groupName(group)} failed or are missing (${parts.join('; ')})`;
}

/** `ppo-zoo in CartPole-v1` */
export function groupName({ label, environment }: { readonly label: string; readonly environment: string }): string {
  return `${label} in ${environment}`;
}

function nothingFinished(results: readonly Results[]): string {
  const folders = results.map(({ folder }) => folder).join(', ');
  const failures = results.flatMap(({ failures: own }) => own);
  const reason = failures.length > 0 ? ` (${failures.length} failed, the first: ${failures[0].error})` : '';
  return `${folders}: no run has finished yet${reason}`;
}

/** What a folder knows of its runs as they were planned, then of those of earlier commands that do not contradict the plan. */
function currentEntries({ description, records, failures }: Results): Entry[] {
  const planned = new Map(description.runs.map(({ id }, position) => [id, position]));
  const position = ({ run }: Entry): number => planned.get(run.id) ?? planned.size;
  const known: Entry[] = [
    ...failures.map(({ run, error }) => ({ run, error })),
    ...records.map((record) => ({ run: record.run, record })),
  ];
  const ids = new Set(known.map(({ run }) => run.id));
  const missing = description.runs.filter(({ id }) => !ids.has(id)).map((run) => ({ run }));
  // Of runs with the same seed: the planned one, else one that finished, the last of them.
  const runs = [...known.map(({ run }) => run), ...description.runs];
  const newest = new Map(runs.map((run) => [seedName(run), run.id]));
  const isOutdated = ({ run }: Entry): boolean =>
    newest.get(seedName(run)) !== run.id ||
    (!planned.has(run.id) &&
      description.runs.some((other) => groupName(other) === groupName(run) && !isSameTask(other, run)));
  return [...known, ...missing].filter((entry) => !isOutdated(entry)).sort((a, b) => position(a) - position(b));
}

function seedName(run: PlannedRun): string {
  return `${groupName(run)}, seed ${run.seed}`;
}

/** Whether two runs differ in nothing that matters but their seeds. */
function isSameTask(a: PlannedRun, b: PlannedRun): boolean {
  return taskText(a) === taskText(b);
}

function taskText({ algorithm, numEnvs, options, defaults, steps, evaluations }: PlannedRun): string {
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([algorithm, numEnvs, sorted, defaults, steps, evaluations]);
}
