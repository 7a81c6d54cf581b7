import { relative } from 'node:path';
import { usualSettings } from '../catalog/settings.ts';
import { importedModules } from '../catalog/user-modules.ts';
import { shellText } from '../files/shell-text.ts';
import { applyParameters } from './apply-parameters.ts';
import type { ParameterValues } from './parameter.ts';
import type { Space } from './space.ts';

/** The command that trains with these parameters, for a shell. */
export function trainCommandLine(space: Space, parameters: ParameterValues): string {
  const { algorithm, environment, steps, numEnvs } = space;
  const settings = space.settings ?? usualSettings(algorithm, environment);
  const copies = numEnvs === undefined ? {} : { numEnvs };
  const options = Object.entries(applyParameters({ ...copies, ...space.options }, parameters));
  const set = options.flatMap(([name, value]) => ['--set', `${name}=${JSON.stringify(value)}`]);
  return shellText([
    'gradus',
    'train',
    algorithm,
    environment,
    '--settings',
    settings,
    '--steps',
    String(steps),
    ...importedModules().flatMap((path) => ['--import', relative('', path)]),
    ...set,
  ]);
}
