import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readState, spawnSeed, streams, type StateDict } from '@gradus/core';
import { loadCheckpoint } from '@gradus/core/node';
import { describe, expect, it, vi } from 'vitest';
import { playEpisodes } from '../../src/runs/results.ts';
import { loadRun, loadRunAgent, saveRun } from '../../src/runs/run.ts';
import { saveSomewhere } from '../../src/runs/training-place.ts';
import { startGradus } from '../gradus-process.ts';
import { runCommand, type CommandRun } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitFor } from '../wait-for.ts';

const short = ['train', 'ppo', 'CartPole-v1', '--steps', '2000', '--episodes', '7', '--device', 'wasm'];

function resultOf({ output }: CommandRun): Record<string, unknown> {
  expect(output).toMatch(/^\{.*\}\n$/);
  return JSON.parse(output) as Record<string, unknown>;
}

describe('gradus train', () => {
  it('ends with one line of JSON', async () => {
    const run = await runCommand(...short, '--seed', '3', '--json');
    expect(run.status).toBe(0);
    expect(run.errors).toBe('');
    const result = resultOf(run);
    expect(Object.keys(result)).toEqual([
      'algorithm',
      'environment',
      'settings',
      'seed',
      'steps',
      'mean_return',
      'std_return',
      'cut_off_episodes',
      'steps_per_second',
      'seconds',
    ]);
    // Whole rounds of 8 × 32 steps.
    expect(result).toMatchObject({ algorithm: 'ppo', environment: 'CartPole-v1', seed: 3, steps: 2048 });
    expect(result.mean_return).toBeGreaterThan(8);
    expect(result.std_return).toBeGreaterThanOrEqual(0);
    // Both are rounded, to 1 and to 0.001.
    const [pace, seconds] = [result.steps_per_second as number, result.seconds as number];
    expect(Math.abs(pace * seconds - 2048)).toBeLessThanOrEqual(0.51 * seconds + 0.00051 * pace);
  });

  it('gives the same numbers for the same seed, and others for another', async () => {
    const score = async (seed: string): Promise<unknown> =>
      resultOf(await runCommand(...short, '--seed', seed, '--json')).mean_return;
    const first = await score('1');
    expect(await score('1')).toBe(first);
    expect(await score('2')).not.toBe(first);
  });

  it('gives the same numbers with environments in threads', async () => {
    const numbers = async (...more: string[]): Promise<unknown> => {
      const { mean_return, std_return } = resultOf(await runCommand(...short, '--steps', '300', '--json', ...more));
      return [mean_return, std_return];
    };
    expect(await numbers('--env-threads', '2')).toEqual(await numbers());
  });

  it('shows progress and a table to people', async () => {
    const { output, errors } = await runCommand(...short);
    expect(errors).toContain('steps/s');
    expect(output).toContain('return over 7 episodes');
    expect(output).toContain('2,048');
    expect(errors).toContain('settings: zoo, published for ppo in CartPole-v1\n');
  });

  it('says in one line that it cannot log', async () => {
    const { status, errors } = await runCommand(...short, '--json', '--log', '/proc/gradus');
    expect(status).toBe(1);
    expect(errors).toMatch(/^error: --log \/proc\/gradus: E.*, mkdir '\/proc\/gradus'\n$/);
  });

  it.each([
    ['ppo', 'zoo'],
    ['dqn', 'zoo'],
    ['pqn', 'cleanrl'],
    ['reinforce', 'default'],
  ])('says in one line that %s has diverged, and leaves nothing', async (algorithm, settings) => {
    const folder = join(temporaryFolder(), 'agent');
    const options = ['--steps', '8000', '--settings', settings, '--set', 'learningRate=1e30', '--device', 'wasm'];
    const { status, errors } = await runCommand(
      'train',
      algorithm,
      'CartPole-v1',
      ...options,
      '--out',
      folder,
      '--json',
    );
    expect(status).toBe(1);
    expect(errors).toMatch(new RegExp(`^error: ${algorithm}: .* at step \\d+; the learning rate may be too large\n$`));
    expect(existsSync(join(folder, 'parameters.safetensors'))).toBe(false);
  });

  it('logs to a folder', async () => {
    const folder = join(temporaryFolder(), 'log');
    await runCommand(...short, '--json', '--log', folder);
    const [header, ...rows] = readFileSync(join(folder, 'progress.csv'), 'utf8').trimEnd().split('\n');
    expect(header.split(',').slice(0, 3)).toEqual(['step', 'episodes', 'rollout/episode_return']);
    // The first update past each 1,000 steps, and the last.
    expect(rows.map((row) => Number.parseInt(row, 10))).toEqual([1024, 2048]);
    expect(readdirSync(folder).filter((name) => name.startsWith('events.out.tfevents.'))).toHaveLength(1);
  });

  it('trains with the settings that were replaced', async () => {
    const folder = join(temporaryFolder(), 'agent');
    const set = ['numEnvs=2', 'steps=64', 'batchSize=32', 'activation=relu', 'hidden=[8,8]', 'targetKl=0.5'];
    await runCommand(...short, '--json', '--out', folder, ...set.flatMap((each) => ['--set', each]));
    const { state } = JSON.parse(readFileSync(join(folder, 'agent.json'), 'utf8')) as {
      state: { options: Record<string, unknown> };
    };
    expect(state.options).toMatchObject({
      batchSize: 32,
      activation: 'relu',
      hidden: [8, 8],
      targetKl: 0.5,
      steps: 64,
    });
    // Of the settings that were left alone.
    expect(state.options).toMatchObject({ gamma: 0.98, epochs: 20 });
    const { run } = await loadRun(folder);
    expect(run).toMatchObject({ numEnvs: 2, steps: 2000 });
  });

  it('saves an agent that evaluates to the same score', async () => {
    const folder = join(temporaryFolder(), 'agent');
    const trained = resultOf(await runCommand(...short, '--json', '--out', folder));
    const { mean_return, std_return } = trained;
    const again = resultOf(await runCommand('evaluate', folder, '--episodes', '7', '--json'));
    expect(again).toMatchObject({ algorithm: 'ppo', environment: 'CartPole-v1', episodes: 7, mean_return, std_return });
    const others = resultOf(await runCommand('evaluate', folder, '--episodes', '7', '--seed', '5', '--json'));
    expect(others).toMatchObject({ seed: 5 });
    expect([others.mean_return, others.std_return]).not.toEqual([mean_return, std_return]);
  });
});

