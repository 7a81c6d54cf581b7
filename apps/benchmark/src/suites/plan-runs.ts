import { rejectUnknown } from '@gradus/core';
import { envDefaults, makeVectorEnv } from '../catalog/environments.ts';
import { algorithms, type AlgorithmOptions } from '../catalog/algorithms.ts';
import type { DeviceChoice } from '../catalog/devices.ts';
import { nameHint } from '../files/name-hint.ts';
import { identifyRun, type PlannedRun } from '../runs/planned-run.ts';
import { groupName } from '../results/run-groups.ts';
import { findSettings, usualSettings } from '../catalog/settings.ts';
import type { Suite } from './suite.ts';
import { fromUser, UserError } from '../user-error.ts';

/** How to plan a suite. */
export interface PlanRunsOptions {
  readonly device: DeviceChoice;
  /** Instead of the seeds that the suite asks for. */
  readonly seeds?: readonly number[] | undefined;
  /** Only runs whose id contains this; `*` stands for any text. */
  readonly filter?: string | undefined;
}

type Entry = Suite['entries'][number];

/** What an entry asks for in one of its environments. */
interface Template {
  /** Where it stands, to begin messages. */
  readonly where: string;
  readonly run: Omit<PlannedRun, 'id' | 'defaults' | 'seed'>;
  readonly seeds: readonly number[];
}

/**
 * The runs of a suite: the first seed of every entry, then the second, so that there is something of everything soon. An id consists
 * of label, environment, seed, and a hash of all that decides the result: a run whose settings changed is another run.
 * @throws UserError for an algorithm, environment or option that does not exist or does not fit; no run at all; two that are the
 *   same.
 */
export function planRuns(suite: Suite, options: PlanRunsOptions): PlannedRun[] {
  const { device, seeds, filter } = options;
  const templates = suite.entries.flatMap((entry, index) =>
    [entry.environment].flat().map((environment) => {
      const where = `${suite.source}: entries[${index}]`;
      const run = planEntry(suite, entry, environment, where, device);
      return { where, run, seeds: seeds ?? seedList(entry.seeds ?? suite.seeds) };
    }),
  );
  rejectRepeated(templates);
  const rounds = Math.max(...templates.map((template) => template.seeds.length));
  const runs = Array.from({ length: rounds }, (_, round) =>
    templates.flatMap(({ run, seeds: own }) =>
      own.slice(round, round + 1).map((seed) => identifyRun({ ...run, seed })),
    ),
  ).flat();
  const wanted = filter === undefined ? runs : runs.filter(({ id }) => matches(filter, id));
  if (wanted.length > 0) return wanted;
  throw new UserError(`--filter ${String(filter)}: expected a part of some run's id, such as ${runs[0].id}`);
}

function planEntry(
  suite: Suite,
  entry: Entry,
  environment: string,
  where: string,
  device: DeviceChoice,
): Template['run'] {
  const { algorithm } = entry;
  if (!Object.hasOwn(algorithms, algorithm)) {
    const hint = nameHint(algorithm, Object.keys(algorithms));
    throw new UserError(`${where}.algorithm: unknown algorithm '${algorithm}'; ${hint}`);
  }
  // First, so that an unknown environment is not reported as one without settings.
  fromUser(() => envDefaults(environment), `${where}.environment`);
  const settings = entry.settings ?? usualSettings(algorithm, environment);
  const found = findSettings(settings, algorithm, environment, `${where}.settings`);
  const numEnvs = entry.numEnvs ?? found.numEnvs;
  const options = { ...found.options, ...entry.options };
  checkAgent(algorithm, environment, numEnvs, options, `${where}.options`);
  return {
    algorithm,
    label: entry.label ?? `${algorithm}-${settings}`,
    environment,
    numEnvs,
    options: options as PlannedRun['options'],
    steps: entry.steps ?? found.steps,
    device,
    evaluations: suite.evaluations,
    evaluationEpisodes: suite.evaluationEpisodes,
    episodes: suite.episodes,
  };
}

/** Finds out before training whether these options make an agent. */
function checkAgent(
  algorithm: string,
  environment: string,
  numEnvs: number,
  options: AlgorithmOptions,
  where: string,
): void {
  const { create, defaults } = algorithms[algorithm];
  if ('seed' in options) throw new UserError(`${where}.seed: expected no seed here but in seeds`);
  fromUser(() => {
    rejectUnknown(algorithm, options, defaults);
    create(makeVectorEnv(environment, numEnvs), options).dispose();
  }, where);
}

/** Results of the same label in the same environment would be taken for seeds of one agent. */
function rejectRepeated(templates: readonly Template[]): void {
  const seen = new Map<string, string>();
  for (const { where, run } of templates) {
    const name = groupName(run);
    const before = seen.get(name);
    if (before !== undefined) throw new UserError(`${where}: ${name} is what ${before} is too; give it another label`);
    seen.set(name, where.replace(/.*: /, ''));
  }
}

/** So many seeds from 0 on, or these. */
export function seedList(seeds: number | readonly number[]): readonly number[] {
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, seed) => seed) : seeds;
}

function matches(filter: string, id: string): boolean {
  const pattern = filter
    .split('*')
    .map((text) => text.replace(/[^\w]/g, '\\$&'))
    .join('.*');
  return new RegExp(pattern).test(id);
}
