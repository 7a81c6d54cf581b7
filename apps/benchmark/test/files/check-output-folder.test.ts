import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkOutputFile, checkOutputFolder, freePath } from '../../src/files/check-output-folder.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('accepts new and empty folders and those of saved agents', async () => {
  const folder = temporaryFolder();
  await checkOutputFolder(folder, { replace: true });
  await checkOutputFolder(join(folder, 'new', 'one'), { replace: true });
  mkdirSync(join(folder, 'agent'));
  writeFileSync(join(folder, 'agent', 'agent.json'), '');
  await checkOutputFolder(join(folder, 'agent'), { replace: true });
  // As a command leaves it that was killed while it saved its first checkpoint.
  mkdirSync(join(folder, 'killed', 'files-01234567-9-1'), { recursive: true });
  writeFileSync(join(folder, 'killed', 'lock'), '');
  await checkOutputFolder(join(folder, 'killed'), { replace: true });
  expect(readdirSync(folder).sort()).toEqual(['agent', 'killed', 'new']);
  expect(readdirSync(join(folder, 'new'))).toEqual([]);
});

it('refuses others', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'thesis.txt'), '');
  await expect(checkOutputFolder(folder, { replace: true })).rejects.toThrow(
    /^--out .*: expected a new folder or a saved agent, found thesis/,
  );
  await expect(checkOutputFolder(join(folder, 'thesis.txt'), { replace: true })).rejects.toThrow(/^--out .*ENOTDIR/);
  await expect(checkOutputFolder(join(folder, 'thesis.txt', 'agent'), { replace: true })).rejects.toThrow(/^--out /);
  // Where nobody can make folders, and Linux answers as if /proc itself were not there.
  await expect(checkOutputFolder('/proc/gradus/agent', { replace: true })).rejects.toThrow(
    /^--out \/proc\/gradus\/agent: E.*, mkdir/,
  );
});

it('knows whether a file can be written', async () => {
  const folder = temporaryFolder();
  await checkOutputFile(join(folder, 'new', 'report.html'), '--out', false);
  writeFileSync(join(folder, 'report.html'), 'old');
  await checkOutputFile(join(folder, 'report.html'), '--out', true);
  expect(readdirSync(folder).sort()).toEqual(['new', 'report.html']);
  expect(readdirSync(join(folder, 'new'))).toEqual([]);
  await expect(checkOutputFile(join(folder, 'new'), '--out', false)).rejects.toThrow(
    /^--out .*new cannot be written: EISDIR/,
  );
  await expect(checkOutputFile(join(folder, 'report.html', 'x.gif'), '--out', true)).rejects.toThrow(
    /x\.gif cannot be written: E/,
  );
  await expect(checkOutputFile('/proc/gradus/x.gif', '--out', false)).rejects.toThrow(
    /^--out \/proc\/gradus\/x.gif cannot be written: E/,
  );
});

it('replaces nothing that it was not asked to', async () => {
  const folder = temporaryFolder();
  const report = join(folder, 'report.html');
  writeFileSync(report, 'old');
  await expect(checkOutputFile(report, '--out', false)).rejects.toThrow(
    `--out ${report} is there; --force replaces it`,
  );
  const agent = join(folder, 'agent');
  mkdirSync(agent);
  writeFileSync(join(agent, 'agent.json'), '');
  await expect(checkOutputFolder(agent, { replace: false })).rejects.toThrow(
    `--out ${agent}: there is a saved agent; --force replaces it`,
  );
  await expect(checkOutputFolder(agent, { replace: false, advice: 'another is new' })).rejects.toThrow(
    '--force replaces it, another is new',
  );
  expect(freePath(agent)).toBe(`${agent}-2`);
  mkdirSync(`${agent}-2`);
  expect([freePath(agent), freePath(join(folder, 'new'))]).toEqual([`${agent}-3`, join(folder, 'new')]);
});
