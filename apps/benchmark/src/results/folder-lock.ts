import { link, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { disown, isAbandoned, ownName } from '@gradus/core/node';
import { messageOf, UserError } from '../user-error.ts';

/** How the file begins that is to be linked as a lock. */
const TEMPORARY = 'lock.tmp';

/** Locks that this process holds: one left by an earlier process of the same number is not among them. */
const held = new Set<string>();

/**
 * Makes this process the only one that writes in `folder`, by a file `lock` in it that says who it is. The lock of a process
 * that is gone, killed perhaps, is taken over: by `lock.1`, that by `lock.2` and so on, since nobody can remove a file and be sure
 * that it still is the dead one's. Returns what gives it back.
 * @throws UserError while another process has it, or where who has it cannot be read.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = resolve(folder);
  const temporary = join(path, ownName(path, TEMPORARY));
  try {
    // Linked rather than written in its place, so that a lock is never seen without its text.
    await writeFile(temporary, `${process.pid} ${hostname()}\n`);
    for (;;) {
      const dead = await findDead(folder, path);
      const lock = join(path, lockName(1 + Math.max(-1, ...dead)));
      if (!(await tryLink(temporary, lock))) continue;
      held.add(lock);
      const release = async (): Promise<void> => {
        await rm(lock, { force: true });
        held.delete(lock);
      };
      try {
        // Whoever had listed the folder before the last holder gave it back may have taken another number.
        for (const number of await findDead(folder, path, lock))
          await rm(join(path, lockName(number)), { force: true });
        for (const name of await readdir(path)) {
          if (isAbandoned(path, name, TEMPORARY)) await rm(join(path, name), { force: true });
        }
      } catch (error) {
        await release();
        throw error;
      }
      return release;
    }
  } finally {
    // A disk that refuses this as well has told already why.
    await rm(temporary, { force: true }).catch(() => undefined);
    disown(temporary);
  }
}

/** `lock` for the number 0, else `lock.1` and so on. */
function lockName(number: number): string {
  return number === 0 ? 'lock' : `lock.${number}`;
}

/** The numbers of the locks whose holders are gone; `own` is passed over. Throws `UserError` for one whose holder is not. */
async function findDead(folder: string, path: string, own?: string): Promise<number[]> {
  const dead: number[] = [];
  for (const name of await readdir(path)) {
    const [match, number = '0'] = /^lock(?:\.(\d+))?$/.exec(name) ?? [];
    const lock = join(path, name);
    if (match === undefined || lock === own) continue;
    const holder = await readLock(lock);
    if (holder === undefined) continue;
    if (isAlive(holder, lock)) {
      throw new UserError(
        `${folder} is in use by process ${holder.replace(' ', ' on ')} (if it is not, delete ${lock})`,
      );
    }
    dead.push(Number(number));
  }
  return dead;
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
