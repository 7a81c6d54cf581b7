import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { lockFolder } from '../../src/results/folder-lock.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('is given back', async () => {
  const folder = temporaryFolder();
  const unlock = await lockFolder(folder);
  expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(`${process.pid} ${hostname()}\n`);
  await unlock();
  expect(readdirSync(folder)).toEqual([]);
});

it('is refused while another process that lives has it, and taken over when that was killed', async () => {
  const folder = temporaryFolder();
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void other.kill('SIGKILL'));
  writeFileSync(join(folder, 'lock'), `${other.pid} ${hostname()}\n`);
  await expect(lockFolder(folder)).rejects.toThrow(`is in use by process ${other.pid} on ${hostname()}`);
  expect(readdirSync(folder)).toEqual(['lock']);
  other.kill('SIGKILL');
  await once(other, 'exit');
  const unlock = await lockFolder(folder);
  expect(readFileSync(join(folder, 'lock.1'), 'utf8')).toBe(`${process.pid} ${hostname()}\n`);
  expect(readdirSync(folder)).toEqual(['lock.1']);
  await unlock();
  expect(readdirSync(folder)).toEqual([]);
});

it('is refused where another process has a lock of another number, whatever the dead ones are', async () => {
  const folder = temporaryFolder();
  const { pid } = spawnSync(process.execPath, ['--version']);
  for (const name of ['lock', 'lock.3']) writeFileSync(join(folder, name), `${pid} ${hostname()}\n`);
  writeFileSync(join(folder, 'lock.2'), `${process.ppid} ${hostname()}\n`);
  await expect(lockFolder(folder)).rejects.toThrow(`is in use by process ${process.ppid} on ${hostname()}`);
  expect(readdirSync(folder)).toEqual(['lock', 'lock.2', 'lock.3']);
});

it("of a process that had this one's number is taken over", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'lock'), `${process.pid} ${hostname()}\n`);
  await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow('is in use by process');
});

it('of another machine is refused: who has it there cannot be known', async () => {
  const folder = temporaryFolder();
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(join(folder, 'lock'), `${pid} elsewhere\n`);
  await expect(lockFolder(folder)).rejects.toThrow(
    `is in use by process ${pid} on elsewhere (if it is not, delete ${join(folder, 'lock')})`,
  );
});

it('of which cannot be read who has it is refused', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'lock'));
  await expect(lockFolder(folder)).rejects.toThrow(`${join(folder, 'lock')} cannot be read: EISDIR`);
  expect(readdirSync(folder)).toEqual(['lock']);
});

/** Tries to lock the folder in its argument, says whether it could, and keeps it until its input ends. */
const contender = `
  const { lockFolder } = await import(${JSON.stringify(join(import.meta.dirname, '../../dist/results/folder-lock.js'))});
  console.log(await lockFolder(process.argv[1]).then(() => 'has it', () => 'refused'));
  process.stdin.resume();`;

it("goes to one of several processes who find a dead one's at once", async () => {
  for (let round = 0; round < 3; round++) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'lock'), `${spawnSync(process.execPath, ['--version']).pid} ${hostname()}\n`);
    const contenders = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', contender, folder], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const answers = await Promise.all(contenders.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])));
    for (const { stdin } of contenders) stdin.end();
    expect(answers.sort()).toEqual(['has it\n', ...Array.from({ length: 5 }, () => 'refused\n')]);
  }
});
