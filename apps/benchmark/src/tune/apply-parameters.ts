import type { PlannedRun } from '../runs/planned-run.ts';
import type { ParameterValues } from './parameter.ts';

/** Options of an algorithm by name. */
type Options = PlannedRun['options'];

/** The name of the option that a parameter is, or is a member of: `sampling` of `sampling.beta`. */
export function optionOf(parameter: string): string {
  return parameter.split('.', 1)[0];
}

/**
 * `options` with parameters in their places: `gamma` is an option, and `sampling.beta` what is called `beta` in the option `sampling`, whose
 * other members `options` has.
 * @throws RangeError where `options` has no such object.
 */
export function applyParameters(options: Options, parameters: ParameterValues): Options {
  const applied: Options = { ...options };
  for (const [parameter, value] of Object.entries(parameters)) {
    const option = optionOf(parameter);
    const path = parameter.split('.').slice(1);
    applied[option] = path.length === 0 ? value : withMember(applied[option], option, path, value);
  }
  return applied;
}

function withMember(
  whole: unknown,
  place: string,
  [name, ...path]: readonly string[],
  value: Options[string],
): Options {
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) {
    throw new RangeError(`${place}.${name}: expected "options" to have an object ${place}, whose member it is`);
  }
  const members = whole as Options;
  return {
    ...members,
    [name]: path.length === 0 ? value : withMember(members[name], `${place}.${name}`, path, value),
  };
}
