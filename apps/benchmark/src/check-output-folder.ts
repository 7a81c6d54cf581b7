import { readdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { messageOf, UserError } from './user-error.ts';

/**
 * Finds out before training whether an agent can be saved in `folder` after it: it is new, empty or holds a saved agent, and
 * its parent is there or can be made.
 * @throws UserError when it cannot.
 */
export async function checkOutputFolder(folder: string): Promise<void> {
  let names: string[];
  try {
    await makeFolder(dirname(resolve(folder)));
    names = await readIfThere(folder);
  } catch (error) {
    throw new UserError(`--out ${folder}: ${messageOf(error)}`);
  }
  if (names.length > 0 && !names.includes('agent.json')) {
    throw new UserError(`--out ${folder}: expected a new folder or a saved agent, found ${names[0]}`);
  }
}

/** Names of what is in a folder, none where it is not there. */
async function readIfThere(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
