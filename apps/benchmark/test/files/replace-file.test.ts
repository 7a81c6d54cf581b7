import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownName } from '@gradus/core/node';
import { expect, it, onTestFinished, vi } from 'vitest';
import { replaceFile, saveOutcome } from '../../src/files/replace-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('replaces a file, and removes what killed processes have left of it', async () => {
  const folder = temporaryFolder();
  const dead = spawnSync(process.execPath, ['--version']).pid;
  const left = ownName(folder, 'page.html.tmp');
  writeFileSync(join(folder, left.replace(`-${process.pid}-`, `-${dead}-`)), '');
  const ofParent = left.replace(`-${process.pid}-`, `-${process.ppid}-`);
  writeFileSync(join(folder, ofParent), '');
  for (const text of ['old', 'new']) await replaceFile(join(folder, 'page.html'), text);
  expect(readFileSync(join(folder, 'page.html'), 'utf8')).toBe('new');
  expect(readdirSync(folder).sort()).toEqual(['page.html', ofParent].sort());
});

it('saves what cannot be saved where it should be among the temporary files, and says so', async () => {
  const folder = temporaryFolder();
  const files = { 'a.txt': 'first', 'b.txt': 'second' };
  await saveOutcome(join(folder, 'new'), files);
  expect(readdirSync(join(folder, 'new'))).toEqual(['a.txt', 'b.txt']);

  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  mkdirSync(join(folder, 'taken', 'b.txt'), { recursive: true });
  await expect(saveOutcome(join(folder, 'taken'), files)).rejects.toThrow(
    /taken\/b\.txt cannot be written: .*; it is saved in .*gradus-\w+ instead$/,
  );
  const [rescued] = readdirSync(folder).filter((name) => name.startsWith('gradus-'));
  expect(readFileSync(join(folder, rescued, 'b.txt'), 'utf8')).toBe('second');

  vi.stubEnv('TMPDIR', join(folder, 'new', 'a.txt'));
  await expect(saveOutcome(join(folder, 'taken'), files)).rejects.toThrow(/b\.txt cannot be written: [^;]*$/);
});
