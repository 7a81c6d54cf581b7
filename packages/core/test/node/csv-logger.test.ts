import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogError } from '../../src/errors.ts';
import { csvLogger } from '../../src/node/csv-logger.ts';
import { logTraining } from './logged-training.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradus-'));
  path = join(folder, 'logs', 'progress.csv');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const read = (): Promise<string> => readFile(path, 'utf8');
const logger = (): ReturnType<typeof csvLogger> => csvLogger(path, { interval: 10 });

test('a header and a row for each update', async () => {
  await logTraining(logger(), { end: 30, metrics: (step) => ({ 'train/loss': 1 / step, big: 1e21 }) });
  expect(await read()).toBe(
    'step,episodes,train/loss,big\n10,2,0.1,1e+21\n20,4,0.05,1e+21\n30,6,0.03333333333333333,1e+21\n',
  );
});

test('columns that come later are empty before, and where they are missing', async () => {
  await logTraining(logger(), {
    end: 40,
    metrics: (step) => (step < 30 ? { a: 1 } : { b: 2 }),
    recorded: { 20: { 'eval/mean_return': -3 } },
  });
  expect(await read()).toBe('step,episodes,a,eval/mean_return,b\n10,2,1,,\n20,4,1,-3,\n30,6,,,2\n40,8,,,2\n');
  expect(await readdir(join(folder, 'logs'))).toEqual(['progress.csv']);
});

test('numbers that are none', async () => {
  const values: Record<number, number> = { 10: NaN, 20: Infinity, 30: -Infinity };
  await logTraining(logger(), { end: 30, metrics: (step) => ({ a: values[step] }) });
  expect(await read()).toBe('step,episodes,a\n10,2,NaN\n20,4,Infinity\n30,6,-Infinity\n');
});

test('names are quoted where they must be, and read back', async () => {
  const names = ['plain', 'with,comma', 'with "quotes"', 'two\nlines', '"', ''];
  const metrics = Object.fromEntries(names.map((name, i) => [name, i]));
  const header = 'step,episodes,plain,"with,comma","with ""quotes""","two\nlines","""",';
  await logTraining(logger(), { end: 10, metrics: () => metrics });
  expect(await read()).toBe(`${header}\n10,2,0,1,2,3,4,5\n`);
  await logTraining(logger(), { start: 10, end: 20, metrics: () => metrics });
  expect(await read()).toBe(`${header}\n10,2,0,1,2,3,4,5\n20,4,0,1,2,3,4,5\n`);
  await logTraining(logger(), { start: 20, end: 30, metrics: () => ({ new: 7 }) });
  expect(await read()).toBe(`${header},new\n10,2,0,1,2,3,4,5,\n20,4,0,1,2,3,4,5,\n30,6,,,,,,,7\n`);
});

test('a resumed training goes on, without the rows past its step', async () => {
  const whole = { end: 60, metrics: (step: number) => ({ a: step }), recorded: { 40: { b: 1 } } };
  await logTraining(logger(), whole);
  const expected = await read();
  await writeFile(path, `${expected}70,14,7`);
  await logTraining(logger(), { ...whole, start: 30 });
  expect(await read()).toBe(expected);
  await logTraining(logger(), { ...whole, start: 60 });
  expect(await read()).toBe(expected);
});

test("a new training leaves another's log alone", async () => {
  await logTraining(logger(), { end: 60, metrics: () => ({ a: 1 }) });
  const before = await read();
  await expect(logTraining(logger(), { end: 10, metrics: () => ({ b: 1 }) })).rejects.toThrow(
    new LogError(
      `${path}: expected nothing yet, as the agent is new, found the log of another run; log elsewhere, or delete it`,
    ),
  );
  expect(await read()).toBe(before);
});

test('another file is not touched', async () => {
  path = join(folder, 'thesis.csv');
  await writeFile(path, 'chapter,pages\n1,20\n');
  await expect(logTraining(logger(), { end: 10, metrics: () => ({}) })).rejects.toThrow(
    new LogError(`${path}: expected a log of csvLogger, whose header begins with step,episodes`),
  );
  expect(await read()).toBe('chapter,pages\n1,20\n');
});

test('a folder in which no file can be made is known before training', async () => {
  await writeFile(join(folder, 'logs'), '');
  let trained = false;
  const metrics = (): { a: number } => {
    trained = true;
    return { a: 1 };
  };
  await expect(logTraining(logger(), { end: 10, metrics })).rejects.toThrow(`${path} cannot be opened: `);
  expect(trained).toBe(false);
});
