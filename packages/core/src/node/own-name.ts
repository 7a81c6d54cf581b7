import { hostname } from 'node:os';
import { join } from 'node:path';
import { crc32 } from '../checkpoints/crc32.ts';

/** What this process is working on: something of the same number that is not among it was left by an earlier process. */
const owned = new Set<string>();

/** Machines by name, in few characters: what is saved may be published. */
const machine = crc32(new TextEncoder().encode(hostname())).toString(16).padStart(8, '0');

let names = 0;

/** A name in `folder` that says whose it is, for what only this process works on: `<kind>-<machine>-<process>-<number>`. */
export function ownName(folder: string, kind: string): string {
  const name = `${kind}-${machine}-${process.pid}-${++names}`;
  owned.add(join(folder, name));
  return name;
}

/** Says that this process no longer works on what it has named. */
export function disown(path: string): void {
  owned.delete(path);
}

/**
 * Whether `name`, which `ownName` gave for `kind`, is of a process that is gone. Of processes on other machines that cannot be known.
 */
export function isAbandoned(folder: string, name: string, kind: string): boolean {
  const [, prefix, host, pid] = /^(.*)-([0-9a-f]{8})-(\d+)-\d+$/.exec(name) ?? [];
  if (prefix !== kind || host !== machine || owned.has(join(folder, name))) return false;
  return Number(pid) === process.pid || !isAlive(Number(pid));
}

/** Whether there is a process `pid` on this machine. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
