import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordLine } from '../../src/results/record-lines.ts';
import { runCommand } from '../run-command.ts';
import { syntheticRecords, writeResults } from '../synthetic-results.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function results(scores: readonly number[], label = 'ppo-zoo'): string {
  const folder = temporaryFolder();
  writeResults(folder, syntheticRecords([{ label, environment: 'CartPole-v1', scores }]));
  return folder;
}

describe('gradus compare', () => {
  it('ends with 1 after a significant regression, naming where', async () => {
    const [a, b] = [results([400, 410, 420, 430, 440]), results([450, 460, 470, 480, 490])];
    const { status, output, errors } = await runCommand('compare', a, b);
    expect(status).toBe(1);
    expect(errors).toBe(`error: significant regression: ${a} is worse than ${b} in ppo-zoo in CartPole-v1\n`);
    expect(output).toMatch(/ppo-zoo +│ CartPole-v1 +│ 5 v 5 +│ 420\.00 +│ 470\.00 +│ 0 % +│ 0\.0040 +│ worse/);
    expect(output).not.toContain('No significant regression');
  });

  it('ends with 0 where there is none', async () => {
    const { status, output, errors } = await runCommand('compare', results([1, 2, 3, 4, 5]), results([1, 2, 3, 4, 5]));
    expect(status).toBe(0);
    expect(errors).toBe('');
    expect(output).toContain('Overall P(A > B) = 50 %');
    expect(output).toContain('No significant regression.');
  });

  it('says when there are too few runs to tell', async () => {
    const { status, output } = await runCommand('compare', results([1, 2]), results([3, 4]));
    expect(status).toBe(0);
    expect(output).toContain('too few runs');
    expect(output).toContain('With so few runs no regression can be significant in 1 of 1 tasks.');
  });

  it('ends with 1 where runs of the candidate are gone, and shows it, unless they are to be ignored', async () => {
    const all = syntheticRecords([{ label: 'ppo-zoo', environment: 'CartPole-v1', scores: [1, 2, 3, 400, 410, 420] }]);
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    for (const folder of [a, b]) writeResults(folder, all);
    // One failed, and the lines of the two other bad ones are deleted.
    const failure = { run: all[0].run, error: 'diverged', origin: { finished: '2026-01-01', gradus: '0', node: '0' } };
    writeFileSync(join(a, 'results.jsonl'), [failure, ...all.slice(3)].map(recordLine).join(''));

    const { status, output, errors } = await runCommand('compare', a, b);
    expect(status).toBe(1);
    expect(output).toMatch(/│ 3 of 6 v 6 +│/);
    expect(output).toContain('3 of these runs failed or are missing, and count as the worst.');
    expect(errors).toBe(
      'note: A: 3 of 6 runs of ppo-zoo in CartPole-v1 failed or are missing (1 failed: diverged; 2 missing)\n' +
        `error: 3 runs of ${a} failed or are missing, and count as the worst; --ignore-failed leaves them out\n`,
    );
    const json = await runCommand('compare', a, b, '--json');
    expect(json.status).toBe(1);
    expect(JSON.parse(json.output)).toMatchObject({ lost: 3, tasks: [{ runs_a: 6, lost_a: 3, runs_b: 6, lost_b: 0 }] });

    const ignored = await runCommand('compare', a, b, '--ignore-failed');
    expect(ignored.status).toBe(0);
    expect(ignored.output).toMatch(/│ 3 v 6 +│/);
    expect(ignored.errors).toMatch(/^note: A: 3 of 6 runs .*: left out\n$/);
    // Lost by the baseline: they count as well, and are no fault of the candidate.
    const reversed = await runCommand('compare', b, a);
    expect(reversed.status).toBe(0);
    expect(reversed.output).toMatch(/│ 6 v 3 of 6 +│/);
    expect(reversed.errors).toMatch(/^note: B: 3 of 6 runs/);
  });

  it('compares two labels of one folder, or of two', async () => {
    const folder = temporaryFolder();
    const [low, high] = [
      [1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10],
    ];
    const records = syntheticRecords([
      { label: 'dqn', environment: 'CartPole-v1', scores: high },
      { label: 'dqn-zoo', environment: 'CartPole-v1', scores: low },
      { label: 'dqn', environment: 'Acrobot-v1', scores: low },
    ]);
    writeResults(folder, records);
    const better = await runCommand('compare', folder, '--labels', 'dqn,dqn-zoo', '--json');
    expect(better.status).toBe(0);
    expect(JSON.parse(better.output)).toMatchObject({
      a: 'dqn',
      b: 'dqn-zoo',
      tasks: [{ label: 'dqn v dqn-zoo', environment: 'CartPole-v1', mean_a: 8, mean_b: 3, regression: false }],
      remarks: ['dqn v dqn-zoo in Acrobot-v1 is only in A and is left out'],
    });
    const worse = await runCommand('compare', folder, '--labels', 'dqn-zoo,dqn');
    expect(worse.status).toBe(1);
    expect(worse.errors).toContain('significant regression: dqn-zoo is worse than dqn in dqn-zoo v dqn in CartPole-v1');
    const across = await runCommand('compare', folder, results(high, 'ppo-zoo'), '--labels', 'dqn-zoo,ppo-zoo');
    expect(across.errors).toContain(`dqn-zoo of ${folder} is worse than ppo-zoo of `);

    const unknown = await runCommand('compare', folder, '--labels', 'dqm,dqn-zoo');
    expect([unknown.status, unknown.errors]).toEqual([
      1,
      `error: --labels: ${folder} has no label 'dqm'; did you mean dqn?\n`,
    ]);
    for (const labels of ['dqn', 'dqn,', ',dqn', 'a,b,c']) {
      const refused = await runCommand('compare', folder, '--labels', labels);
      expect(refused.status).toBe(2);
      expect(refused.errors).toContain('Expected two labels');
    }
  });

  it('prints one line of JSON', async () => {
    const [a, b] = [results([6, 7, 8, 9, 10]), results([1, 2, 3, 4, 5])];
    const { status, output } = await runCommand('compare', a, b, '--json');
    expect(status).toBe(0);
    expect(output.trim()).not.toContain('\n');
    expect(JSON.parse(output)).toMatchObject({
      a,
      b,
      tasks: [{ label: 'ppo-zoo', environment: 'CartPole-v1', probability_of_improvement: 1, regression: false }],
      overall: { probability_of_improvement: 1, low: 1, high: 1 },
      regression: false,
      remarks: [],
    });
  });

  it.each([
    { what: 'is not there', prepare: () => 'not/there', message: 'not/there holds no results (suite.json is missing)' },
    { what: 'has no finished run', prepare: () => results([]), message: 'no run has finished yet' },
    {
      what: 'has nothing in common with the other',
      prepare: () => results([1, 2], 'dqn-zoo'),
      message: 'A and B have no algorithm and environment in common',
    },
    {
      what: 'is corrupt',
      prepare: () => {
        const folder = results([1, 2]);
        writeFileSync(join(folder, 'results.jsonl'), '{"run": 1}\n{}\n');
        return folder;
      },
      message: 'results.jsonl',
    },
  ])('ends with 1 and one line where a folder $what', async ({ prepare, message }) => {
    const { status, output, errors } = await runCommand('compare', results([1, 2]), prepare());
    expect(status).toBe(1);
    expect(output).toBe('');
    expect(errors).toMatch(/^error: .*\n$/);
    expect(errors).toContain(message);
  });

  it('ends with 2 without a baseline', async () => {
    expect((await runCommand('compare', 'somewhere')).status).toBe(2);
  });
});
