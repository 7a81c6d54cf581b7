import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { disown, ownName } from '@gradus/core/node';
import { makeFolder } from './make-folder.ts';
import { messageOf, UserError } from '../user-error.ts';

/** What may already be in an output folder, and the option that names it. */
interface OutputFolderOptions {
  /** The file by which the folder of an earlier output is known. Default `agent.json`. */
  readonly file?: string;
  /** What such a folder holds, for the message. */
  readonly what?: string;
  readonly option?: string;
  /** Whether an earlier output there may be replaced, as `--force` asks. */
  readonly replace: boolean;
  /** How else to go on where it may not. */
  readonly advice?: string;
}

/** What a killed command leaves in a folder, or another that writes there has in it; the next one removes what is no longer needed. */
const OF_COMMANDS = /^(?:lock(?:\..*)?|files-[\w-]+|.*\.tmp-[\w-]+)$/;

/**
 * Finds out before the work whether its outcome can be saved in `folder` after it: it is new, empty or holds an earlier outcome (a
 * saved agent), and files can be made there.
 * @throws UserError when it cannot.
 */
export async function checkOutputFolder(
  folder: string,
  { file = 'agent.json', what = 'a saved agent', option = '--out', replace, advice }: OutputFolderOptions,
): Promise<void> {
  try {
    await makeFolder(dirname(resolve(folder)));
    const names = await readIfThere(folder);
    const foreign = names?.find((name) => !OF_COMMANDS.test(name));
    if (foreign !== undefined && !names?.includes(file))
      throw new Error(`expected a new folder or ${what}, found ${foreign}`);
    if (!replace && names?.includes(file) === true)
      throw new Error([`there is ${what}; --force replaces it`, advice].filter(Boolean).join(', '));
    if (names === undefined) await mkdir(folder);
    try {
      await tryFile(join(folder, file));
    } finally {
      if (names === undefined) await rmdir(folder);
    }
  } catch (error) {
    throw new UserError(`${option} ${folder}: ${messageOf(error)}`);
  }
}

/**
 * Finds out before the work whether its outcome can be saved as the file `path` after it.
 * @param replace whether a file that is there may be replaced, as `--force` asks
 * @throws UserError when it cannot, which begins with `option`.
 */
export async function checkOutputFile(path: string, option: string, replace: boolean): Promise<void> {
  let isThere: boolean;
  try {
    await makeFolder(dirname(resolve(path)));
    isThere = await tryFile(path);
  } catch (error) {
    throw new UserError(`${option} ${path} cannot be written: ${messageOf(error)}`);
  }
  if (isThere && !replace) throw new UserError(`${option} ${path} is there; --force replaces it`);
}

/** `path`, or the first of `path-2`, `path-3`, … that is not there. */
export function freePath(path: string): string {
  for (let i = 1; ; i++) {
    const free = i === 1 ? path : `${path}-${i}`;
    if (!existsSync(free)) return free;
  }
}

/** Writes a byte beside `path`, since a disk that is full takes files as long as they are empty. Whether `path` is there. */
async function tryFile(path: string): Promise<boolean> {
  const existing = await open(path, 'r+').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  await existing?.close();
  const folder = dirname(resolve(path));
  const probe = join(folder, ownName(folder, 'check.tmp'));
  try {
    const file = await open(probe, 'wx');
    try {
      await file.writeFile('.');
    } finally {
      await file.close();
    }
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
    disown(probe);
  }
  return existing !== undefined;
}

/** Names of what is in a folder; undefined where it is not there. */
async function readIfThere(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
