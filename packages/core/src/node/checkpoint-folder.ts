import { mkdir, open, readdir, readFile, rename, rmdir, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkArguments } from '@gradus/tensor';
import {
  CheckpointReader,
  listCheckpointFiles,
  MANIFEST,
  splitCheckpoint,
  type Checkpoint,
  type FileRecord,
} from '../checkpoints/checkpoint.ts';
import { CheckpointError } from '../errors.ts';
import { aPath } from '../options/argument-checks.ts';
import { isFile, readCheckpointFile } from './checkpoint-file.ts';
import { describeError, readPieces, removeQuietly, writeDurably } from './file-pieces.ts';
import { disown, isAbandoned, ownName } from './own-name.ts';

/** How the folders with a checkpoint's files begin. */
const FILES = 'files';

/**
 * Saves `checkpoint` in `folder`, in place of the checkpoint that is there. Its files get a folder of their own inside, named in
 * `agent.json`, which is replaced last: whatever happens meanwhile, the folder holds the whole old or the whole new checkpoint, and
 * those who load it get one of them. They are written piece by piece, whatever their size. What a killed process has left is removed;
 * other files are left alone.
 * Throws `CheckpointError` when the folder's `agent.json` is none or it cannot be written; nothing is left behind then.
 */
export async function saveCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  checkArguments('saveCheckpoint', { folder }, { folder: aPath });
  const target = resolve(folder);
  const split = splitCheckpoint(checkpoint);
  let name: string | undefined;
  try {
    const oldFiles = await findFiles(target);
    await mkdir(target, { recursive: true });
    name = await makeOwnFolder(target);
    const records: Record<string, FileRecord> = {};
    for (const [file, pieces] of Object.entries(split.files)) {
      records[file] = await writeDurably(join(target, name, file), pieces);
    }
    const manifest = join(target, name, MANIFEST);
    await writeDurably(manifest, [split.encodeManifest(records, name)]);
    await rename(manifest, join(target, MANIFEST));
    disown(join(target, name));
    // Whoever still reads them keeps them open; if they cannot be removed now, the next save does it.
    for (const file of oldFiles) await removeQuietly(join(target, file));
    await sweepCheckpoint(target);
  } catch (error) {
    if (name !== undefined) {
      await removeQuietly(join(target, name));
      disown(join(target, name));
      // Only if it is empty, as it was where this has made it.
      await rmdir(target).catch(() => undefined);
    }
    throw describeError(folder, 'written', error);
  }
}

/**
 * Reads the checkpoint that `saveCheckpoint` wrote in a folder, also while others are saving there, or `saveCheckpointFile` in a file. Throws
 * `CheckpointError`, naming the folder and the file, where one is missing, truncated or corrupt.
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  checkArguments('loadCheckpoint', { folder }, { folder: aPath });
  const target = resolve(folder);
  if (await isFile(target)) return readCheckpointFile(folder);
  const path = join(target, MANIFEST);
  try {
    let manifest = await readIfThere(path);
    for (;;) {
      if (manifest === undefined) throw new CheckpointError(`there is no saved agent (${MANIFEST} is missing)`);
      try {
        return await readFiles(target, new CheckpointReader(manifest));
      } catch (error) {
        // Its files are gone where another checkpoint has taken its place.
        const present = await readIfThere(path);
        if (present === undefined || manifest.equals(present)) throw error;
        manifest = present;
      }
    }
  } catch (error) {
    throw describeError(folder, 'read', error);
  }
}

/** Removes what killed processes have left in `folder` while they were saving there. */
export async function sweepCheckpoint(folder: string): Promise<void> {
  checkArguments('sweepCheckpoint', { folder }, { folder: aPath });
  const target = resolve(folder);
  const names = await readdir(target).catch(() => []);
  const abandoned = names.filter((name) => isAbandoned(target, name, FILES));
  if (abandoned.length === 0) return;
  // Asked for last: a process that is gone may have finished.
  const current = await findFiles(target);
  for (const name of abandoned) if (!current.includes(name)) await removeQuietly(join(target, name));
}

/** What belongs to the checkpoint in `target` besides `agent.json`. */
async function findFiles(target: string): Promise<string[]> {
  const manifest = await readIfThere(join(target, MANIFEST));
  return manifest === undefined ? [] : listCheckpointFiles(manifest);
}

/** Makes a folder for files in `target` and returns its name. */
async function makeOwnFolder(target: string): Promise<string> {
  for (;;) {
    const name = ownName(target, FILES);
    try {
      await mkdir(join(target, name));
      return name;
    } catch (error) {
      disown(join(target, name));
      // Of a process that had the same number.
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}

/** Reads all files, which are opened before, so that none of them can vanish. */
async function readFiles(target: string, reader: CheckpointReader): Promise<Checkpoint> {
  const files: [name: string, file: FileHandle][] = [];
  try {
    for (const name of reader.fileNames) files.push([name, await openFile(join(target, reader.folder ?? ''), name)]);
    for (const [name, file] of files) for await (const piece of readPieces(file)) reader.read(name, piece);
    return reader.finish();
  } finally {
    for (const [, file] of files) await file.close();
  }
}

async function openFile(folder: string, name: string): Promise<FileHandle> {
  try {
    return await open(join(folder, name), 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) throw new CheckpointError(`checkpoint: the file ${name} is missing`);
    throw error;
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
