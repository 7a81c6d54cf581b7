import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkOutputFolder } from '../src/check-output-folder.ts';
import { temporaryFolder } from './temporary-folder.ts';

it('accepts new and empty folders and those of saved agents', async () => {
  const folder = temporaryFolder();
  await checkOutputFolder(folder);
  await checkOutputFolder(join(folder, 'new', 'one'));
  mkdirSync(join(folder, 'agent'));
  writeFileSync(join(folder, 'agent', 'agent.json'), '');
  await checkOutputFolder(join(folder, 'agent'));
});

it('refuses others', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'thesis.txt'), '');
  await expect(checkOutputFolder(folder)).rejects.toThrow(
    /^--out .*: expected a new folder or a saved agent, found thesis/,
  );
  await expect(checkOutputFolder(join(folder, 'thesis.txt'))).rejects.toThrow(/^--out .*ENOTDIR/);
  await expect(checkOutputFolder(join(folder, 'thesis.txt', 'agent'))).rejects.toThrow(/^--out /);
  // Where nobody can make folders, and Linux answers as if /proc itself were not there.
  await expect(checkOutputFolder('/proc/gradus/agent')).rejects.toThrow(/^--out \/proc\/gradus\/agent: E.*, mkdir/);
});
