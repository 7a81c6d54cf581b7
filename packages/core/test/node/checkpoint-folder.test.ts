import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeCheckpoint, type Checkpoint } from '../../src/checkpoints/checkpoint.ts';
import { CheckpointError } from '../../src/errors.ts';
import { loadCheckpoint, saveCheckpoint, sweepCheckpoint } from '../../src/node/checkpoint-folder.ts';

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
    expect(await readdir(folder)).toEqual(['agent.json', await filesFolder()]);
    expect(await readdir(join(root, 'runs'))).toEqual(['agent']);
  }
});

test('an empty folder may be used', async () => {
  await mkdir(folder, { recursive: true });
  await saveCheckpoint(folder, checkpoint(1));
  expect(await readFolder()).toStrictEqual(checkpoint(1));
});

test('whose files lie beside agent.json, as encodeCheckpoint gives them, is loaded and replaced', async () => {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(encodeCheckpoint(checkpoint(1))))
    await writeFile(join(folder, name), bytes);
  expect(await readFolder()).toStrictEqual(checkpoint(1));
  await saveCheckpoint(folder, checkpoint(2));
  expect(await readFolder()).toStrictEqual(checkpoint(2));
  expect(await readdir(folder)).toEqual(['agent.json', await filesFolder()]);
});

test('arrays larger than what is written at once come back', async () => {
  const numbers = Float64Array.from({ length: 1_300_001 }, (_, index) => index / 7);
  const state = { small: [Uint8Array.of(1), Uint8Array.of(2)], numbers, last: Float32Array.of(3) };
  await saveCheckpoint(folder, { algorithm: 'ppo', state, files: { weights: new Uint8Array(5_000_000).fill(9) } });
  const loaded = await loadCheckpoint(folder);
  expect(loaded.state.small).toStrictEqual(state.small);
  expect(loaded.state.last).toStrictEqual(state.last);
  expect(Buffer.compare(bytesOf(loaded.state.numbers as Float64Array), bytesOf(numbers))).toBe(0);
  expect(loaded.files.weights.every((byte) => byte === 9)).toBe(true);
});

describe('several processes', () => {
  const built = join(import.meta.dirname, '../../dist/node/index.js');

  /** Saves checkpoints in the folder, of which each file and array has the same number everywhere. */
  const saver = `
    const { saveCheckpoint } = await import(${JSON.stringify(built)});
    for (let step = 1; step <= 150; step++) {
      const values = new Float64Array(20000).fill(step);
      await saveCheckpoint(process.argv[1], { algorithm: 'ppo', state: { step, values }, files: { weights: new Uint8Array(100000).fill(step) } });
      if (step === 1) console.log('saved');
    }`;

  const start = (code: string) => {
    if (!existsSync(built)) throw new Error(`${built} is not there; build first (pnpm build)`);
    return spawn(process.execPath, ['--input-type=module', '-e', code, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  };

  test('those who load while others save get a whole checkpoint, and disturb nobody', async () => {
    const savers = [start(saver), start(saver)];
    const ends = savers.map(async (each) => (await once(each, 'exit'))[0] as number);
    await once(savers[0].stdout, 'data');
    let loads = 0;
    while (savers.some(({ exitCode }) => exitCode === null)) {
      const { state, files } = await loadCheckpoint(folder);
      const { step } = state as { step: number };
      expect((state.values as Float64Array).every((value) => value === step)).toBe(true);
      expect(files.weights.every((value) => value === step)).toBe(true);
      loads++;
    }
    expect(await Promise.all(ends)).toEqual([0, 0]);
    expect(loads).toBeGreaterThan(0);
    expect((await loadCheckpoint(folder)).state.step).toBe(150);
    await sweepCheckpoint(folder);
    expect(await readdir(folder)).toEqual(['agent.json', await filesFolder()]);
  });

  test('what a killed one has left is removed by the next save; what a living one writes is not', async () => {
    await saveCheckpoint(folder, checkpoint(1));
    const [, machine] = (await filesFolder()).split('-');
    const dead = spawnSync(process.execPath, ['--version']).pid;
    const others = [`files-${machine}-${process.ppid}-1`, `files-00000000-${dead}-1`];
    const left = [`files-${machine}-${dead}-1`, `files-${machine}-${process.pid}-999999`];
    for (const name of [...others, ...left]) await mkdir(join(folder, name));
    await saveCheckpoint(folder, checkpoint(2));
    expect((await readdir(folder)).sort()).toEqual(['agent.json', ...others, await filesFolder()].sort());
  });

  test('the same one may save twice at once', async () => {
    await Promise.all([1, 2, 3, 4].map((step) => saveCheckpoint(folder, checkpoint(step))));
    const { state } = await loadCheckpoint(folder);
    expect(await readFolder()).toStrictEqual(checkpoint(state.step as number));
    await sweepCheckpoint(folder);
    expect(await readdir(folder)).toEqual(['agent.json', await filesFolder()]);
  });
});

describe('errors name the folder and the cause', () => {
  test('nothing saved', async () => {
    await expect(loadCheckpoint(folder)).rejects.toThrow(`${folder} cannot be read: there is no saved agent`);
    await expect(loadCheckpoint(folder)).rejects.toThrow(CheckpointError);
  });

  test('a missing or truncated file', async () => {
    await saveCheckpoint(folder, checkpoint(1));
    const file = join(folder, await filesFolder(), 'policy.safetensors');
    await truncate(file, 999);
    await expect(loadCheckpoint(folder)).rejects.toThrow('policy.safetensors has 999 bytes, expected 1000');
    await rm(file);
    await expect(loadCheckpoint(folder)).rejects.toThrow('the file policy.safetensors is missing');
  });

  test("another program's agent.json is not touched", async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'agent.json'), '{"name": "mine"}');
    await expect(saveCheckpoint(folder, checkpoint(2))).rejects.toThrow(
      `${folder} cannot be written: checkpoint: agent.json is not of the format gradus-agent`,
    );
    expect(await readFile(join(folder, 'agent.json'), 'utf8')).toBe('{"name": "mine"}');
    expect(await readdir(folder)).toEqual(['agent.json']);
  });

  test('other files stay', async () => {
    await saveCheckpoint(folder, checkpoint(1));
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await saveCheckpoint(folder, checkpoint(2));
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
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
    expect(await readdir(folder)).toEqual(['agent.json', await filesFolder()]);
    const fresh = join(root, 'runs', 'fresh');
    await expect(saveCheckpoint(fresh, broken)).rejects.toThrow('ENAMETOOLONG');
    expect(await readdir(join(root, 'runs'))).toEqual(['agent']);
  });
});

const readFolder = async (): Promise<Checkpoint> => loadCheckpoint(folder);

/** Name of the folder with the files of the checkpoint. */
async function filesFolder(): Promise<string> {
  return (JSON.parse(await readFile(join(folder, 'agent.json'), 'utf8')) as { folder: string }).folder;
}

function bytesOf({ buffer }: Float64Array): Uint8Array {
  return new Uint8Array(buffer);
}
