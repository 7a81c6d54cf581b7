import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../run-command.ts';
import { syntheticRecords, writeResults } from '../synthetic-results.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function results(folder: string, label = 'ppo-zoo'): string {
  const scores = { label, scores: [480, 490, 500] };
  const records = syntheticRecords([
    { ...scores, environment: 'CartPole-v1' },
    { ...scores, environment: 'Acrobot-v1' },
  ]);
  writeResults(folder, records);
  return folder;
}

describe('gradus report', () => {
  it('writes a page beside the results', async () => {
    const folder = results(temporaryFolder());
    const { status, output, errors } = await runCommand('report', folder);
    expect({ status, output, errors }).toEqual({ status: 0, output: `report: ${folder}/report.html\n`, errors: '' });
    expect(readdirSync(folder).sort()).toEqual(['report.html', 'results.jsonl', 'suite.json']);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toMatch(/^<!doctype html>[^]*<\/html>\s*$/);
  });

  it('writes the same page whenever it is asked to, and figures as files of their own', async () => {
    const folder = temporaryFolder();
    const inputs = [results(join(folder, 'a')), results(join(folder, 'b'), 'dqn-zoo')];
    const write = (name: string, ...force: string[]) => {
      return runCommand('report', ...inputs, '--out', join(folder, name), '--svg', join(folder, 'figures'), ...force);
    };
    expect((await write('one/report.html')).status).toBe(0);
    expect((await write('two/report.html', '--force')).status).toBe(0);
    const [one, two] = ['one', 'two'].map((name) => readFileSync(join(folder, name, 'report.html'), 'utf8'));
    expect(one).toBe(two);
    expect(readdirSync(join(folder, 'figures')).sort()).toEqual([
      'aggregate-iqm.svg',
      'aggregate-optimality-gap.svg',
      'final-scores-Acrobot-v1.svg',
      'final-scores-CartPole-v1.svg',
      'learning-curves-Acrobot-v1.svg',
      'learning-curves-CartPole-v1.svg',
      'performance-profiles.svg',
      'probability-of-improvement.svg',
    ]);
    expect(readFileSync(join(folder, 'figures/aggregate-iqm.svg'), 'utf8')).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/,
    );
  });

  it.each([
    { what: 'is not there', prepare: () => 'not/there', message: 'not/there holds no results' },
    {
      what: 'has no finished run',
      prepare: (folder: string) => {
        writeResults(folder, []);
        return folder;
      },
      message: 'no run has finished yet',
    },
    {
      what: 'is corrupt',
      prepare: (folder: string) => {
        results(folder);
        writeFileSync(join(folder, 'suite.json'), '{');
        return folder;
      },
      message: 'suite.json: expected JSON',
    },
  ])('ends with 1, one line and no page where a folder $what', async ({ prepare, message }) => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    const { status, output, errors } = await runCommand('report', prepare(join(folder, 'in')), '--out', out);
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toMatch(/^error: .*\n$/);
    expect(errors).toContain(message);
    expect(readdirSync(folder)).not.toContain('out');
  });

  it('replaces no page and no figure unless it is asked to', async () => {
    const folder = results(temporaryFolder());
    const page = join(folder, 'report.html');
    writeFileSync(page, 'mine');
    const refused = await runCommand('report', folder);
    expect([refused.status, refused.errors]).toEqual([1, `error: --out ${page} is there; --force replaces it\n`]);
    const figure = join(folder, 'figures', 'aggregate-iqm.svg');
    mkdirSync(join(folder, 'figures'));
    writeFileSync(figure, 'mine');
    const args = ['report', folder, '--out', join(folder, 'other.html'), '--svg', join(folder, 'figures')];
    const { status, errors } = await runCommand(...args);
    expect([status, errors]).toEqual([1, `error: --svg ${figure} is there; --force replaces it\n`]);
    expect([page, figure].map((path) => readFileSync(path, 'utf8'))).toEqual(['mine', 'mine']);
    expect(readdirSync(join(folder, 'figures'))).toEqual(['aggregate-iqm.svg']);
    expect((await runCommand('report', folder, '--force')).status).toBe(0);
    expect((await runCommand(...args, '--force')).status).toBe(0);
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/);
    expect(readFileSync(figure, 'utf8')).toMatch(/^<svg /);
  });

  it('leaves nothing behind where the page cannot be written', async () => {
    const folder = temporaryFolder();
    const input = results(join(folder, 'in'));
    mkdirSync(join(folder, 'taken'));
    const { status, errors } = await runCommand('report', input, '--out', join(folder, 'taken'));
    expect(status).toBe(1);
    expect(errors).toMatch(/^error: .*taken cannot be written: .*\n$/);
    expect(readdirSync(folder).sort()).toEqual(['in', 'taken']);
    expect(readdirSync(join(folder, 'taken'))).toEqual([]);
  });

  it('ends with 1 where two folders have the same run', async () => {
    const folder = temporaryFolder();
    const { status, errors } = await runCommand('report', results(join(folder, 'a')), results(join(folder, 'b')));
    expect(status).toBe(1);
    expect(errors).toMatch(/the run ppo-zoo\/CartPole-v1\/0-\w+ is there twice/);
  });
});
