import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectRedis } from '../../src/queue/redis.ts';
import { serveRuns } from '../../src/queue/serve-runs.ts';
import { executeRun } from '../../src/runs/execute-run.ts';
import { readResults } from '../../src/results/results-folder.ts';
import { startGradus } from '../gradus-process.ts';
import { resultOf } from '../planned-runs.ts';
import { hasRedis, startRedis } from '../redis-server.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitFor } from '../wait-for.ts';

/** The right action is in the observation: whoever learns fast enough gets 100, whoever does not about half of it. */
const identity = {
  name: 'identity',
  algorithm: 'ppo',
  environment: 'IdentityDiscrete-v0',
  settings: 'default',
  options: { steps: 64, hidden: [16] },
  numEnvs: 2,
  steps: 3000,
  seeds: 2,
  trials: 8,
  eta: 2,
  episodes: 20,
  evaluationEpisodes: 10,
  parameters: { learningRate: { choice: [1e-7, 3e-3] }, gamma: { uniform: [0.5, 0.99] } },
};

/** Runs of some tenths of a second. */
const slower = {
  ...identity,
  name: 'slower',
  environment: 'CartPole-v1',
  numEnvs: 4,
  steps: 8000,
  seeds: 1,
  trials: 4,
  strategy: 'halving',
  parameters: { learningRate: { log: [1e-5, 1e-2] }, batchSize: { choice: [64, 128] } },
};

/** A folder with a file `space.json`. */
function spaceFolder(space: object): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'space.json'), JSON.stringify(space));
  return folder;
}

/** What `gradus tune --json` prints of a trial. */
interface PrintedTrial {
  readonly trial: number;
  readonly parameters: { readonly learningRate: number };
  readonly steps: number;
  readonly score: number;
  readonly scores: readonly number[];
  readonly command: string;
}

function parseLines(text: string): PrintedTrial[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PrintedTrial);
}

