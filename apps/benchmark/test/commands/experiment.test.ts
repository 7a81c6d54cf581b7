import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { experiments } from '../../src/experiments/experiments.ts';
import { runCommand } from '../run-command.ts';
import { filesIn, temporaryFolder } from '../temporary-folder.ts';

const quick = ['experiment', 'q-learning-contraction', '--seeds', '2'];

describe('gradus experiment list', () => {
  it('shows every experiment with its section and question', async () => {
    const { status, output } = await runCommand('experiment', 'list');
    expect(status).toBe(0);
    for (const { name, section } of experiments) {
      expect(output).toMatch(new RegExp(`│ ${name} +│ ${section} +│ about \\d.* │ \\S`));
    }
  });

  it('says the same as JSON', async () => {
    const { output } = await runCommand('experiment', 'list', '--json');
    const listed = JSON.parse(output) as object[];
    expect(listed).toEqual(
      experiments.map(({ name, section, seeds, cost: { seconds }, question }) => {
        return { name, section, seeds, seconds, question };
      }),
    );
  });
});

describe('gradus experiment', () => {
  it('writes page, figure, numbers and verdict, and prints the verdict', async () => {
    const out = join(temporaryFolder(), 'new', 'folder');
    const { status, output, errors } = await runCommand(...quick, '--out', out);
    expect({ status, errors }).toEqual({ status: 0, errors: 'q-learning-contraction takes about 1 second\n' });
    expect(output).toContain('✓ lecture grid: every full interval leaves at most γ = 0.9');
    expect(output).toContain(`q-learning-contraction holds: all 4 claims\nreport: ${out}/report.html\n`);
    const files = filesIn(out);
    expect(Object.keys(files).sort()).toEqual(['README.md', 'figure.svg', 'numbers.json', 'report.html']);
    expect(files['report.html']).toMatch(/^<!doctype html>[^]*<\/html>\s*$/);
  });

  it('writes the same whenever it is asked to, with --force over what it wrote before, and beside it what is to be committed', async () => {
    const folder = temporaryFolder();
    const [one, records] = [join(folder, 'one'), join(folder, 'records')];
    await runCommand(...quick, '--out', one);
    const before = filesIn(one);
    const again = [...quick, '--out', one, '--record', records, '--json'];
    const refused = await runCommand(...again);
    expect([refused.status, refused.errors]).toEqual([
      1,
      `error: --out ${one}: there is a record of q-learning-contraction; --force replaces it\n`,
    ]);
    const { output } = await runCommand(...again, '--force');
    expect(filesIn(one)).toEqual(before);
    const committed = Object.fromEntries(Object.entries(before).filter(([file]) => file !== 'report.html'));
    expect(filesIn(join(records, 'q-learning-contraction'))).toEqual(committed);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(output)).toMatchObject({
      experiment: 'q-learning-contraction',
      command: 'gradus experiment q-learning-contraction --seeds 2',
      holds: true,
    });
  });

  it('makes the same of numbers that were computed before', async () => {
    const folder = temporaryFolder();
    await runCommand(...quick, '--out', join(folder, 'one'));
    const args = ['--numbers', join(folder, 'one', 'numbers.json'), '--out', join(folder, 'two')];
    const { status } = await runCommand('experiment', 'q-learning-contraction', ...args);
    expect(status).toBe(0);
    expect(filesIn(join(folder, 'two'))).toEqual(filesIn(join(folder, 'one')));
  });

  it.each([
    { args: 'td-lamda', message: "unknown experiment 'td-lamda'; did you mean td-lambda?" },
    { args: 'td-lambda --results runs', message: '--results runs: td-lambda computes all of its numbers' },
    { args: 'td-lambda --numbers not/there', message: 'not/there: ENOENT' },
  ])('ends with 1 and one line for $args', async ({ args, message }) => {
    const out = join(temporaryFolder(), 'out');
    const { status, output, errors } = await runCommand('experiment', ...args.split(' '), '--out', out);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toMatch(/^error: .*\n$/);
    expect(errors).toContain(message);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    { args: '', message: "missing required argument 'name'" },
    {
      args: 'td-lambda --seeds 0',
      message: "'--seeds <n>' argument '0' is invalid. Expected an integer of at least 1",
    },
    { args: 'td-lambda --sead 1', message: "unknown option '--sead'" },
    { args: 'td-lambda --numbers a --seeds 2', message: "'--numbers <file>' cannot be used with option '--seeds <n>'" },
  ])('ends with 2 for "$args"', async ({ args, message }) => {
    const { status, errors } = await runCommand('experiment', ...args.split(' ').filter((word) => word !== ''));
    expect(status).toBe(2);
    expect(errors).toContain(message);
  });

  it.each(['--out', '--record'])('leaves alone the record of another experiment where %s points', async (option) => {
    const folder = temporaryFolder();
    const taken = join(folder, option === '--record' ? 'td-lambda' : '');
    await runCommand(...quick, '--out', taken);
    const before = filesIn(taken);
    const out = option === '--record' ? ['--out', join(temporaryFolder(), 'out')] : [];
    const { status, output, errors } = await runCommand('experiment', 'td-lambda', ...out, option, folder);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    const path = taken.replace(/\/$/, '');
    expect(errors).toBe(
      `error: ${option} ${path}: expected a new folder or that of td-lambda, found that of q-learning-contraction\n`,
    );
    expect(filesIn(taken)).toEqual(before);
  });

  it.each(['--out', '--record'])('leaves alone what else is where %s points', async (option) => {
    const folder = temporaryFolder();
    const taken = join(folder, option === '--record' ? 'q-learning-contraction' : '');
    mkdirSync(taken, { recursive: true });
    writeFileSync(join(taken, 'thesis.txt'), 'mine');
    const out = option === '--record' ? ['--out', join(temporaryFolder(), 'out')] : [];
    const { status, errors } = await runCommand(...quick, ...out, option, folder);
    expect(status).toBe(1);
    expect(errors).toContain(
      `error: ${option} ${taken.replace(/\/$/, '')}: expected a new folder or an experiment's, found thesis`,
    );
    expect(filesIn(taken)).toEqual({ 'thesis.txt': 'mine' });
    expect(readFileSync(join(taken, 'thesis.txt'), 'utf8')).toBe('mine');
  });
});
