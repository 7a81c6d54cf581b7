import { makeVectorEnv } from '@gradus/envs';
import '@gradus/envs/text';
import { describe, expect, it } from 'vitest';
import { algorithms } from '../../src/catalog/algorithms.ts';
import { contradictionInRecord } from '../../src/results/check-record.ts';
import { executeRun } from '../../src/runs/execute-run.ts';
import { parseRecordLines, recordLine } from '../../src/results/record-lines.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { seal } from '../../src/files/seal.ts';
import { shortRun } from '../planned-runs.ts';
import { smallOptions } from '../small-options.ts';

const record = await executeRun(shortRun());

/** The record with some of it changed, and with a checksum that is right again. */
function changed(change: (record: RunRecord) => void): RunRecord {
  const copy = structuredClone(record);
  change(copy);
  return copy;
}

function read(text: string) {
  return parseRecordLines(Buffer.from(text), 'results.jsonl');
}

describe('contradictionInRecord', () => {
  const environments = [
    ...['CartPole-v1', 'FrozenLake-v1', 'Bandit-v0', 'ContextualBandit-v0', 'Pendulum-v1'],
    'CoinCollector-v0',
  ];
  it.each(Object.keys(algorithms))('finds none in what %s gives', async (algorithm) => {
    const { create, defaults } = algorithms[algorithm];
    const options = smallOptions(defaults) as RunRecord['run']['options'];
    const environment = environments.find((id) => {
      try {
        create(makeVectorEnv(id, 1), options).dispose();
        return true;
      } catch {
        return false;
      }
    });
    if (environment === undefined) throw new Error(`expected an environment for ${algorithm}`);
    const sizes = { numEnvs: 1, options, steps: 300, evaluations: 3, evaluationEpisodes: 1, episodes: 2 };
    const result = await executeRun(shortRun({ algorithm, environment, ...sizes }));
    expect(contradictionInRecord(result)).toBeUndefined();
    expect(read(recordLine(result)).records.get(result.run.id)).toEqual(result);
  });

  it.each<[string, (record: RunRecord) => void]>([
    ['mean_return', ({ returns }) => (returns[3] += 1)],
    ['returns', ({ returns }) => returns.pop()],
    ['returns', ({ returns }) => returns.push(9)],
    ['mean_return', (copy) => (copy.mean_return = 500)],
    ['std_return', (copy) => (copy.std_return = 0)],
    ['run.id', ({ run }) => (run.seed = 7)],
    ['run.id', ({ run }) => (run.algorithm = 'dqn')],
    ['run.id', ({ run }) => (run.environment = 'Acrobot-v1')],
    ['run.id', ({ run }) => (run.label = 'better')],
    ['run.id', ({ run }) => (run.options.gamma = 0.5)],
    ['run.id', ({ run }) => (run.steps = 100)],
    ['run.id', ({ run }) => (run.episodes = 11)],
    ['run.id', ({ run }) => (run.defaults = '')],
    ['steps', (copy) => (copy.steps = 4096)],
    ['steps', (copy) => (copy.steps = 1)],
    ['curve', ({ curve }) => curve.splice(0)],
    ['curve', ({ curve }) => curve.reverse()],
    ['steps', ({ curve }) => curve.pop()],
    ['best.step', ({ best }) => (best.step = 3)],
    ['best.step', ({ curve }) => (curve[0].mean_return = 1000)],
    ['timing.steps_per_second', ({ timing }) => (timing.steps_per_second *= 2)],
    ['timing.steps_per_second', ({ timing }) => (timing.seconds *= 10)],
    ['origin.resumed_at', ({ origin }) => origin.resumed_at.push(5000)],
    ['origin.finished', ({ origin }) => (origin.finished = 'yesterday')],
  ])('finds other %s: %s', (what, change) => {
    expect(contradictionInRecord(changed(change))).toMatch(new RegExp(`^${what.replace('.', '\\.')}: expected `));
    expect(() => read(recordLine(record) + recordLine(changed(change)))).toThrow(`results.jsonl:2: ${what}: expected `);
  });
});

describe('a line of results.jsonl', () => {
  const line = recordLine(record);

  it('says the same with other spaces and another order of keys', () => {
    const data = JSON.parse(line) as object;
    const reversed = Object.fromEntries(Object.entries(data).reverse());
    expect(read(`${JSON.stringify(reversed).replaceAll('":', '" : ')}\n`)).toMatchObject({
      records: new Map([[record.run.id, record]]),
    });
  });

  it('is refused by name and number when any character of it is another one, or is gone', () => {
    let refused = 0;
    for (let position = 0; position < line.length - 1; position += 3) {
      for (const other of ['', '0', '7', '"', 'x']) {
        const damaged = line.slice(0, position) + other + line.slice(position + 1);
        if (damaged === line) continue;
        refused++;
        expect(() => read(damaged)).toThrow(
          expect.objectContaining({
            name: 'UserError',
            message: expect.stringMatching(/^results\.jsonl:1: [^\n]+$/) as string,
          }) as Error,
        );
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  it('is refused without its checksum, and with a key twice', () => {
    expect(() => read(`${JSON.stringify(record)}\n`)).toThrow('results.jsonl:1: expected a checksum, got none');
    expect(() => read(line.replace('"returns":', '"returns":[500],"returns":'))).toThrow(
      'the key "returns" is there twice',
    );
    expect(() => read(`${JSON.stringify(seal({ ...record, score: 1 }))}\n`)).toThrow(
      "results.jsonl:1: unknown key 'score'",
    );
  });

  it('tells of a failure until the run is finished', () => {
    const failure = { run: record.run, error: 'diverged', origin: { finished: '2026-01-01', gradus: '0', node: '0' } };
    expect(read(recordLine(failure) + recordLine(failure)).failures).toEqual(new Map([[record.run.id, failure]]));
    const retried = read(recordLine(failure) + line);
    expect([retried.failures.size, retried.records.size]).toEqual([0, 1]);
    expect(() => read(line + recordLine(failure))).toThrow(`results.jsonl:2: the run ${record.run.id} is there twice`);
    expect(() => read(recordLine({ ...failure, run: { ...record.run, seed: 9 } }))).toThrow(
      'results.jsonl:1: run.id: ',
    );
  });
});
