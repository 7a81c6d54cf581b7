import { readdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { messageOf, UserError } from './user-error.ts';

/** What may already be in an output folder, and the option that names it. */
interface OutputFolderOptions {
  /** The file by which the folder of an earlier output is known. Default `agent.json`. */
  readonly file?: string;
  /** What such a folder holds, for the message. */
  readonly what?: string;
  readonly option?: string;
}

/**
 * Finds out before the work whether its outcome can be saved in `folder` after it: it is new, empty or holds an earlier outcome (a
 * saved agent), and its parent is there or can be made.
 * @throws UserError when it cannot.
 */
export async function checkOutputFolder(
  folder: string,
  { file = 'agent.json', what = 'a saved agent', option = '--out' }: OutputFolderOptions = {},
): Promise<void> {
  let names: string[];
  try {
    await makeFolder(dirname(resolve(folder)));
    names = await readIfThere(folder);
  } catch (error) {
    throw new UserError(`${option} ${folder}: ${messageOf(error)}`);
  }
  if (names.length > 0 && !names.includes(file)) {
    throw new UserError(`${option} ${folder}: expected a new folder or ${what}, found ${names[0]}`);
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
