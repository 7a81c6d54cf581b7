import { existsSync } from 'node:fs';
import { basename, extname, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Dynamics, Env } from '@gradus/core';
import {
  checkEnv,
  listEnvs,
  loadEnvironments,
  loadSubEntries,
  makeEnv,
  registerEnv,
  type EnvSpec,
} from './environments.ts';
import { messageOf, UserError } from '../user-error.ts';
import { algorithms, registerAlgorithm, type Algorithm } from './algorithms.ts';

/** What a module may export for the command to find. */
const FORMS =
  'a class with reset and step, a function createEnv that makes an environment, ' +
  'environments = { id: class or function } or algorithms = { name: { defaults, create, load } }';

/** Steps with random actions after which an environment is taken to be one. */
const CHECKED_STEPS = 100;

/** The environments of each module that was imported, by its absolute path. */
const imported = new Map<string, readonly string[]>();

/** Absolute paths of the modules that were imported. */
export function importedModules(): string[] {
  return [...imported.keys()];
}

/** The imported modules, if there are some, as they are written in a file of `folder`, so that both can be moved together. */
export function importsFrom(folder: string): { readonly modules?: string[] } {
  const modules = importedModules().map((path) => relative(resolve(folder), path).split(sep).join('/'));
  return modules.length === 0 ? {} : { modules };
}

/** Whether this is the path of a module rather than the id of an environment. */
export function isModulePath(text: string): boolean {
  return /\.[cm]?[jt]s$/.test(text);
}

/**
 * Imports modules of the user's and registers the environments and algorithms that they export, or lets them register their own
 * by `registerEnv`. Each environment plays some steps, so that what is wrong with it is said here. A module that was imported is not again.
 * @param where the paths stand, to begin messages
 * @throws UserError for a file that is not there, throws, exports nothing of the kind, or whose environments break their contract.
 */
export async function importModules(paths: readonly string[], where = '--import'): Promise<void> {
  for (const path of paths) await importModule(path, `${where} ${path}`);
}

/** The id of an environment, or of the only one in the module at that path, which is imported. @throws UserError as `importModules` does. */
export async function environmentOf(idOrPath: string): Promise<string> {
  if (!isModulePath(idOrPath)) {
    await loadEnvironments([idOrPath]);
    return idOrPath;
  }
  const [id, ...others] = await importModule(idOrPath, idOrPath);
  if (id === undefined) throw new UserError(`${idOrPath}: expected an environment among its exports: ${FORMS}`);
  if (others.length === 0) return id;
  const ids = [id, ...others].join(', ');
  throw new UserError(`${idOrPath}: expected one environment, got ${ids}; --import ${idOrPath} and name one of them`);
}

async function importModule(path: string, where: string): Promise<readonly string[]> {
  const absolute = resolve(path);
  const known = imported.get(absolute);
  if (known !== undefined) return known;
  // Its environments may be made of theirs; and those that it registers are to be its own.
  await loadSubEntries();
  const environmentsBefore = new Set(listEnvs());
  const algorithmsBefore = Object.keys(algorithms).length;
  const exports = await loadUserModule(absolute, where);
  for (const spec of environmentsIn(exports, absolute, where)) registering(where, () => registerEnv(spec));
  for (const [name, algorithm] of algorithmsIn(exports, where)) {
    registering(where, () => registerAlgorithm(name, algorithm));
  }
  const ids = listEnvs().filter((id) => !environmentsBefore.has(id));
  if (ids.length === 0 && Object.keys(algorithms).length === algorithmsBefore) {
    const names = Object.keys(exports);
    throw new UserError(`${where}: expected it to export ${FORMS}; it exports ${names.join(', ') || 'nothing'}`);
  }
  for (const id of ids) check(id, where);
  imported.set(absolute, ids);
  return ids;
}

