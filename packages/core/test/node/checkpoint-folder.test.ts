import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../src/checkpoint.ts';
import { CheckpointError } from '../../src/errors.ts';
import { loadCheckpoint, saveCheckpoint } from '../../src/node/checkpoint-folder.ts';

let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gradus-'));
  folder = join(root, 'runs', 'agent');
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

const checkpoint = (step: number): Checkpoint => ({
  algorithm: 'ppo',
  state: { step, values: Float64Array.of(step) },
  files: { 'policy.safetensors': new Uint8Array(1000).fill(step) },
});

test('saves, loads and replaces, and leaves nothing else', async () => {
  for (const step of [1, 2, 3]) {
    await saveCheckpoint(folder, checkpoint(step));
    expect(await readFolder()).toStrictEqual(checkpoint(step));
    expect(await readdir(join(root, 'runs'))).toEqual(['agent']);
  }
});

test('an empty folder may be used', async () => {
  await mkdir(folder, { recursive: true });
  await saveCheckpoint(folder, checkpoint(1));
  expect(await readFolder()).toStrictEqual(checkpoint(1));
});

test('a replacement that was cut off between its renames is finished', async () => {
  await saveCheckpoint(folder, checkpoint(1));
  await rename(folder, `${folder}.previous`);
  expect(await readFolder()).toStrictEqual(checkpoint(1));
  await rename(folder, `${folder}.previous`);
  await saveCheckpoint(folder, checkpoint(2));
  expect(await readFolder()).toStrictEqual(checkpoint(2));
  expect(await readdir(join(root, 'runs'))).toEqual(['agent']);
});

describe('errors name the folder and the cause', () => {
  test('nothing saved', async () => {
    await expect(loadCheckpoint(folder)).rejects.toThrow(`${folder} cannot be read: there is no saved agent`);
    await expect(loadCheckpoint(folder)).rejects.toThrow(CheckpointError);
  });

  test('a missing or truncated file', async () => {
    await saveCheckpoint(folder, checkpoint(1));
    await truncate(join(folder, 'policy.safetensors'), 999);
    await expect(loadCheckpoint(folder)).rejects.toThrow('policy.safetensors has 999 bytes, expected 1000');
    await rm(join(folder, 'policy.safetensors'));
    await expect(loadCheckpoint(folder)).rejects.toThrow('the file policy.safetensors is missing');
  });

  test('a folder that holds something else is not touched', async () => {
    await saveCheckpoint(folder, checkpoint(1));
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await expect(saveCheckpoint(folder, checkpoint(2))).rejects.toThrow(
      'it holds notes.txt, which is no part of a saved agent',
    );
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
    expect(await readFolder()).toStrictEqual(checkpoint(1));
  });

  test('a file in the way', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(saveCheckpoint(join(root, 'file'), checkpoint(1))).rejects.toThrow(CheckpointError);
    await expect(saveCheckpoint(join(root, 'file', 'agent'), checkpoint(1))).rejects.toThrow(CheckpointError);
    await expect(loadCheckpoint(join(root, 'file'))).rejects.toThrow('there is no saved agent');
    expect(await readdir(root)).toEqual(['file']);
  });

  test('a write that fails halfway leaves the old checkpoint whole and no rubbish', async () => {
    await saveCheckpoint(folder, checkpoint(1));
    // A name longer than file systems allow: fails after the other files were written.
    const broken = { ...checkpoint(2), files: { ['x'.repeat(300)]: new Uint8Array(1) } };
    await expect(saveCheckpoint(folder, broken)).rejects.toThrow('ENAMETOOLONG');
    expect(await readFolder()).toStrictEqual(checkpoint(1));
    expect(await readdir(join(root, 'runs'))).toEqual(['agent']);
  });
});

/** As plain Uint8Arrays, since files are read as Node's own kind of them. */
async function readFolder(): Promise<Checkpoint> {
  const { algorithm, state, files } = await loadCheckpoint(folder);
  return {
    algorithm,
    state,
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, new Uint8Array(bytes)])),
  };
}
