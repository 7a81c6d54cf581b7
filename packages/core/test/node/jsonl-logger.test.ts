import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogError } from '../../src/errors.ts';
import { jsonlLogger } from '../../src/node/jsonl-logger.ts';
import { logTraining } from './logged-training.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradus-'));
  path = join(folder, 'logs', 'progress.jsonl');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const read = (): Promise<string> => readFile(path, 'utf8');
const logger = (): ReturnType<typeof jsonlLogger> => jsonlLogger(path, { interval: 10 });

test('one object a line; what JSON has no number for is null', async () => {
  const metrics = (step: number): Record<string, number> =>
    step === 10 ? { 'train/loss': 0.1 } : { 'train/loss': NaN, 'a "b"\n': Infinity };
  await logTraining(logger(), { end: 20, metrics, recorded: { 20: { 'eval/mean_return': 1e-7 } } });
  const lines = (await read()).split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { step: 10, episodes: 2, 'train/loss': 0.1 },
    { step: 20, episodes: 4, 'train/loss': null, 'a "b"\n': null, 'eval/mean_return': 1e-7 },
  ]);
});

test('a resumed training goes on, without the rows past its step and a row that was cut off', async () => {
  const whole = { end: 60, metrics: (step: number) => ({ a: step }) };
  await logTraining(logger(), whole);
  const expected = await read();
  await writeFile(path, `${expected}{"step":70,"epi`);
  await logTraining(logger(), { ...whole, start: 60 });
  expect(await read()).toBe(expected);
  await logTraining(logger(), { ...whole, start: 30 });
  expect(await read()).toBe(expected);
});

test("a new training leaves another's log alone", async () => {
  await logTraining(logger(), { end: 60, metrics: () => ({}) });
  const before = await read();
  await expect(logTraining(logger(), { end: 10, metrics: () => ({}) })).rejects.toThrow(
    new LogError(
      `${path}: expected nothing yet, as the agent is new, found the log of another run; log elsewhere, or delete it`,
    ),
  );
  expect(await read()).toBe(before);
});

test('another file is not touched', async () => {
  path = join(folder, 'notes');
  await writeFile(path, '{"step":10}\nmine\n');
  await expect(logTraining(logger(), { start: 10, end: 20, metrics: () => ({}) })).rejects.toThrow(
    new LogError(`${path}: expected rows with a step, as jsonlLogger writes them, got mine`),
  );
  expect(await read()).toBe('{"step":10}\nmine\n');
});
