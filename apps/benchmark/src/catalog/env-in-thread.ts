// What threads of `trainingEnv` import.
import type { Env } from '@gradus/core';
import { makeEnv } from './environments.ts';
import { environmentOf, importModules } from './user-modules.ts';

/** The environment of that id, after the modules with the user's own were imported. */
export async function envInThread(id: string, modules: readonly string[]): Promise<Env> {
  await importModules(modules);
  return makeEnv(await environmentOf(id));
}
