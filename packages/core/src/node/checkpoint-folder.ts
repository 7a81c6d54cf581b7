import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { decodeCheckpoint, encodeCheckpoint, listCheckpointFiles, MANIFEST, type Checkpoint } from '../checkpoint.ts';
import { CheckpointError } from '../errors.ts';

/**
 * Writes `checkpoint` as a folder, replacing the checkpoint that is there. The files are written to a temporary folder beside
 * it first and then renamed, so that whatever happens meanwhile, the folder holds the whole old or the whole new one.
 * Throws `CheckpointError` when the folder holds anything else or cannot be written; nothing is left behind then.
 */
export async function saveCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  const target = resolve(folder);
  const temporary = `${target}.saving-${process.pid}`;
  const files = encodeCheckpoint(checkpoint);
  try {
    await recoverPrevious(target);
    const replaces = await exists(target);
    if (replaces) await refuseForeignFiles(target);
    await mkdir(dirname(target), { recursive: true });
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    for (const [name, bytes] of Object.entries(files)) await writeDurably(join(temporary, name), bytes);
    if (replaces) await rename(target, previousOf(target));
    await rename(temporary, target);
    await rm(previousOf(target), { recursive: true, force: true });
  } catch (error) {
    // The disk that refused the files may refuse this as well; the first error is the one to tell.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw describeError(folder, 'written', error);
  }
}

/**
 * Reads the checkpoint that `saveCheckpoint` wrote. Throws `CheckpointError`, naming the folder and the file, where one is missing,
 * truncated or corrupt.
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  const target = resolve(folder);
  try {
    await recoverPrevious(target);
    const manifest = await readIfThere(join(target, MANIFEST));
    if (manifest === undefined) throw new CheckpointError(`there is no saved agent (${MANIFEST} is missing)`);
    const files: Record<string, Uint8Array> = { [MANIFEST]: manifest };
    for (const name of listCheckpointFiles(manifest)) {
      const bytes = await readIfThere(join(target, name));
      if (bytes !== undefined) files[name] = bytes;
    }
    return decodeCheckpoint(files);
  } catch (error) {
    throw describeError(folder, 'read', error);
  }
}

/** Where the old checkpoint is in the instant between the two renames. */
function previousOf(target: string): string {
  return `${target}.previous`;
}

/** Finishes a replacement that was cut off between its two renames. */
async function recoverPrevious(target: string): Promise<void> {
  if (!(await exists(target)) && (await exists(previousOf(target)))) await rename(previousOf(target), target);
}

/** Replacing the folder would delete whatever else lies in it. */
async function refuseForeignFiles(target: string): Promise<void> {
  const manifest = await readIfThere(join(target, MANIFEST));
  const own = manifest === undefined ? [] : [MANIFEST, ...listCheckpointFiles(manifest)];
  const foreign = (await readdir(target)).find((name) => !own.includes(name));
  if (foreign !== undefined) throw new CheckpointError(`it holds ${foreign}, which is no part of a saved agent`);
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function describeError(folder: string, verb: string, error: unknown): CheckpointError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CheckpointError(`${folder} cannot be ${verb}: ${reason}`, { cause: error });
}
