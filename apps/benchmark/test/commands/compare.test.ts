import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
