import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkOutputFile, checkOutputFolder } from '../../src/files/check-output-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('accepts new and empty folders and those of saved agents', async () => {
  const folder = temporaryFolder();
  await checkOutputFolder(folder);
  await checkOutputFolder(join(folder, 'new', 'one'));
  mkdirSync(join(folder, 'agent'));
  writeFileSync(join(folder, 'agent', 'agent.json'), '');
  await checkOutputFolder(join(folder, 'agent'));
  // As a command leaves it that was killed while it saved its first checkpoint.
  mkdirSync(join(folder, 'killed', 'files-01234567-9-1'), { recursive: true });
  writeFileSync(join(folder, 'killed', 'lock'), '');
  await checkOutputFolder(join(folder, 'killed'));
  expect(readdirSync(folder).sort()).toEqual(['agent', 'killed', 'new']);
  expect(readdirSync(join(folder, 'new'))).toEqual([]);
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

it('knows whether a file can be written', async () => {
  const folder = temporaryFolder();
  await checkOutputFile(join(folder, 'new', 'report.html'));
  writeFileSync(join(folder, 'report.html'), 'old');
  await checkOutputFile(join(folder, 'report.html'));
  expect(readdirSync(folder).sort()).toEqual(['new', 'report.html']);
  expect(readdirSync(join(folder, 'new'))).toEqual([]);
  await expect(checkOutputFile(join(folder, 'new'), '--out')).rejects.toThrow(/^--out .*new cannot be written: EISDIR/);
  await expect(checkOutputFile(join(folder, 'report.html', 'x.gif'))).rejects.toThrow(/x\.gif cannot be written: E/);
  await expect(checkOutputFile('/proc/gradus/x.gif', '--out')).rejects.toThrow(
    /^--out \/proc\/gradus\/x.gif cannot be written: E/,
  );
});
