import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkpoints } from '../../src/node/checkpoints.ts';
import { csvLogger } from '../../src/node/csv-logger.ts';
import { jsonlLogger } from '../../src/node/jsonl-logger.ts';
import { ownName } from '../../src/node/own-name.ts';
import { lockPath } from '../../src/node/path-lock.ts';
import { tensorBoardLogger } from '../../src/node/tensor-board-logger.ts';
import { train, type Callback } from '../../src/training/train.ts';
import { fakeAgent } from '../fake-agent.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradus-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('is held by one, and leaves nothing', () => {
  const path = join(folder, 'logs', 'a');
  const unlock = lockPath(path);
  expect(() => lockPath(path)).toThrow(`this process already writes there (if that is not so, delete ${path}.lock)`);
  lockPath(join(folder, 'logs', 'b'))();
  unlock();
  lockPath(path)();
  expect(readdirSync(join(folder, 'logs'))).toEqual([]);
});

test("of another process is respected while that is there; a dead one's is taken over", () => {
  const path = join(folder, 'a');
  const nameOf = (pid: number): string => ownName(folder, 'lock').replace(`-${process.pid}-`, `-${pid}-`);
  writeFileSync(`${path}.lock`, nameOf(process.ppid));
  expect(() => lockPath(path)).toThrow(`process ${process.ppid} writes there`);
  expect(existsSync(`${path}.lock`)).toBe(true);
  writeFileSync(`${path}.lock`, nameOf(spawnSync(process.execPath, ['--version']).pid));
  const unlock = lockPath(path);
  expect(readFileSync(`${path}.lock`, 'utf8')).toContain(`-${process.pid}-`);
  unlock();
});

test.each<[string, () => Callback]>([
  ['csvLogger', () => csvLogger(join(folder, 'log'), { interval: 1 })],
  ['jsonlLogger', () => jsonlLogger(join(folder, 'log'), { interval: 1 })],
  ['tensorBoardLogger', () => tensorBoardLogger(folder, { interval: 1 })],
  ['checkpoints', () => checkpoints({ folder, interval: 10 })],
])('two of %s in one place are refused before anything is written', async (_, create) => {
  const savable = (): ReturnType<typeof fakeAgent> => ({
    ...fakeAgent(),
    checkpoint: () => ({ algorithm: 'fake', state: {}, files: {} }),
  });
  await expect(train(savable(), { steps: 30, callbacks: [create(), create()] })).rejects.toThrow(
    'this process already writes there',
  );
  // Neither is in use any more.
  expect(readdirSync(folder).filter((name) => name.includes('lock'))).toEqual([]);
  rmSync(folder, { recursive: true });
  await train(savable(), { steps: 30, callbacks: [create()] });
  expect(readdirSync(folder).filter((name) => name.includes('lock'))).toEqual([]);
});
