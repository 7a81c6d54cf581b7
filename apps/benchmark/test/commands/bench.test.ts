import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readResults } from '../../src/results/results-folder.ts';
import { runRecordSchema } from '../../src/runs/run-record.ts';
import { runCommand, type CommandRun } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const suite = {
  name: 'mine',
  seeds: 2,
  episodes: 10,
  evaluations: 2,
  evaluationEpisodes: 5,
  entries: [
    { algorithm: 'ppo', environment: 'CartPole-v1', steps: 1000 },
    { algorithm: 'dqn', environment: 'CartPole-v1', steps: 1500 },
  ],
};

describe('gradus bench', () => {
  let folder: string;
  let file: string;
  let out: string;
  beforeEach(() => {
    folder = temporaryFolder();
    file = join(folder, 'mine.json');
    out = join(folder, 'results');
    writeFileSync(file, JSON.stringify(suite));
  });
  const bench = (...args: readonly string[]): Promise<CommandRun> =>
    runCommand('bench', file, '--out', out, '--device', 'wasm', ...args);

  it('shows what it would do', async () => {
    const { status, output } = await bench('--dry-run');
    expect(status).toBe(0);
    expect(output).toMatch(/ppo-zoo\/CartPole-v1\/0-\w+ +│ 8 +│ 1,000/);
    expect(output).toContain('4 of 4 runs to do, 5,000 steps');
    expect(existsSync(out)).toBe(false);
  });

  it('executes runs, keeps their records, and does not execute them again', async () => {
    const first = await bench();
    expect(first.status).toBe(0);
    expect(first.errors.split('\n').filter((line) => /^\[[1-4]\/4\] /.test(line))).toHaveLength(4);
    expect(first.output).toMatch(/ppo-zoo +│ CartPole-v1 +│ 2\/2 +│ [\d.]+ ± [\d.]+ /);

    const { description, records } = await readResults(out);
    expect(description).toMatchObject({ name: 'mine', command: `gradus bench ${file} --out ${out} --device wasm` });
    expect(records.map(({ run }) => run.id).sort()).toEqual(description.runs.map(({ id }) => id).sort());

    const before = readFileSync(join(out, 'results.jsonl'), 'utf8');
    const second = await bench();
    expect(second).toEqual({ status: 0, errors: '', output: first.output });
    expect(readFileSync(join(out, 'results.jsonl'), 'utf8')).toBe(before);
    expect((await bench('--dry-run')).output).toContain('0 of 4 runs to do, 0 steps');
  });

  it('keeps records of runs that are no longer asked for, but counts them no more', async () => {
    await bench('--seeds', '1', '--filter', 'ppo*');
    writeFileSync(file, JSON.stringify({ ...suite, entries: [{ ...suite.entries[0], options: { gamma: 0.9 } }] }));
    const { output } = await bench('--seeds', '1');
    expect(output).toContain('1/1');
    const { description, records } = await readResults(out);
    expect(description.runs.map(({ options }) => options.gamma)).toEqual([0.9]);
    expect(records.map(({ run }) => run.options.gamma)).toEqual([0.98, 0.9]);
  });

  it('prints the records of all runs as JSON, and nothing else', async () => {
    await bench('--filter', 'dqn', '--seeds', '1');
    const { status, errors, output } = await bench('--json', '--seeds', '1');
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    const records = output
      .trim()
      .split('\n')
      .map((line) => runRecordSchema.parse(JSON.parse(line)));
    expect(records.map(({ run }) => run.algorithm)).toEqual(['dqn', 'ppo']);
    expect(records).toEqual((await readResults(out)).records);
  });

  it('goes on when a run breaks, and fails at the end with a line for it', async () => {
    const broken = { algorithm: 'ppo', environment: 'Pendulum-v1', steps: 9000, options: { learningRate: 1e30 } };
    writeFileSync(file, JSON.stringify({ ...suite, seeds: 1, entries: [broken, ...suite.entries] }));
    const { status, errors, output } = await bench('--workers', '1');
    expect(status).toBe(1);
    expect(output).toContain('1/1');
    const lines = errors.trimEnd().split('\n').slice(-2);
    expect(lines[0]).toMatch(/^failed: ppo-zoo\/Pendulum-v1\/0-\w+: .*(NaN|Infinity|finite)/);
    expect(lines[1]).toBe('error: 1 of 3 runs failed; the same command tries them again');
    expect(output).toMatch(/Pendulum-v1 +│ 0\/1, 1 failed +│/);
    const { records, failures } = await readResults(out);
    expect(records.map(({ run }) => run.environment)).toEqual(['CartPole-v1', 'CartPole-v1']);
    // Never scored, and on record.
    expect(failures.map(({ run, error }) => [run.environment, error.slice(0, 27)])).toEqual([
      ['Pendulum-v1', lines[0].replace(/^failed: [^:]*: /, '').slice(0, 27)],
    ]);
    // The next command knows of it, and tries again.
    const again = await bench('--workers', '1');
    expect(again.status).toBe(1);
    expect((await readResults(out)).failures).toHaveLength(1);
    expect(readFileSync(join(out, 'results.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(4);
  });

  it('begins anew when told to', async () => {
    await bench('--seeds', '1', '--filter', 'ppo');
    const [{ origin }] = (await readResults(out)).records;
    const { errors } = await bench('--seeds', '1', '--filter', 'ppo', '--fresh');
    expect(errors).toContain(`--fresh: deleting results.jsonl (1 line) in ${out}\n`);
    const { records } = await readResults(out);
    expect(records).toHaveLength(1);
    expect(records[0].origin.started).not.toBe(origin.started);
  });

  it.each([
    [['--seeds', '0'], "'--seeds <seeds>' argument '0' is invalid. Expected a number of seeds (3), or"],
    [['--seeds', '1,1'], "argument '1,1' is invalid"],
    [['--seeds', 'x'], "argument 'x' is invalid"],
    [['--workers', '0'], "'--workers <n>' argument '0' is invalid. Expected an integer of at least 1"],
  ])('refuses %j', async (args, message) => {
    const { status, errors } = await bench(...args);
    expect(status).toBe(2);
    expect(errors).toContain(message);
  });

  it.each([
    [['--filter', 'sac'], 'expected a part of some run'],
    [['--out', '/dev/null'], '/dev/null: ENOTDIR: not a directory'],
    [['--out', '/dev/null/x'], '/dev/null/x: ENOTDIR: not a directory'],
    [['--out', '/proc/gradus'], /\/proc\/gradus: E[A-Z]+: .*, mkdir/],
    // Where nobody may write, root neither.
    [['--out', '/sys/gradus'], /\/sys\/gradus: (EPERM|EROFS|EACCES): .*, mkdir/],
  ])('cannot do %j', async (args, message) => {
    const { status, errors, output } = await bench(...args);
    expect(status).toBe(1);
    expect(errors).toMatch(message);
    expect(errors).toMatch(/^error: .*\n$/);
    expect(output).toBe('');
  });
});