describe('the best agent', () => {
  const seed = 3;
  const train = (folder: string, ...more: readonly string[]) =>
    runCommand(...short, '--seed', String(seed), '--eval-every', '500', '--out', folder, '--json', ...more);

  it('is kept beside the last, and scored what is said of it', async () => {
    const folder = join(temporaryFolder(), 'agent');
    const result = resultOf(await train(folder));
    const { run, checkpoint } = await loadRun(join(folder, 'best'));
    expect(result.best).toEqual(run.evaluation);
    const { step, mean_return } = run.evaluation ?? expect.fail('expected an evaluation');
    const agent = await loadRunAgent(run, checkpoint);
    expect(agent.step).toBe(step);
    expect(playEpisodes(agent, 'CartPole-v1', 10, spawnSeed(seed, streams.curve, step)).meanReturn).toBe(mean_return);
    // Evaluating leaves training as it is.
    const plain = join(folder, '..', 'plain');
    await runCommand(...short, '--seed', String(seed), '--eval-every', '1000000', '--out', plain, '--json');
    expect(await loadCheckpoint(folder)).toEqual(await loadCheckpoint(plain));
    expect(existsSync(join(plain, 'best'))).toBe(false);

    const scores = [];
    for (const which of [[], ['--best'], ['--stochastic'], ['--stochastic']]) {
      const evaluated = resultOf(await runCommand('evaluate', folder, '--episodes', '7', '--json', ...which));
      scores.push([evaluated.steps, evaluated.mean_return]);
    }
    expect(scores[0]).toEqual([result.steps, result.mean_return]);
    expect(scores[1][0]).toBe(step);
    expect(scores[2]).not.toEqual(scores[0]);
    expect(scores[3]).toEqual(scores[2]);
  });

  it('is replaced by a better one only when training goes on', async () => {
    const folder = join(temporaryFolder(), 'agent');
    await train(folder);
    const { run, checkpoint } = await loadRun(join(folder, 'best'));
    const unbeaten = { step: 1, mean_return: 1e9 };
    await saveRun(join(folder, 'best'), { ...run, evaluation: unbeaten }, await loadRunAgent(run, checkpoint));
    const best = await loadCheckpoint(join(folder, 'best'));
    const resume = ['train', '--resume', folder, '--steps', '3000', '--eval-every', '500', '--episodes', '3', '--json'];
    const other = join(folder, '..', 'other');
    for (const place of [[], ['--out', other]]) {
      expect(resultOf(await runCommand(...resume, ...place)).best).toEqual(unbeaten);
    }
    expect(await loadCheckpoint(join(folder, 'best'))).toEqual(best);
    expect(await loadCheckpoint(join(other, 'best'))).toEqual(best);

    await saveRun(
      join(folder, 'best'),
      { ...run, evaluation: { step: 1, mean_return: 0 } },
      await loadRunAgent(run, checkpoint),
    );
    const { mean_return } = resultOf(await runCommand(...resume, '--steps', '4000')).best as { mean_return: number };
    expect(mean_return).toBeGreaterThan(0);
    expect((await loadRun(join(folder, 'best'))).run.evaluation?.mean_return).toBe(mean_return);

    const { status, errors } = await runCommand('train', '--resume', join(folder, 'best'), '--json');
    expect([status, errors]).toEqual([1, expect.stringContaining('best: this is the best agent of a training, which')]);
  });

  it('and the last are replaced only when that is asked for', async () => {
    const folder = join(temporaryFolder(), 'agent');
    await train(folder);
    const [last, best] = await Promise.all([folder, join(folder, 'best')].map(loadCheckpoint));
    const { status, errors } = await train(folder, '--seed', '4');
    expect([status, errors]).toEqual([
      1,
      `error: --out ${folder}: there is a saved agent; --force replaces it, --resume ${folder} goes on with it\n`,
    ]);
    expect(await loadCheckpoint(folder)).toEqual(last);
    expect(await loadCheckpoint(join(folder, 'best'))).toEqual(best);
    expect((await train(folder, '--seed', '4', '--force')).status).toBe(0);
    expect((await loadRun(folder)).run.seed).toBe(4);
    expect((await loadRun(join(folder, 'best'))).run.seed).toBe(4);
  });
});

