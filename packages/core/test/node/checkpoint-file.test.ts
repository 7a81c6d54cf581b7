import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeCheckpointFile, encodeCheckpointFile } from '../../src/checkpoints/checkpoint-file.ts';
import type { Checkpoint } from '../../src/checkpoints/checkpoint.ts';
import { CheckpointError } from '../../src/errors.ts';
import { loadCheckpoint, saveCheckpointFile } from '../../src/node/index.ts';
import { disown, ownName } from '../../src/node/own-name.ts';

let root: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gradus-'));
  path = join(root, 'models', 'agent.gradus');
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const checkpoint = (step: number): Checkpoint => ({
  algorithm: 'ppo',
  state: { step, values: Float64Array.from({ length: 700_001 }, (_, i) => i / 7 + step) },
  files: { 'policy.safetensors': new Uint8Array(5_000_000).fill(step) },
});

test('saves, loads and replaces one file, and leaves nothing else', async () => {
  for (const step of [1, 2]) {
    await saveCheckpointFile(path, checkpoint(step));
    const { state, files } = await loadCheckpoint(path);
    const expected = checkpoint(step);
    expect(state.step).toBe(step);
    expect(Buffer.compare(bytesOf(state.values), bytesOf(expected.state.values))).toBe(0);
    expect(Buffer.compare(files['policy.safetensors'], expected.files['policy.safetensors'])).toBe(0);
    expect(await readdir(join(root, 'models'))).toEqual(['agent.gradus']);
  }
  // The same bytes as in one piece.
  const file = await readFile(path);
  expect(Buffer.compare(file, encodeCheckpointFile(checkpoint(2)))).toBe(0);
  expect(decodeCheckpointFile(file).state.step).toBe(2);
});

test('what a killed process has left is removed, what a living one writes is not', async () => {
  const folder = join(root, 'models');
  await mkdir(folder);
  const [, machine] = /-(\w+)-\d+-\d+$/.exec(ownName(folder, 'x')) ?? [];
  const dead = spawnSync(process.execPath, ['--version']).pid;
  const living = ownName(folder, 'agent.gradus');
  const left = `agent.gradus-${machine}-${dead}-1`;
  for (const name of [living, left]) await writeFile(join(folder, name), '');
  await saveCheckpointFile(path, checkpoint(1));
  expect(await readdir(folder)).toEqual(['agent.gradus', living]);
  disown(join(folder, living));
});

test('errors name the file, and nothing is left behind', async () => {
  await saveCheckpointFile(path, checkpoint(1));
  await truncate(path, 1_000_000);
  await expect(loadCheckpoint(path)).rejects.toThrow(`${path} cannot be read: checkpoint: state.bin has`);
  await expect(loadCheckpoint(path)).rejects.toThrow(CheckpointError);
  await mkdir(join(root, 'folder', 'in-the-way'), { recursive: true });
  const folder = join(root, 'folder');
  await expect(saveCheckpointFile(folder, checkpoint(1))).rejects.toThrow(`${folder} cannot be written: `);
  await expect(saveCheckpointFile(join(path, 'agent'), checkpoint(1))).rejects.toThrow(CheckpointError);
  expect((await readdir(root)).sort()).toEqual(['folder', 'models']);
});

function bytesOf(array: unknown): Uint8Array {
  return array instanceof Float64Array ? new Uint8Array(array.buffer) : new Uint8Array(0);
}
