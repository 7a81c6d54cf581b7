import { rejectUnknown } from '@gradus/core';
import { parseValue } from './parse-value.ts';
import { algorithms, settingsSources, type AlgorithmOptions, type Settings } from './algorithms.ts';
import { fromUser, UserError } from '../user-error.ts';

/** What `--settings` accepts: a source of settings, or the algorithm's own defaults. */
export const settingsNames: readonly ['zoo', 'cleanrl', 'minatar', 'gradus', 'default'] = [
  ...settingsSources,
  'default',
];

/** One of {@link settingsNames}. */
export type SettingsName = (typeof settingsNames)[number];

/** What `--settings` takes: the algorithm's own go by several names. */
export const settingsChoices: readonly [...typeof settingsNames, 'defaults', 'none'] = [
  ...settingsNames,
  'defaults',
  'none',
];

/** One of {@link settingsChoices}. */
export type SettingsChoice = (typeof settingsChoices)[number];

/** The name of settings that were asked for, or of those that are taken where nothing was. */
export function chooseSettings(
  choice: SettingsChoice | undefined,
  algorithm: string,
  environment: string,
): SettingsName {
  if (choice === undefined) return usualSettings(algorithm, environment);
  return choice === 'defaults' || choice === 'none' ? 'default' : choice;
}

/** The zoo's settings where they exist, else ours, else the algorithm's defaults. */
export function usualSettings(algorithm: string, environment: string): SettingsName {
  const { settings } = algorithms[algorithm];
  return (['zoo', 'gradus'] as const).find((source) => Object.hasOwn(settings[source] ?? {}, environment)) ?? 'default';
}

/** Which settings an agent is trained with, for people. */
export function settingsText(name: SettingsName, algorithm: string, environment: string): string {
  if (name === 'gradus') return `settings: gradus, ours for ${algorithm} in ${environment}`;
  if (name !== 'default') return `settings: ${name}, published for ${algorithm} in ${environment}`;
  const others = settingsSources.filter(
    (source) => source !== 'gradus' && Object.hasOwn(algorithms[algorithm].settings[source] ?? {}, environment),
  );
  const published = others.length === 0 ? 'none are published' : `published are those of ${others.join(', ')}`;
  return `settings: the defaults of ${algorithm}; for ${environment} ${published}`;
}

/**
 * The settings of that name for an algorithm in an environment. `subject` begins the message about settings that are not there.
 * @throws UserError where nobody published any.
 */
export function findSettings(name: SettingsName, algorithm: string, environment: string, subject?: string): Settings {
  if (name === 'default') return { numEnvs: 1, steps: 100_000, options: {} };
  const { settings } = algorithms[algorithm];
  const known = settings[name] ?? {};
  if (Object.hasOwn(known, environment)) return known[environment];
  const elsewhere = Object.keys(known).length > 0 ? `, only for ${Object.keys(known).join(', ')}` : '';
  const others = settingsSources.filter((source) => Object.hasOwn(settings[source] ?? {}, environment));
  const alternatives = [...others.map((source) => `'${source}' has some`), "'default' has the algorithm's defaults"];
  throw new UserError(
    `${subject ?? `--settings ${name}`}: there are none for ${algorithm} in ${environment}${elsewhere}; ${alternatives.join(', ')}`,
  );
}

/** What is no setting, but an option of the command: by the names that libraries have for it. */
const ownOptions: Readonly<Record<string, string>> = {
  seed: '--seed',
  device: '--device',
  totaltimesteps: '--steps',
  timesteps: '--steps',
  ntimesteps: '--steps',
};

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

/**
 * Options of `name=value` texts. Values are JSON, or schedules such as `linear(1, 0.1)`; anything else is taken as a string.
 * @param known by the names that there are
 * @throws UserError for an unknown name, or a schedule that is none.
 */
export function assignedOptions(assignments: readonly string[], known: AlgorithmOptions): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const assignment of assignments) {
    const [, name, text] = /^([^=]*)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined) throw new UserError(`--set ${assignment}: expected name=value`);
    const own = Object.hasOwn(ownOptions, plain(name)) ? ownOptions[plain(name)] : undefined;
    if (own !== undefined) throw new UserError(`--set ${assignment}: use ${own}`);
    fromUser(() => rejectUnknown(`--set ${assignment}`, { [name]: text }, known));
    given[name] = fromUser(() => parseValue(text), `--set ${assignment}`);
  }
  return given;
}

/**
 * Settings with some values replaced by `name=value` texts. Besides the algorithm's options there is `numEnvs`, the number of environment copies.
 * @throws UserError as {@link assignedOptions} does, and for a number of copies that is none.
 */
export function override(settings: Settings, algorithm: string, assignments: readonly string[]): Settings {
  const known: AlgorithmOptions = { ...algorithms[algorithm].defaults, numEnvs: settings.numEnvs };
  const { numEnvs = settings.numEnvs, ...rest } = assignedOptions(assignments, known);
  if (!Number.isInteger(numEnvs) || Number(numEnvs) < 1) {
    throw new UserError(`--set numEnvs=${String(numEnvs)}: expected an integer of at least 1`);
  }
  return { ...settings, numEnvs: Number(numEnvs), options: { ...settings.options, ...rest } };
}
