import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptBytes, logRows, type LogRow, type LogTarget } from '../../src/node/log-rows.ts';
import { train } from '../../src/training/train.ts';
import { fakeAgent } from '../fake-agent.ts';
import { logTraining, type LoggedTraining } from './logged-training.ts';

let path: string;

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'gradus-')), 'log');
});

afterEach(async () => {
  // Not even a lock is left.
  expect(await readdir(dirname(path))).toEqual([]);
  await rm(dirname(path), { recursive: true });
});

/** The rows of a training, at every `interval` steps. */
async function rowsOf(interval: number | undefined, options: LoggedTraining): Promise<LogRow[]> {
  const rows: LogRow[] = [];
  const target: LogTarget = { path, start: () => undefined, write: (row) => rows.push(row) };
  await logTraining(logRows('test', target, { interval }), options);
  return rows;
}

const metrics = (step: number): Record<string, number> => ({ loss: 1 / step });
const stepsOf = (rows: readonly LogRow[]): number[] => rows.map(({ step }) => step);

test('a row at every interval and one for the last update', async () => {
  expect(stepsOf(await rowsOf(25, { end: 110, metrics }))).toEqual([30, 50, 80, 100, 110]);
  expect(stepsOf(await rowsOf(10, { end: 40, metrics }))).toEqual([10, 20, 30, 40]);
  expect(stepsOf(await rowsOf(undefined, { end: 3210, metrics }))).toEqual([1000, 2000, 3000, 3210]);
});

test('what was recorded has its row, with its own step', async () => {
  const rows = await rowsOf(50, { end: 100, metrics, recorded: { 70: { eval: 5 } } });
  expect(rows).toEqual([
    { step: 50, episodes: 10, metrics: { loss: 1 / 50 } },
    { step: 70, episodes: 14, metrics: { loss: 1 / 70, eval: 5 } },
    { step: 100, episodes: 20, metrics: { loss: 1 / 100 } },
  ]);
});

test('a resumed training has the rows of an uninterrupted one', async () => {
  const whole = await rowsOf(30, { end: 120, metrics });
  const first = await rowsOf(30, { end: 70, metrics });
  const second = await rowsOf(30, { start: 70, end: 120, metrics });
  // The last row of the first is that of its end.
  expect(stepsOf(first)).toEqual([30, 60, 70]);
  expect([...first.slice(0, -1), ...second]).toEqual(whole);
});

test('the last update before an error has its row, unless the log is what failed', async () => {
  const rows: number[] = [];
  const target = {
    path,
    start: () => undefined,
    write: ({ step }: LogRow) => {
      rows.push(step);
      if (step === 30) throw new Error('disk full');
    },
  };
  await expect(train(fakeAgent(25), { steps: 100, callbacks: [logRows('test', target, {})] })).rejects.toThrow(
    'exploded',
  );
  expect(rows).toEqual([20]);
  const failing = logRows('test', target, { interval: 30 });
  await expect(train(fakeAgent(), { steps: 100, callbacks: [failing] })).rejects.toThrow('disk full');
  expect(rows).toEqual([20, 30]);
});

test('keptBytes keeps whole lines', () => {
  const content = Buffer.from('häd\n1 é\n2\n30\n4');
  const kept = (limit: number): string =>
    content.toString(
      'utf8',
      0,
      keptBytes(content, Buffer.byteLength('häd\n'), (line) => Number.parseInt(line, 10) <= limit),
    );
  expect(kept(0)).toBe('häd\n');
  expect(kept(1)).toBe('häd\n1 é\n');
  expect(kept(29)).toBe('häd\n1 é\n2\n');
  expect(kept(99)).toBe('häd\n1 é\n2\n30\n');
});