/** What a module of the user exports. @throws UserError, beginning with `where`, where there is none or it cannot be loaded. */
export async function loadUserModule(path: string, where: string): Promise<Readonly<Record<string, unknown>>> {
  if (!existsSync(path)) throw new UserError(`${where}: there is no such file (looked for ${path})`);
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ERR_UNKNOWN_FILE_EXTENSION' && extname(path).endsWith('ts')) {
      throw new UserError(
        `${where}: Node ${process.versions.node} runs no TypeScript; Node 22.18 or later does, or compile it to JavaScript`,
      );
    }
    throw new UserError(`${where}: it could not be loaded: ${messageOf(error)}`, { cause: error });
  }
}

function environmentsIn(exports: Readonly<Record<string, unknown>>, path: string, where: string): EnvSpec[] {
  const specs: EnvSpec[] = [];
  const file = basename(path, extname(path));
  for (const [name, value] of Object.entries(exports)) {
    const isMaker = name === 'createEnv' || (name === 'default' && typeof value === 'function' && !isEnvClass(value));
    if (isMaker || isEnvClass(value)) specs.push(specOf(nameOf(name, value, file), value, `${where}: ${name}`));
  }
  const { environments = {} } = exports;
  if (typeof environments !== 'object' || environments === null) {
    throw new UserError(`${where}: environments: expected an object of classes or functions by id`);
  }
  for (const [id, value] of Object.entries(environments)) {
    // Of a class that is exported by its own name too, the id counts.
    const same = specs.findIndex((spec) => spec.id === nameOf((value as { name?: string }).name ?? '', value, file));
    if (same >= 0 && isEnvClass(value)) specs.splice(same, 1);
    specs.push(specOf(id, value, `${where}: environments['${id}']`));
  }
  return specs;
}

/** The id of an export: its own name, that of a default export's class, or else of the file. */
function nameOf(name: string, value: unknown, file: string): string {
  if (!isEnvClass(value)) return file;
  return name === 'default' ? value.name || file : name;
}

type EnvClass = new () => Env;

function isEnvClass(value: unknown): value is EnvClass {
  if (typeof value !== 'function') return false;
  const prototype = value.prototype as Partial<Env> | undefined;
  return typeof prototype?.reset === 'function' && typeof prototype.step === 'function';
}

function specOf(id: string, value: unknown, where: string): EnvSpec {
  if (isEnvClass(value)) return { id, create: () => new value() };
  if (typeof value === 'function') return { id, create: value as () => Env | Dynamics };
  throw new UserError(`${where}: expected a class or a function that makes an environment, got ${typeof value}`);
}

function algorithmsIn(exports: Readonly<Record<string, unknown>>, where: string): [string, Algorithm][] {
  const { algorithms: own = {} } = exports;
  if (typeof own !== 'object' || own === null) throw new UserError(`${where}: algorithms: expected an object`);
  return Object.entries(own as Record<string, Partial<Algorithm> | undefined>).map(([name, value]) => {
    const { defaults, create, load, settings = {} } = value ?? {};
    for (const [part, isThere, expected] of [
      ['defaults', typeof defaults === 'object', 'all options with their defaults'],
      ['create', typeof create === 'function', 'a function (env, options) that makes an agent'],
      [
        'load',
        typeof load === 'function',
        'a function (checkpoint, options) that makes it again, in options.env if there is one',
      ],
    ] as const) {
      if (!isThere) throw new UserError(`${where}: algorithms.${name}.${part}: expected ${expected}`);
    }
    return [name, { defaults, create, load, settings } as Algorithm];
  });
}

/** Ids that are taken are the user's to change. */
function registering(where: string, register: () => void): void {
  try {
    register();
  } catch (error) {
    throw new UserError(`${where}: ${messageOf(error)}`);
  }
}

function check(id: string, where: string): void {
  try {
    const env = makeEnv(id);
    if (env === makeEnv(id)) throw new UserError('expected another environment at each call, got the same one twice');
    checkEnv(env, { steps: CHECKED_STEPS });
  } catch (error) {
    throw new UserError(`${where}: ${id}: ${messageOf(error)}`, { cause: error });
  }
}