/** Runs a command and sends it Ctrl-C as soon as it listens. */
async function interrupt(...args: readonly string[]): Promise<CommandRun> {
  const before = process.listenerCount('SIGINT');
  const timer = setInterval(() => {
    if (process.listenerCount('SIGINT') === before) return;
    clearInterval(timer);
    process.emit('SIGINT', 'SIGINT');
  }, 5);
  try {
    return await runCommand(...args);
  } finally {
    clearInterval(timer);
  }
}

describe('Ctrl-C', () => {
  it.each([
    { algorithm: 'ppo', steps: '20000', set: 'epochs=5' },
    // Learning from the first round on, so that it is interrupted while it learns.
    { algorithm: 'dqn', steps: '2000', set: 'learningStarts=100' },
  ])('leaves an agent ($algorithm) that goes on as if nothing had happened', async ({ algorithm, steps, set }) => {
    const folder = temporaryFolder();
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    const command = ['train', algorithm, 'CartPole-v1', '--steps', steps, '--set', set, '--device', 'wasm', '--json'];
    const uninterrupted = resultOf(await runCommand(...command, '--out', whole));

    const stopped = await interrupt(...command, '--out', parts);
    expect(stopped.status).toBe(130);
    expect(stopped.output).toBe('');
    expect(stopped.errors).toMatch(
      /^stopped by SIGINT at step [\d,]+ of [\d,]+; to go on: gradus train --resume .*parts\n$/,
    );
    expect(await loadCheckpoint(parts)).not.toEqual(await loadCheckpoint(whole));

    const { mean_return, std_return } = uninterrupted;
    const resumed = resultOf(await runCommand('train', '--resume', parts, '--json'));
    expect(resumed).toMatchObject({ algorithm, steps: uninterrupted.steps, mean_return, std_return });
    expect(await loadCheckpoint(parts)).toEqual(await loadCheckpoint(whole));
  });

  it('resumes only what was saved', async () => {
    const folder = join(temporaryFolder(), 'agent');
    await runCommand(...short, '--json', '--out', folder);
    const { status, errors } = await runCommand('train', 'dqn', 'CartPole-v1', '--resume', folder);
    expect(status).toBe(1);
    expect(errors).toContain('it was trained as ppo in CartPole-v1, not dqn');
  });
});