function scoreLines(folder: string): string[] {
  return readFileSync(join(folder, 'out', 'scores.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .sort();
}

describe('gradus tune', () => {
  it.each(['random', 'halving'])('finds by %s search the learning rate that learns', async (strategy) => {
    const folder = spaceFolder({ ...identity, strategy });
    const command = ['tune', join(folder, 'space.json'), '--device', 'wasm', '--out', join(folder, 'out')];
    const { status, output } = await runCommand(...command, '--json');
    expect(status).toBe(0);
    const trials = parseLines(output);
    expect(trials.map(({ trial }) => trial).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const [best] = trials;
    expect(best).toMatchObject({ parameters: { learningRate: 3e-3 }, steps: 3000, score: 100, scores: [100, 100] });
    expect(best.command).toMatch(
      /^gradus train ppo IdentityDiscrete-v0 --settings default --steps 3000 .*--set learningRate=0.003 /,
    );
    for (const { parameters, score } of trials) if (parameters.learningRate === 1e-7) expect(score).toBeLessThan(90);
    const steps = trials.map((trial) => trial.steps);
    if (strategy === 'random') expect(steps).toEqual(Array(8).fill(3000));
    else expect(steps).toEqual([3000, 1500, 750, 750, 375, 375, 375, 375]);

    // The same again, without training: what is known is printed.
    const again = await runCommand(...command, '--json');
    expect(again.output).toBe(output);
    const table = await runCommand(...command);
    expect(table.output).toContain(`to train with the best: ${best.command}\n`);
  });

  it('gives those who come through the results of runs that were never interrupted', async () => {
    const folder = spaceFolder(slower);
    const out = join(folder, 'out');
    const { status } = await runCommand('tune', join(folder, 'space.json'), '--device', 'wasm', '--out', out, '--json');
    expect(status).toBe(0);
    const { description, records } = await readResults(out);
    // Those that are given up are not missing.
    expect(description.runs).toEqual([]);
    // Those of the last rung, and perhaps some that were quicker than their interruption.
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) {
      expect(record.curve).toHaveLength(4);
      expect(resultOf(record)).toEqual(resultOf(await executeRun(record.run)));
    }
    expect(readdirSync(join(out, 'checkpoints'))).toEqual([]);
  });

  it('breeds by evolution from what learns, and gives up what does not', async () => {
    const evolution = { population: 4, elite: 1, mutation: 0.5 };
    const folder = spaceFolder({ ...identity, strategy: 'evolution', seeds: [1000, 1001], evolution, minSteps: 1500 });
    const command = ['tune', join(folder, 'space.json'), '--device', 'wasm', '--out', join(folder, 'out')];
    const { status, output, errors } = await runCommand(...command);
    expect({ status, last: output.split('\n').at(-2) }).toEqual({
      status: 0,
      last: expect.stringMatching(/^to train with the best: gradus train ppo .* --set learningRate=0.003 /) as string,
    });
    expect(errors).toContain(
      // 2 generations × 2 seeds × (4 · 1500 + 2 · 1500)
      'ppo in IdentityDiscrete-v0: 2 generations, of each 4 trials to step 1,500, 2 trials to step 3,000; 2 seeds, 36,000 steps in all\n',
    );
    expect(errors.match(/^generation \d of 2$/gm)).toEqual(['generation 1 of 2', 'generation 2 of 2']);
    const { records } = await readResults(join(folder, 'out'));
    expect(records.every(({ run }) => [1000, 1001].includes(run.seed))).toBe(true);
    // Every trial is on record, without training it again.
    const again = await runCommand(...command, '--json');
    const trials = parseLines(again.output);
    expect(trials.map(({ trial }) => trial).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(trials.map((trial) => trial.steps)).toEqual([3000, 3000, 3000, 3000, 1500, 1500, 1500, 1500]);
    expect(again.errors).toBe('');
  });

  it('ends with the same trials and scores when it is killed and started again', async () => {
    // Generations that climb two rungs: the third line is of the second.
    const evolution = { population: 2 };
    const folder = spaceFolder({ ...slower, strategy: 'evolution', evolution, minSteps: 4000 });
    const tune = (out: string) => startGradus(folder, 'tune', 'space.json', '--device', 'wasm', '--out', out, '--json');
    const tuneHere = (out: string) => {
      const flags = ['--device', 'wasm', '--out', join(folder, out), '--json'];
      return runCommand('tune', join(folder, 'space.json'), ...flags);
    };
    const uninterrupted = await tuneHere('other');
    expect(uninterrupted.status).toBe(0);
    const path = join(folder, 'out', 'scores.jsonl');
    for (const lines of [1, 4]) {
      const killed = tune('out');
      await waitFor(() => (existsSync(path) && readFileSync(path, 'utf8').split('\n').length > lines) || undefined);
      killed.kill('SIGKILL');
      // On a machine that is quick enough, it has ended before.
      expect([null, 0]).toContain(await killed.status);
    }
    const last = await tuneHere('out');
    expect(last.status).toBe(0);
    expect(last.output).toBe(uninterrupted.output);
    expect(scoreLines(folder)).toEqual(
      readFileSync(join(folder, 'other', 'scores.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .sort(),
    );
  });

  it('shows what it would do', async () => {
    const folder = spaceFolder({ ...identity, strategy: 'halving' });
    const command = ['tune', join(folder, 'space.json'), '--device', 'wasm', '--out', join(folder, 'out'), '--dry-run'];
    const { status, output } = await runCommand(...command);
    expect(status).toBe(0);
    expect(output).toContain(
      'ppo in IdentityDiscrete-v0: 8 trials to step 375, 4 trials to step 750, 2 trials to step 1,500, ' +
        // 2 seeds × (8 · 375 + 4 · 375 + 2 · 750 + 1 · 1500)
        '1 trial to step 3,000; 2 seeds, 15,000 steps in all\n',
    );
    expect(output.match(/learningRate=/g)).toHaveLength(8);
    expect(readdirSync(folder)).toEqual(['space.json']);
  });

  it('tells that there is one combination, and one seed', async () => {
    const parameters = { epochs: { choice: [3] } };
    const folder = spaceFolder({ ...identity, strategy: 'random', seeds: 1, parameters });
    const { status, output } = await runCommand('tune', join(folder, 'space.json'), '--dry-run');
    expect(status).toBe(0);
    expect(output).toContain(
      'ppo in IdentityDiscrete-v0: 1 trial to step 3,000; 1 seed, 3,000 steps in all\n' +
        'the space has no more than 1 combination, each tried once\n',
    );
  });

  it.skipIf(!hasRedis())('gives the same on a queue', async () => {
    const { url } = await startRedis({ persistent: false });
    const connection = await connectRedis(url, () => undefined);
    const stop = new AbortController();
    const pool = { workers: 2, run: executeRun };
    const worker = serveRuns({
      connection,
      pool,
      checkpointInterval: 15,
      signal: stop.signal,
      say: () => undefined,
    });
    onTestFinished(async () => {
      stop.abort();
      await worker;
      connection.close();
    });
    const folder = spaceFolder({ ...identity, strategy: 'halving', seeds: 1, trials: 4 });
    const command = ['tune', join(folder, 'space.json'), '--device', 'wasm', '--json', '--out'];
    const queued = await runCommand(...command, join(folder, 'queued'), '--queue', url);
    expect(queued).toMatchObject({ status: 0, errors: '' });
    expect(queued.output).toBe((await runCommand(...command, join(folder, 'here'))).output);
    expect(readdirSync(join(folder, 'queued', 'checkpoints'))).toEqual([]);
  });
});
