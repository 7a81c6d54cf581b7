import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ownName } from '@gradus/core/node';
import { expect, it } from 'vitest';
import { TrainingFolder } from '../../src/results/training-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('is for one training run at a time, and leaves nothing where nothing was saved', async () => {
  const root = temporaryFolder();
  const path = join(root, 'runs', 'agent');
  const folder = await TrainingFolder.take(path);
  await expect(TrainingFolder.take(path)).rejects.toThrow(`${path} is in use by process ${process.pid}`);
  expect(readdirSync(path)).toEqual(['lock']);
  await folder.release();
  expect(readdirSync(join(root, 'runs'))).toEqual([]);

  const again = await TrainingFolder.take(path);
  writeFileSync(join(path, 'agent.json'), '');
  await again.release();
  expect(readdirSync(path)).toEqual(['agent.json']);
});

it('goes to each of those who want a new one at once', async () => {
  const path = join(temporaryFolder(), 'runs', 'agent');
  const folders = await Promise.all([1, 2, 3].map(() => TrainingFolder.takeNew(path)));
  expect(folders.map((folder) => folder.path).sort()).toEqual([path, `${path}-2`, `${path}-3`]);
});

it('is rid of what killed processes have left', async () => {
  const path = join(temporaryFolder(), 'agent');
  const dead = spawnSync(process.execPath, ['--version']).pid;
  const nameOfDead = (kind: string) => ownName(path, kind).replace(`-${process.pid}-`, `-${dead}-`);
  mkdirSync(join(path, nameOfDead('files')), { recursive: true });
  writeFileSync(join(path, nameOfDead('lock.tmp')), '');
  writeFileSync(join(path, 'lock'), `${dead} ${hostname()}\n`);
  const second = await TrainingFolder.take(path);
  expect(readdirSync(path)).toEqual(['lock.1']);
  await second.release();
});

it('that cannot be made is named', async () => {
  const root = temporaryFolder();
  writeFileSync(join(root, 'file'), '');
  await expect(TrainingFolder.take(join(root, 'file'))).rejects.toThrow(/^.*file cannot be written: /);
  await expect(TrainingFolder.take(join(root, 'file', 'agent'))).rejects.toThrow(/agent cannot be written: /);
  await expect(TrainingFolder.takeNew('/proc/gradus/agent')).rejects.toThrow(/E/);
  expect(readdirSync(root)).toEqual(['file']);
});