describe('gradus train --resume', () => {
  const resume = (folder: string, ...more: readonly string[]): Promise<CommandRun> =>
    runCommand('train', '--resume', folder, '--episodes', '3', '--eval-every', '1000', ...more);
  const optionsIn = async (folder: string): Promise<StateDict> =>
    readState((await loadCheckpoint(folder)).state, 'options');

  it('goes on with other settings, for steps counted from now', async () => {
    const folder = join(temporaryFolder(), 'agent');
    await trained(folder);
    const set = ['--set', 'learningRate=linear(1e-3, 1e-4)', '--set', 'entropyCoefficient=0.01'];
    const result = resultOf(await resume(folder, '--more-steps', '1000', '--json', ...set));
    expect(result).toMatchObject({ steps: 3072, resumed: 'exactly' });
    expect((await loadRun(folder)).run).toMatchObject({ steps: 3048, numEnvs: 8 });
    expect(await optionsIn(folder)).toMatchObject({
      learningRate: { kind: 'linear', from: 1e-3, to: 1e-4, until: 1 },
      entropyCoefficient: 0.01,
      // Those that it had.
      clipRange: { kind: 'linear', from: 0.2, to: 0, until: 1 },
    });
    // Which it keeps.
    await resume(folder, '--more-steps', '1');
    expect(await optionsIn(folder)).toMatchObject({ entropyCoefficient: 0.01 });
  });

  it('goes on with new episodes in another number of copies, and says so', async () => {
    const folder = join(temporaryFolder(), 'agent');
    await trained(folder);
    const set = ['--set', 'numEnvs=4', '--set', 'batchSize=128'];
    const { output, errors } = await resume(folder, '--steps', '2200', ...set);
    // A round of 4 × 32 steps does not do.
    expect(output).toContain('2,304');
    expect(errors).toContain('training goes on with new episodes: numEnvs was 8 and is 4\n');
    expect((await loadRun(folder)).run).toMatchObject({ steps: 2200, numEnvs: 4 });
    expect(resultOf(await resume(folder, '--more-steps', '1', '--json'))).toMatchObject({ resumed: 'exactly' });
  });

  it('refuses what does not fit, and leaves the agent', async () => {
    const folder = join(temporaryFolder(), 'agent');
    await trained(folder);
    const before = await loadCheckpoint(folder);
    for (const [set, message] of [
      ['learningRate=-1', /^error: Ppo: expected learningRate to be a number of at least 0, /],
      ['learningrate=1', /^error: --set learningrate=1: unknown option 'learningrate'; did you mean 'learningRate'\?/],
      ['numEnvs=3', /^error: Ppo: expected batchSize to be a divisor of 96 /],
      ['hidden=[8]', /^error: load: what was saved does not fit with another hidden: /],
    ] as const) {
      const { status, errors } = await resume(folder, '--more-steps', '1', '--json', '--set', set);
      expect([status, errors]).toEqual([1, expect.stringMatching(message)]);
    }
    expect((await resume(folder, '--steps', '3000', '--more-steps', '1')).status).toBe(2);
    expect(await loadCheckpoint(folder)).toEqual(before);
  });

  it('says that there is nothing to do', async () => {
    const folder = join(temporaryFolder(), 'agent');
    await trained(folder);
    const run = await resume(folder, '--json');
    expect(run.errors).toBe('nothing to do: 2,048 of 2,000 steps are done; --more-steps counts from now\n');
    expect(resultOf(run)).toMatchObject({ steps: 2048, seconds: 0 });
  });

  it('keeps what it goes on with where nothing on the way is better', async () => {
    const folder = join(temporaryFolder(), 'agent');
    // Not evaluated on the way.
    await runCommand(...short, '--steps', '8000', '--eval-every', '1000000', '--json', '--out', folder);
    const before = await loadCheckpoint(folder);
    // What destroys it.
    await resume(folder, '--more-steps', '1000', '--json', '--set', 'learningRate=1', '--set', 'clipRange=null');
    const best = await loadCheckpoint(join(folder, 'best'));
    expect(best.files['parameters.safetensors']).toEqual(before.files['parameters.safetensors']);
    expect((await loadCheckpoint(folder)).files).not.toEqual(before.files);
    const scores = [];
    for (const which of [[], ['--best']]) {
      scores.push(resultOf(await runCommand('evaluate', folder, '--episodes', '20', '--json', ...which)).mean_return);
    }
    expect(scores[1]).toBeGreaterThan(scores[0] as number);
  });
});

