import { mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { checkArguments } from '@gradus/tensor';
import { CheckpointFileReader, joinCheckpoint } from '../checkpoints/checkpoint-file.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { aPath } from '../options/argument-checks.ts';
import { describeError, readPieces, removeQuietly, writeDurably } from './file-pieces.ts';
import { disown, isAbandoned, ownName } from './own-name.ts';

/**
 * Saves `checkpoint` as one file, in place of the one that is there, such as pages fetch (`loadCheckpoint` of `@gradus/core`): leave out a replay buffer that
 * nobody will need there, `agent.checkpoint({ saveReplay: false })`. It is written piece by piece beside `path`, which is replaced when it is whole; what a
 * killed process has left is removed. Throws `CheckpointError` when it cannot be written; nothing is left behind then.
 */
export async function saveCheckpointFile(path: string, checkpoint: Checkpoint): Promise<void> {
  checkArguments('saveCheckpointFile', { path }, { path: aPath });
  const target = resolve(path);
  const [folder, kind] = [dirname(target), basename(target)];
  const pieces = joinCheckpoint(checkpoint);
  const own = join(folder, ownName(folder, kind));
  try {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      if (isAbandoned(folder, name, kind)) await removeQuietly(join(folder, name));
    }
    await writeDurably(own, pieces);
    await rename(own, target);
  } catch (error) {
    await removeQuietly(own);
    throw describeError(path, 'written', error);
  } finally {
    disown(own);
  }
}

/** Reads what {@link saveCheckpointFile} wrote. Throws `CheckpointError`, naming the file, where it is truncated, corrupt, or none. */
export async function readCheckpointFile(path: string): Promise<Checkpoint> {
  try {
    const file = await open(resolve(path), 'r');
    try {
      const reader = new CheckpointFileReader();
      for await (const piece of readPieces(file)) reader.read(piece);
      return reader.finish();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw describeError(path, 'read', error);
  }
}

/** Whether there is a file, and not a folder. */
export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
