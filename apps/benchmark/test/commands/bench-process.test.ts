import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { Random } from '@gradus/core';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { importModules } from '../../src/catalog/user-modules.ts';
import { readRecords } from '../../src/results/results-folder.ts';
import { executeRun } from '../../src/runs/execute-run.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { planRuns } from '../../src/suites/plan-runs.ts';
import { suiteSchema } from '../../src/suites/suite.ts';
import { resultOf } from '../planned-runs.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** The command as it was built. */
const cli = join(import.meta.dirname, '../../dist/cli.js');

/** An environment without `getState`. */
const withoutState = join(import.meta.dirname, '..', 'fixtures', 'without-state.mjs');

// What was registered stays in the modules: the tests after these load them anew.
afterAll(() => {
  vi.resetModules();
});
await importModules([withoutState]);

/** Eight runs of some tenths of a second, with records of 1.5 kB. */
const suite = {
  name: 'mine',
  seeds: 4,
  episodes: 50,
  evaluations: 10,
  evaluationEpisodes: 5,
  entries: [
    { algorithm: 'ppo', environment: 'CartPole-v1', steps: 8000, options: { epochs: 4 } },
    { algorithm: 'dqn', environment: 'CartPole-v1', steps: 2500, options: { hidden: [32], batchSize: 32 } },
  ],
};

