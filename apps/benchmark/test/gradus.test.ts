import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

describe('--help', () => {
  it.each([
    { command: [], names: ['train', 'evaluate', 'watch', 'export', 'list', 'bench', 'worker', 'tune', 'rlhf'] },
    {
      command: ['train'],
      names: ['--settings', '--set', '--steps', '--seed', '--device', '--episodes', '--out', '--resume', '--json'],
    },
    { command: ['evaluate'], names: ['--episodes', '--seed', '--device', '--json'] },
    { command: ['watch'], names: ['--out', '--episodes', '--seed', '--frames', '--device', '--json'] },
    { command: ['list'], names: ['--json'] },
    {
      command: ['rlhf'],
      names: ['sft', 'reward', 'dpo', 'reinforce', 'rloo', 'ppo', 'rebel', 'grpo', 'generate', 'table'],
    },
    {
      command: ['rlhf', 'table'],
      names: ['--methods', 'rloo-2', '--seeds', '--episodes', '--pairs', '--sft-loss', '--device', '--json'],
    },
    {
      command: ['rlhf', 'grpo'],
      names: [
        '--model',
        '--data',
        '--reward',
        '--reference',
        '--epochs',
        '--steps',
        '--set',
        '--seed',
        '--out',
        '--log',
        '--resume',
        'groupSize=8',
      ],
    },
    {
      command: ['rlhf', 'generate'],
      names: [
        '--model',
        '--prompt',
        '--samples',
        '--max-new-tokens',
        '--temperature',
        '--top-k',
        '--top-p',
        '--stop',
        '--seed',
        '--json',
      ],
    },
    {
      command: ['bench', 'micro'],
      names: ['--device', '--threads', '--only', '--seconds', '--repeat', '--torch', '--json', 'sac_b256_256-256'],
    },
    { command: ['report'], names: ['--out', '--svg'] },
    { command: ['experiment'], names: ['list', '--out', '--record', '--seeds', '--results', '--numbers', '--json'] },
    { command: ['compare'], names: ['--json', 'exit status 1', 'Mann-Whitney', 'Holm', '5 %'] },
    { command: ['worker'], names: ['--queue', '--workers', '--checkpoint-every', 'Nothing else is executed'] },
    {
      command: ['tune'],
      names: [
        '--out',
        '--workers',
        '--queue',
        '--device',
        '--fresh',
        '--dry-run',
        '--json',
        'log',
        'uniform',
        'logNormal',
        'integer',
        'choice',
        'eta',
      ],
    },
    {
      command: ['bench'],
      names: [
        '--out',
        '--seeds',
        '--filter',
        '--workers',
        '--queue',
        '--checkpoint-every',
        '--device',
        '--dry-run',
        '--fresh',
        '--json',
        'micro',
        'classic',
      ],
    },
  ])('of gradus $command names everything', async ({ command, names }) => {
    const { status, output, errors } = await runCommand(...command, '--help');
    expect(status).toBe(0);
    expect(errors).toBe('');
    for (const name of names) expect(output).toContain(name);
  });
});

describe('a command line that makes no sense', () => {
  it.each([
    { args: 'trian', message: "unknown command 'trian'" },
    { args: 'train', message: "missing argument 'algorithm'" },
    { args: 'train ppo', message: "missing argument 'environment'" },
    {
      args: 'train pppo CartPole-v1',
      message: "unknown algorithm 'pppo'; did you mean ppo",
    },
    { args: 'train ppo CartPole-v1 --stepz 10', message: "unknown option '--stepz'\n(Did you mean --steps?)" },
    { args: 'train ppo CartPole-v1 --steps 0', message: "'--steps <n>' argument '0' is invalid. Expected an integer" },
    { args: 'train ppo CartPole-v1 --seed -1', message: "'--seed <n>' argument '-1' is invalid" },
    {
      args: 'train ppo CartPole-v1 --device gpu',
      message: "'--device <name>' argument 'gpu' is invalid. Allowed choices",
    },
    { args: 'train PPO CartPole-v1', message: "unknown algorithm 'PPO'; did you mean ppo" },
    { args: 'train muzero CartPole-v1', message: "unknown algorithm 'muzero'; known are ppo, " },
    {
      args: 'train ppo CartPole-v1 --n_steps 3',
      message: '--n_steps: steps of a round are set by --set steps=…; --steps are those of the whole training\n',
    },
    { args: 'train ppo CartPole-v1 --timesteps 10', message: '--timesteps: use --steps\n' },
    { args: 'train ppo CartPole-v1 --total-timesteps=10', message: '--total-timesteps: use --steps\n' },
    { args: 'train ppo CartPole-v1 --total-steps=10', message: '--total-steps: use --steps\n' },
    { args: 'train ppo CartPole-v1 --eval-episodes=10', message: '--eval-episodes: use --episodes\n' },
    { args: 'evaluate runs/ppo --n-eval-episodes 10', message: '--n-eval-episodes: use --episodes\n' },
    { args: 'rlhf sft --num-train-epochs 2', message: '--num-train-epochs: use --epochs\n' },
    { args: 'rlhf dpo --output-dir dpo', message: '--output-dir: use --out\n' },
    { args: 'rlhf dpo --beta 0.5', message: '--beta: options of algorithms are set by --set loss=…\n' },
    { args: 'rlhf rloo --beta 0.5', message: '--beta: options of algorithms are set by --set klCoefficient=…\n' },
    {
      args: 'rlhf grpo --num_generations 8',
      message: '--num_generations: options of algorithms are set by --set groupSize=…',
    },
    { args: 'rlhf sft --per-device-train-batch-size 8', message: 'options of algorithms are set by --set batchSize=…' },
    { args: 'train ppo --env CartPole-v1', message: '--env: the environment stands without a name: gradus train' },
    { args: 'train --algo ppo', message: '--algo: the algorithm stands without a name' },
    { args: 'train ppo CartPole-v1 --lr 1', message: '--lr: options of algorithms are set by --set learningRate=…' },
    { args: 'train ppo CartPole-v1 --ent-coef 0', message: 'set by --set entropyCoefficient=…' },
    { args: 'train ppo CartPole-v1 --seed 0,1,2', message: "'gradus bench' trains several: --seeds 0,1,2." },
    { args: 'train ppo CartPole-v1 --seed 0-4', message: "'gradus bench' trains several: --seeds 0-4." },
    { args: 'train ppo CartPole-v1 --seeds 0-4', message: "--seeds: 'gradus train' takes one --seed; 'gradus bench'" },
    { args: '--import ./mine.js train ppo Mine', message: '--import: it stands after the command' },
    { args: 'train ppo CartPole-v1 --settings mine', message: "'--settings <name>' argument 'mine' is invalid" },
    { args: 'train --resume somewhere --seed 3', message: "'--resume <dir>' cannot be used with option '--seed <n>'" },
    { args: 'evaluate', message: "missing required argument 'dir'" },
    {
      args: 'bench micro --seconds none',
      message: "'--seconds <s>' argument 'none' is invalid. Expected a positive number",
    },
  ])('gradus $args', async ({ args, message }) => {
    const { status, output, errors } = await runCommand(...args.split(' '));
    expect(status).toBe(2);
    expect(errors).toContain(message);
    expect(output).toBe('');
  });
});

