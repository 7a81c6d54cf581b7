import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readResults } from '../results/results-folder.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { runSuite } from '../suites/run-suite.ts';
import { groupRuns, type RunGroup } from '../results/run-groups.ts';
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
 * @param only the environment that counts; default: all
 * @throws UserError where it is missing then too.
 */
export async function suiteGroups(
  suite: string,
  labels: readonly string[],
  { seeds, results: folder, takes, command }: ExperimentContext,
  only?: string,
): Promise<SuiteEnvironment[]> {
  const wanted = Array.from({ length: seeds }, (_, seed) => seed);
  const there = await readGroups(folder, labels, wanted, only);
  if (there !== undefined) return there;
  console.error(`running gradus bench ${suite} first, which takes ${takes}; its results go to ${folder}`);
  const filter = only === undefined ? {} : { filter: `/${only}/` };
  await runSuite(suite, command, { out: folder, seeds: wanted, print: console.error, ...filter });
  const groups = await readGroups(folder, labels, wanted, only);
  if (groups !== undefined) return groups;
  const where = only ?? 'each environment';
  throw new UserError(`${folder}: expected seeds 0 … ${seeds - 1} of ${labels.join(', ')} in ${where}`);
}

/** What a results folder has of an environment, as far as all labels have finished the same seeds; undefined where these are fewer than two. */
export async function finishedGroups(
  labels: readonly string[],
  folder: string,
  environment: string,
): Promise<SuiteEnvironment | undefined> {
  const own = (await allGroups(folder)).filter((group) => group.environment === environment);
  const all = labels.map((label) => own.find((group) => group.label === label)?.runs ?? []);
  const seeds = all[0].map(({ run }) => run.seed);
  const common = seeds.filter((seed) => all.every((runs) => runs.some(({ run }) => run.seed === seed)));
  if (common.length < 2) return undefined;
  const groups = labels.map((label, i) => {
    return { label, runs: all[i].filter(({ run }) => common.includes(run.seed)) };
  });
  return { environment, groups };
}

/** None where there are no results. */
async function allGroups(folder: string): Promise<RunGroup[]> {
  if (!existsSync(join(folder, 'results.jsonl'))) return [];
  const results = await readResults(folder);
  return results.records.length === 0 ? [] : groupRuns([results]);
}

/** Undefined where there is nothing, or some label has not finished all wanted seeds in some environment, or in the only one that counts. */
async function readGroups(
  folder: string,
  labels: readonly string[],
  seeds: readonly number[],
  only?: string,
): Promise<SuiteEnvironment[] | undefined> {
  const groups = (await allGroups(folder)).filter(({ environment }) => only === undefined || environment === only);
  if (groups.length === 0) return undefined;
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