describe('the folder of a training run', () => {
  it('is refused to a second one, and to none when the first has ended', async () => {
    const root = temporaryFolder();
    const folder = join(root, 'agent');
    const first = startGradus(root, ...short, '--steps', '100000000', '--out', folder);
    await waitFor(() => existsSync(join(folder, 'lock')) || undefined);
    const { status, errors } = await runCommand(...short, '--json', '--out', folder);
    expect(status).toBe(1);
    expect(errors).toContain(`error: ${folder} is in use by process`);
    first.kill('SIGKILL');
    await first.status;
    expect((await runCommand(...short, '--json', '--out', folder)).status).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toEqual([]);
    const second = await runCommand('train', '--resume', folder, '--steps', '2500', '--episodes', '3', '--json');
    expect(second.status).toBe(0);
  });

  it('that cannot be written in the end does not cost the agent', async () => {
    const root = temporaryFolder();
    const folder = join(root, 'agent');
    const { run } = await trained(folder);
    const agent = await loadRunAgent(run, (await loadRun(folder)).checkpoint);
    const save = async (place: string): Promise<void> => saveRun(place, run, agent);
    const taken = join(root, 'taken');
    mkdirSync(taken);
    writeFileSync(join(taken, 'agent.json'), '{"name":"mine"}');
    const beside = await saveSomewhere(taken, save);
    expect(beside.folder).toMatch(/taken-rescued-\w+$/);
    expect(beside.failure?.message).toContain('agent.json is not of the format gradus-agent');
    expect((await loadRun(beside.folder!)).run).toEqual(run);

    vi.stubEnv('TMPDIR', root);
    const elsewhere = await saveSomewhere(join(taken, 'agent.json', 'agent'), save);
    expect(elsewhere.folder).toMatch(/\/gradus-\w+$/);
    expect((await loadRun(elsewhere.folder!)).run).toEqual(run);

    vi.stubEnv('TMPDIR', join(root, 'missing'));
    expect((await saveSomewhere(join(taken, 'agent.json', 'agent'), save)).folder).toBeUndefined();
    vi.unstubAllEnvs();
  });
});

async function trained(folder: string): Promise<Awaited<ReturnType<typeof loadRun>>> {
  await runCommand(...short, '--json', '--out', folder);
  return loadRun(folder);
}
