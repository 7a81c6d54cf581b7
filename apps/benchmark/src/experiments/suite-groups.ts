import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readResults } from '../results/results-folder.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { runSuite } from '../suites/run-suite.ts';
import { groupRuns } from '../results/run-groups.ts';
import { UserError } from '../user-error.ts';
import type { ExperimentContext } from './experiment.ts';

/** The finished runs of a suite in one environment. */
export interface SuiteEnvironment {
  readonly environment: string;
  /** In the order of the labels that were asked for, each with its seeds 0 … seeds − 1. */
  readonly groups: readonly { readonly label: string; readonly runs: readonly RunRecord[] }[];
}

/**
 * What `gradus bench SUITE` left in the results folder, by environment; the suite is run first where something is missing.
 * @throws UserError where it is missing then too.
 */
export async function suiteGroups(
  suite: string,
  labels: readonly string[],
  { seeds, results: folder, takes, command }: ExperimentContext,
): Promise<SuiteEnvironment[]> {
  const wanted = Array.from({ length: seeds }, (_, seed) => seed);
  const there = await readGroups(folder, labels, wanted);
  if (there !== undefined) return there;
  console.error(`running gradus bench ${suite} first, which takes ${takes}; its results go to ${folder}`);
  await runSuite(suite, command, { out: folder, seeds: wanted, print: console.error });
  const groups = await readGroups(folder, labels, wanted);
  if (groups !== undefined) return groups;
  throw new UserError(`${folder}: expected seeds 0 … ${seeds - 1} of ${labels.join(', ')} in each environment`);
}

/** Undefined where there is nothing, or some label has not finished all wanted seeds in some environment. */
async function readGroups(
  folder: string,
  labels: readonly string[],
  seeds: readonly number[],
): Promise<SuiteEnvironment[] | undefined> {
  if (!existsSync(join(folder, 'results.jsonl'))) return undefined;
  const results = await readResults(folder);
  if (results.records.length === 0) return undefined;
  const groups = groupRuns([results]);
  const environments = [...new Set(groups.map(({ environment }) => environment))].map((environment) => {
    const own = groups.filter((group) => group.environment === environment);
    const complete = labels.flatMap((label) => {
      const all = own.find((group) => group.label === label)?.runs ?? [];
      const runs = all.filter(({ run }) => seeds.includes(run.seed));
      return runs.length === seeds.length ? [{ label, runs }] : [];
    });
    return { environment, groups: complete };
  });
  return environments.every((each) => each.groups.length === labels.length) ? environments : undefined;
}