interface Ended {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

interface Started {
  readonly child: ChildProcess;
  readonly end: Promise<Ended>;
}

/** Starts a program, which does not outlive the test. */
function start(folder: string, program: string, ...args: readonly string[]): Started {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close') as Promise<[status: number | null]>;
  const all = Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { child, end: all.then(([[status], output, errors]) => ({ status, output, errors })) };
}

const bench = [cli, 'bench', 'mine.json', '--out', 'out', '--device', 'wasm', '--checkpoint-every', '0.1'];

function startBench(folder: string, ...args: readonly string[]): Started {
  return start(folder, process.execPath, ...bench, ...args);
}

/** A folder with a suite, and where its results go. */
function newFolder(content: object = suite): { readonly folder: string; readonly out: string } {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mine.json'), JSON.stringify(content));
  return { folder, out: join(folder, 'out') };
}

/** The same command in this process, to its end. */
async function finish(folder: string): Promise<void> {
  const flags = ['--out', join(folder, 'out'), '--device', 'wasm'];
  const { status, errors } = await runCommand('bench', join(folder, 'mine.json'), ...flags);
  expect(errors).not.toContain('error');
  expect(status).toBe(0);
}

/** Results in the order of their ids. */
function resultsOf(records: readonly RunRecord[]): unknown[] {
  return [...records].sort((a, b) => (a.run.id < b.run.id ? -1 : 1)).map(resultOf);
}

/** What the runs of a suite give that nothing disturbs. */
async function undisturbed(content: object): Promise<unknown[]> {
  const runs = planRuns({ ...suiteSchema.parse(content), source: 'mine.json' }, { device: 'wasm' });
  const records: RunRecord[] = [];
  for (const run of runs) records.push(await executeRun(run));
  return resultsOf(records);
}

function checkpointsIn(out: string): string[] {
  const folder = join(out, 'checkpoints');
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** When the checkpoints of the moment were saved. */
function checkpointTimes(out: string): Set<number> {
  const files = checkpointsIn(out).map((name) => statSync(join(out, 'checkpoints', name), { throwIfNoEntry: false }));
  return new Set(files.flatMap((file) => (file === undefined ? [] : file.ctimeMs)));
}

function hasOtherCheckpoint(out: string, before: ReadonlySet<number>): boolean {
  return [...checkpointTimes(out)].some((time) => !before.has(time));
}

describe('the built gradus bench', async () => {
  const expected = await undisturbed(suite);

  it('ends with the same results when it is killed again and again', async () => {
    const { folder, out } = newFolder();
    const random = new Random(0);
    for (let kills = 0; kills < 6; kills++) {
      const before = checkpointTimes(out);
      const { child, end } = startBench(folder);
      // Not before it has got somewhere itself; the first time at once, so that there is something to go on from.
      while (!hasOtherCheckpoint(out, before) && child.exitCode === null) await setTimeout(5);
      if (kills > 0) await setTimeout(random.uniform(0, 200));
      child.kill('SIGKILL');
      await end;
    }
    await finish(folder);
    const records = await readRecords(out);
    expect(resultsOf(records)).toEqual(expected);
    expect(records.some(({ origin }) => origin.resumed_at.length > 0)).toBe(true);
    expect(readdirSync(out).sort()).toEqual(['checkpoints', 'results.jsonl', 'suite.json']);
    expect(checkpointsIn(out)).toEqual([]);
  });

  it('ends with the same results when it is killed in an environment without getState', async () => {
    const letters = {
      ...suite,
      imports: [withoutState],
      seeds: 1,
      entries: [
        { algorithm: 'ppo', environment: 'Letters', steps: 10_000 },
        { algorithm: 'dqn', environment: 'Letters', steps: 4000, options: { learningStarts: 100 } },
      ],
    };
    const { folder, out } = newFolder(letters);
    const { child, end } = startBench(folder);
    while (checkpointsIn(out).length < 2 && child.exitCode === null) await setTimeout(5);
    child.kill('SIGKILL');
    await end;
    expect(checkpointsIn(out)).not.toEqual([]);
    await finish(folder);
    const records = resultsOf(await readRecords(out));
    expect(records).toHaveLength(2);
    expect(records).toEqual(await undisturbed(letters));
  });

  it('stops at Ctrl-C and says how to go on', async () => {
    const { folder, out } = newFolder();
    const { child, end } = startBench(folder);
    // In the middle of a run, not between two.
    while (checkpointsIn(out).length === 0) await setTimeout(5);
    const before = checkpointTimes(out);
    child.kill('SIGINT');
    const { status, errors } = await end;
    expect(status).toBe(130);
    const state = /^stopped by SIGINT; ([0-7]) of 8 runs are finished; to go on: gradus bench mine\.json --out out /m;
    expect(Number(state.exec(errors)?.[1])).toBe((await readRecords(out)).length);
    const waiting = checkpointsIn(out);
    expect(waiting.length).toBeGreaterThan(0);
    expect(hasOtherCheckpoint(out, before)).toBe(true);

    await finish(folder);
    const records = await readRecords(out);
    expect(records.filter(({ origin }) => origin.resumed_at.length > 0)).toHaveLength(waiting.length);
    expect(resultsOf(records)).toEqual(expected);
  });

  it('refuses a folder that another one writes to', async () => {
    const { folder, out } = newFolder();
    const { child } = startBench(folder);
    while (!existsSync(join(out, 'lock'))) await setTimeout(5);
    // It cannot end before the other one looks.
    child.kill('SIGSTOP');
    const flags = ['--out', out, '--device', 'wasm'];
    const { status, errors } = await runCommand('bench', join(folder, 'mine.json'), ...flags);
    expect(status).toBe(1);
    expect(errors).toMatch(new RegExp(`^error: ${out} is in use by process ${child.pid} on .*\\n$`));
  });

  it('keeps whole lines when a file cannot grow', async () => {
    const { folder, out } = newFolder();
    // Files of 8 kB at most: a few records, or checkpoints without much.
    const limited = ['-c', 'ulimit -f 16; exec "$@"', 'sh', process.execPath, ...bench, '--json'];
    await expectFull(await start(folder, 'sh', ...limited, '--checkpoint-every', '1000').end, out, 'EFBIG');
    await finish(folder);
    expect(resultsOf(await readRecords(out))).toEqual(expected);
  });

  it('keeps whole lines when the disk is full', async () => {
    const { folder, out } = newFolder();
    mkdirSync(out);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=20k', 'tmpfs', out], { encoding: 'utf8' });
    if (mounted.status !== 0) {
      console.log(`no small disk can be mounted here, so this checks nothing: ${mounted.stderr ?? mounted.error}`);
      return;
    }
    onTestFinished(() => void spawnSync('umount', [out]));
    await expectFull(await startBench(folder, '--json', '--checkpoint-every', '1000').end, out, 'ENOSPC');
    expect(spawnSync('mount', ['-o', 'remount,size=4m', out]).status).toBe(0);
    await finish(folder);
    expect(resultsOf(await readRecords(out))).toEqual(expected);
  });
});

/** One line that says so, and no file but whole ones. */
async function expectFull({ status, output, errors }: Ended, out: string, code: string): Promise<void> {
  expect(errors).toMatch(new RegExp(`^error: out: ${code}: .*, write\\n$`));
  expect(status).toBe(1);
  const lines = readFileSync(join(out, 'results.jsonl'), 'utf8');
  expect(lines.replaceAll(/,"checksum":"[0-9a-f]{16}"\}$/gm, '}')).toBe(output);
  expect(lines.endsWith('}\n')).toBe(true);
  expect((await readRecords(out)).length).toBeLessThan(8);
  expect(readdirSync(out).sort()).toEqual(['checkpoints', 'results.jsonl', 'suite.json']);
  expect(checkpointsIn(out)).toEqual([]);
}
