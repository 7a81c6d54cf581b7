import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { messageOf, UserError } from './user-error.ts';

/**
 * Writes a file, and the folder it is in, so that there is always the whole old or the whole new one.
 * @throws UserError where that is not possible; nothing is left behind then.
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    await makeFolder(dirname(path));
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
  }
}
