import { mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { disown, isAbandoned, ownName } from '@gradus/core/node';
import { makeFolder } from './make-folder.ts';
import { messageOf, UserError } from '../user-error.ts';

/**
 * Writes a file, and the folder it is in, so that there is always the whole old or the whole new one. What a killed process has left of
 * this file is removed.
 * @throws UserError where that is not possible; nothing is left behind then.
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(resolve(path));
  const kind = `${basename(path)}.tmp`;
  const temporary = join(folder, ownName(folder, kind));
  try {
    await makeFolder(folder);
    for (const name of await readdir(folder)) {
      if (isAbandoned(folder, name, kind)) await rm(join(folder, name), { force: true });
    }
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // The disk that refused the file may refuse this as well; the first error is the one to tell.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new UserError(`${path} cannot be written: ${messageOf(error)}`);
  } finally {
    disown(temporary);
  }
}

/**
 * `replaceFile` for files in `folder`, by name, that much work has gone into: where one cannot be written, all go to a new folder among
 * the temporary ones.
 * @throws UserError which says where they are then.
 */
export async function saveOutcome(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const writeTo = async (place: string): Promise<void> => {
    for (const [name, content] of Object.entries(files)) await replaceFile(join(place, name), content);
  };
  try {
    await writeTo(folder);
  } catch (error) {
    const other = await mkdtemp(join(tmpdir(), 'gradus-')).catch(() => tmpdir());
    await writeTo(other).catch(() => {
      throw error;
    });
    throw new UserError(`${messageOf(error)}; it is saved in ${other} instead`);
  }
}
