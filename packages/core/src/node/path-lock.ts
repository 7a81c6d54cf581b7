import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { disown, isAbandoned, ownName } from './own-name.ts';

/** What names in locks begin with. */
const KIND = 'lock';

/**
 * Makes the caller the only one, in this process and others, that writes to `path`, by a file `<path>.lock`; that of a process which is
 * gone is taken over. Returns what gives it back. Throws `Error` while somebody else has it, and that of the file system.
 */
export function lockPath(path: string): () => void {
  const lock = `${resolve(path)}.lock`;
  const folder = dirname(lock);
  mkdirSync(folder, { recursive: true });
  const name = ownName(folder, KIND);
  try {
    while (!tryWrite(lock, name)) {
      const holder = readIfThere(lock);
      if (holder !== undefined && !isAbandoned(folder, holder, KIND)) {
        const pid = Number(/-(\d+)-\d+$/.exec(holder)?.[1]);
        const who = pid === process.pid ? 'this process already writes there' : `process ${pid} writes there`;
        throw new Error(`${who} (if that is not so, delete ${lock})`);
      }
      rmSync(lock, { force: true });
    }
  } catch (error) {
    disown(join(folder, name));
    throw error;
  }
  return () => {
    disown(join(folder, name));
    rmSync(lock, { force: true });
  };
}

/** Writes a file that must not be there; returns whether it was not. */
function tryWrite(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    // A full disk makes the file, and takes nothing into it.
    if (hasCode(error, 'ENOSPC')) rmSync(path, { force: true });
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
