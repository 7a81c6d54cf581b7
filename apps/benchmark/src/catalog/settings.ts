import { rejectUnknown } from '@gradus/core';
import { algorithms, settingsSources, type AlgorithmOptions, type Settings } from './algorithms.ts';
import { fromUser, UserError } from '../user-error.ts';

/** What `--settings` accepts: a source of published settings, or the algorithm's own defaults. */
export const settingsNames: readonly ['zoo', 'cleanrl', 'minatar', 'default'] = [...settingsSources, 'default'];

/** One of {@link settingsNames}. */
export type SettingsName = (typeof settingsNames)[number];

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

/**
 * Settings with some values replaced by `name=value` texts. Values are JSON; what is not JSON is taken as a string. Besides the
 * algorithm's options there is `numEnvs`, the number of environment copies.
 * @throws UserError for an unknown name, or a value of another kind than the default.
 */
export function override(settings: Settings, algorithm: string, assignments: readonly string[]): Settings {
  const known: AlgorithmOptions = { ...algorithms[algorithm].defaults, numEnvs: settings.numEnvs };
  const given: Record<string, unknown> = {};
  for (const assignment of assignments) {
    const [, name, text] = /^([^=]*)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined) throw new UserError(`--set ${assignment}: expected name=value`);
    if (name === 'seed') throw new UserError(`--set ${assignment}: use --seed`);
    fromUser(() => rejectUnknown(`--set ${assignment}`, { [name]: text }, known));
    given[name] = parseValue(text);
  }
  const { numEnvs = settings.numEnvs, ...rest } = given;
  if (!Number.isInteger(numEnvs) || Number(numEnvs) < 1) {
    throw new UserError(`--set numEnvs=${String(numEnvs)}: expected an integer of at least 1`);
  }
  return { ...settings, numEnvs: Number(numEnvs), options: { ...settings.options, ...rest } };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