describe('what cannot be done is said in one line', () => {
  it.each([
    { args: 'train ppo CartPole-v2', message: "unknown environment 'CartPole-v2'; did you mean CartPole-v1?" },
    { args: 'train dqn Pendulum-v1 --settings zoo', message: '--settings zoo: there are none for dqn in Pendulum-v1' },
    { args: 'train dqn Pendulum-v1 --settings default', message: 'expected an environment with Discrete actions' },
    { args: 'train ppo CartPole-v1 --set lr=1', message: "unknown option 'lr'; did you mean 'learningRate'?" },
    { args: 'train dqn CartPole-v1 --set n_envs=2', message: "unknown option 'n_envs'; did you mean 'numEnvs'?" },
    { args: 'train ppo CartPole-v1 --set total_timesteps=9', message: '--set total_timesteps=9: use --steps' },
    { args: 'train ppo CartPole-v1 --set clipRange=linear(1)', message: 'expected linear(from, to) or linear(' },
    { args: 'train ppo CartPole-v1 --set gamma=linear(1,0)', message: 'expected gamma to be a number in [0, 1]' },
    { args: 'train ppo CartPole-v1 --set learningrate=1', message: "did you mean 'learningRate'?" },
    {
      args: 'train ppo CartPole-v1 --set batchSize=many',
      message: 'expected batchSize to be a positive integer, got "many"',
    },
    {
      args: 'train ppo CartPole-v1 --set hidden=64',
      message: 'expected hidden to be a list of positive integers or null, got 64',
    },
    { args: 'train ppo CartPole-v1 --set gamma=7', message: 'expected gamma to be a number in [0, 1], got 7' },
    { args: 'train ppo CartPole-v1 --set batchSize=100', message: 'Ppo: expected batchSize to be a divisor of 256' },
    { args: 'train --resume not/there', message: 'not/there cannot be read: there is no saved agent' },
    { args: 'evaluate not/there', message: 'not/there cannot be read: there is no saved agent' },
    { args: 'bench micro --only ppo', message: "--only: unknown case 'ppo'; did you mean ppo_mb128_4-64-64" },
    {
      args: 'bench micro --device tensorflow --threads 2',
      message: '--threads 2: the tensorflow device runs on one thread',
    },
  ])('gradus $args', async ({ args, message }) => {
    const { status, output, errors } = await runCommand(...args.split(' '));
    expect(status).toBe(1);
    expect(errors).toContain(message);
    expect(errors).toMatch(/^error: .*\n$/);
    expect(output).toBe('');
  });
});

it('gradus train --resume of what is not there leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gradus-resume-'));
  try {
    const { status } = await runCommand('train', '--resume', join(folder, 'not', 'there'));
    expect(status).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('gradus list', () => {
  it('shows what there is', async () => {
    const { output } = await runCommand('list');
    for (const name of [
      'CartPole-v1',
      'Acrobot-v1',
      'Pendulum-v1',
      'ppo',
      'dqn',
      'sarsa-lambda',
      'Box with finite bounds',
      'zoo',
      'cleanrl',
      'wasm: available',
    ]) {
      expect(output).toContain(name);
    }
  });

  it('says the same as JSON', async () => {
    const { output } = await runCommand('list', '--json');
    const listing = JSON.parse(output) as Record<string, unknown>;
    expect(listing.algorithms).toEqual(expect.arrayContaining(['ppo', 'dqn', 'rainbow', 'pqn']));
    expect(listing.environments).toContainEqual({
      id: 'CartPole-v1',
      observations: 'Box([4])',
      actions: 'Discrete(2)',
    });
    expect(listing.settings).toContainEqual({
      algorithm: 'dqn',
      environment: 'CartPole-v1',
      settings: 'zoo',
      steps: 50_000,
    });
    expect(listing.devices).toContainEqual({ device: 'wasm', available: true, detail: 'simd128' });
  });
});
