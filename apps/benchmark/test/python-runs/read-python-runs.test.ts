import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readEventScalars } from '@gradus/core/node';
import { describe, expect, it } from 'vitest';
import { readNpz } from '../../src/python-runs/npz.ts';
import { readPythonRuns } from '../../src/python-runs/read-python-runs.ts';
import { readResults } from '../../src/results/results-folder.ts';
import { groupRuns } from '../../src/results/run-groups.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const fixtures = join(import.meta.dirname, '../fixtures/python-runs/ppo');
const first = join(fixtures, 'CartPole-v1_1');

describe('runs of Python', () => {
  it('are read of evaluations.npz, each point the mean and deviation of its episodes', async () => {
    const records = await readPythonRuns(fixtures);
    expect(records?.map(({ run }) => [run.label, run.environment, run.seed])).toEqual([
      ['ppo', 'CartPole-v1', 1],
      ['ppo', 'CartPole-v1', 2],
      ['ppo', 'CartPole-v1', 3],
    ]);
    const { timesteps, results } = readNpz(readFileSync(join(first, 'evaluations.npz')));
    expect(timesteps).toEqual({ shape: [5], data: [1000, 2000, 3000, 4000, 5000] });
    expect(results.shape).toEqual([5, 4]);
    const [record] = records ?? [];
    const last = results.data.slice(16);
    const mean = last.reduce((sum, value) => sum + value, 0) / 4;
    expect(record.returns).toEqual(last);
    expect(record.mean_return).toBe(mean);
    expect(record.std_return).toBeCloseTo(Math.sqrt(last.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4), 12);
    expect(record.curve.map(({ step }) => step)).toEqual([1000, 2000, 3000, 4000, 5000]);
    // The monitor beside it knows how long that took.
    expect(record.timing.seconds).toBe(5.5);
  });

  it('are read of monitor.csv, the copies of an environment in the order of time', async () => {
    const folder = join(temporaryFolder(), 'a2c', 'seed1');
    mkdirSync(folder, { recursive: true });
    for (const name of ['0.monitor.csv', '1.monitor.csv']) copyFileSync(join(first, name), join(folder, name));
    const [record] = (await readPythonRuns(folder)) ?? [];
    expect(record.run).toMatchObject({ label: 'a2c', environment: 'CartPole-v1', seed: 1 });
    // 10, 11, 20, 21, … 60, 61 steps, whose reward is their number.
    const lengths = [10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61];
    expect(record.returns).toEqual(lengths);
    expect(record.steps).toBe(426);
    expect(record.curve[record.curve.length - 1].mean_return).toBe(426 / 12);
    // After 43 steps (426 · 2 / 20) three episodes were over.
    expect(record.curve.find(({ step }) => step === 43)?.mean_return).toBe(41 / 3);
  });

  it('whose copies began at other times, were continued, or are still being written', async () => {
    const folder = join(temporaryFolder(), 'ppo', 'CartPole-v1_1');
    mkdirSync(folder, { recursive: true });
    const monitor = (start: number, ...rows: readonly string[]): string =>
      `#${JSON.stringify({ t_start: start, env_id: 'CartPole-v1' })}\nr,l,t,is_success\r\n${rows.join('\r\n')}`;
    // By its own clock the second copy was first; the first one goes on after 2 s with a clock that begins anew; the last row has no end.
    const first = monitor(1000, '1.0,10,1.0,True', '3.0,10,2.0,False', '4.0,10,0.5,False', '9');
    writeFileSync(join(folder, '0.monitor.csv'), first);
    writeFileSync(join(folder, '1.monitor.csv.gz'), gzipSync(monitor(1001, '2.0,10,0.5,True', '')));
    const [record] = (await readPythonRuns(folder)) ?? [];
    expect(record.returns).toEqual([1, 2, 3, 4]);
    expect([record.steps, record.timing.seconds]).toEqual([40, 2.5]);
  });

  it('are read of event files, of CleanRL by the name of its folder', async () => {
    const folder = join(fixtures, '../CartPole-v1__dqn__7__1700000000');
    const [record] = (await readPythonRuns(folder)) ?? [];
    expect(record.run).toMatchObject({ label: 'dqn', environment: 'CartPole-v1', seed: 7 });
    expect(record.curve[9]).toMatchObject({ step: 200, mean_return: 10.5 });
    expect(record.mean_return).toBe(20.5);
    expect(record.timing.seconds).toBe(39);
  });

  it('stand in a report and in a comparison with others', async () => {
    const out = join(temporaryFolder(), 'report.html');
    const { status, errors } = await runCommand('report', fixtures, '--out', out);
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(readFileSync(out, 'utf8')).toContain('evaluations.npz');
    const [group] = groupRuns([await readResults(fixtures)]);
    expect([group.label, group.runs.length, group.lost]).toEqual(['ppo', 3, []]);
    const compared = await runCommand('compare', fixtures, fixtures, '--labels', 'ppo,ppo', '--json');
    expect(compared.status).toBe(0);
    expect(JSON.parse(compared.output)).toMatchObject({ tasks: [{ probability_of_improvement: 0.5 }] });
  });

  it('are read of the event files of TensorFlow 2, whose numbers are tensors', async () => {
    const [record] = (await readPythonRuns(join(fixtures, '../tf2/CartPole-v1_4'))) ?? [];
    expect(record.run).toMatchObject({ label: 'tf2', environment: 'CartPole-v1', seed: 4 });
    // A listed float, packed and not, raw floats, and a listed and a raw double; what has several numbers, or is text, is none.
    expect(record.curve.map(({ step, mean_return }) => [step, mean_return])).toEqual([
      [10, 1.5],
      [20, 2.5],
      [30, 3.5],
      [40, 4.25],
      [50, 5.25],
    ]);
  });

  it('that are damaged or have no name are told', async () => {
    const folder = join(temporaryFolder(), 'nameless');
    mkdirSync(folder);
    copyFileSync(join(first, 'evaluations.npz'), join(folder, 'evaluations.npz'));
    await expect(readPythonRuns(folder)).rejects.toThrow('expected a folder that names its environment');
    writeFileSync(join(folder, 'evaluations.npz'), 'no zip');
    await expect(readPythonRuns(folder)).rejects.toThrow(/evaluations\.npz: expected an \.npz file, which is a zip/);
    const other = temporaryFolder();
    writeFileSync(join(other, 'monitor.csv'), 'r,l,t\n1,1,1\n');
    await expect(readPythonRuns(other)).rejects.toThrow(
      'expected a first line of # and JSON, then the columns r, l and t',
    );
    expect(await readPythonRuns(temporaryFolder())).toBeUndefined();
    expect(() => readEventScalars('events' as never)).toThrow('expected the file as a Uint8Array');
  });
});
