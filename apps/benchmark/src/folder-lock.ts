import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf, UserError } from './user-error.ts';

/** Locks that this process holds: one left by an earlier process of the same number is not among them. */
const held = new Set<string>();

/**
 * Makes this process the only one that writes in `folder`, by a file `lock` in it that says who it is. The lock of a process
 * that is gone, killed perhaps, is taken over. Returns what gives it back.
 * @throws UserError while another process has it, or where who has it cannot be read.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const lock = join(resolve(folder), 'lock');
  const temporary = `${lock}.${randomUUID()}`;
  // Linked rather than written in its place, so that a lock is never seen without its text.
  await writeFile(temporary, `${process.pid} ${hostname()}\n`);
  try {
    while (!(await tryLink(temporary, lock))) {
      const holder = await readLock(lock);
      if (holder === undefined) continue;
      if (isAlive(holder, lock)) {
        throw new UserError(
          `${folder} is in use by process ${holder.replace(' ', ' on ')} (if it is not, delete ${lock})`,
        );
      }
      await takeAway(lock, holder, `${temporary}.old`);
    }
  } finally {
    await rm(temporary, { force: true });
  }
  held.add(lock);
  return async () => {
    held.delete(lock);
    await rm(lock, { force: true });
  };
}

async function tryLink(file: string, lock: string): Promise<boolean> {
  try {
    await link(file, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Who holds the lock: process number and machine; undefined where nobody does any more. */
async function readLock(lock: string): Promise<string | undefined> {
  try {
    return (await readFile(lock, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new UserError(`${lock} cannot be read: ${messageOf(error)}`);
  }
}

/** Whether the holder may still be there; of other machines that cannot be known. */
function isAlive(holder: string, lock: string): boolean {
  const [pid, host] = holder.split(' ');
  if (host !== hostname()) return true;
  if (Number(pid) === process.pid) return held.has(lock);
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Removes a dead holder's lock, unless a third process was quicker: then that one's lock is put back. */
async function takeAway(lock: string, holder: string, aside: string): Promise<void> {
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if ((await readLock(aside)) !== holder) await tryLink(aside, lock);
  await rm(aside, { force: true });
}
