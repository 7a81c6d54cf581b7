import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const files = join(import.meta.dirname, '../../../../packages/stable-baselines3');
const cartPole = join(files, 'examples/cart-pole.zip');
const pendulum = join(files, 'test/fixtures/pendulum.zip');
const statistics = join(files, 'test/fixtures/vecnormalize-3.pkl');

/** Runs a command that must succeed; the line of JSON that it prints. */
async function run(...command: readonly string[]): Promise<Record<string, unknown>> {
  const { status, output, errors } = await runCommand(...command);
  expect([status, errors]).toEqual([0, '']);
  return JSON.parse(output) as Record<string, unknown>;
}

describe('gradus import', () => {
  test('makes an agent that is evaluated, watched, and goes on learning', async () => {
    const folder = join(temporaryFolder(), 'cart-pole');
    const imported = await run('import', cartPole, '--env', 'CartPole-v1', '--out', folder, '--json');
    expect(imported).toEqual({
      algorithm: 'ppo',
      environment: 'CartPole-v1',
      steps: 4096,
      version: '2.3.2',
      left_out: [],
      out: folder,
    });
    const score = await run('evaluate', folder, '--episodes', '10', '--json');
    expect(score).toMatchObject({ algorithm: 'ppo', steps: 4096, mean_return: 500, std_return: 0 });
    const gif = join(temporaryFolder(), 'cart-pole.gif');
    await run('watch', folder, '--out', gif, '--max-steps', '20', '--json');
    expect(readFileSync(gif).subarray(0, 3).toString()).toBe('GIF');
    const { errors, output } = await runCommand(
      'train',
      '--resume',
      folder,
      '--more-steps',
      '512',
      '--episodes',
      '5',
      '--json',
    );
    expect(JSON.parse(output)).toMatchObject({ algorithm: 'ppo', steps: 4608 });
    expect(errors).toBe('');
  });

  test('an agent whose environment was normalized sees what it saw, also when it learns', async () => {
    const [plain, folder] = [join(temporaryFolder(), 'plain'), join(temporaryFolder(), 'normalized')];
    await run('import', pendulum, '--env', 'Pendulum-v1', '--out', plain, '--json');
    const command = [
      'import',
      pendulum,
      '--vecnormalize',
      statistics,
      '--env',
      'Pendulum-v1',
      '--out',
      folder,
      '--json',
    ];
    const { left_out: leftOut } = await run(...command);
    expect(leftOut).toEqual([expect.stringContaining('norm_reward')]);
    const score = await run('evaluate', folder, '--episodes', '2', '--json');
    const other = await run('evaluate', plain, '--episodes', '2', '--json');
    expect(score.mean_return).not.toBe(other.mean_return);
    const { status, output } = await runCommand(
      'train',
      '--resume',
      folder,
      '--more-steps',
      '64',
      '--episodes',
      '1',
      '--json',
    );
    expect([status, (JSON.parse(output) as { readonly steps: number }).steps]).toEqual([0, 4160]);
  });

  test('a model of CleanRL, by the spaces of its environment', async () => {
    const folder = join(temporaryFolder(), 'clean-rl');
    const model = join(files, 'test/fixtures/pendulum.cleanrl_model');
    const imported = await run('import', model, '--env', 'Pendulum-v1', '--out', folder, '--json');
    expect(imported).toMatchObject({ algorithm: 'td3', steps: 0, version: null });
    expect(await run('evaluate', folder, '--episodes', '1', '--json')).toMatchObject({ algorithm: 'td3' });
  });

  test('what cannot be imported is an error of one line, and nothing is written', async () => {
    const folder = join(temporaryFolder(), 'agent');
    const text = join(temporaryFolder(), 'text.zip');
    writeFileSync(text, 'no archive');
    const damaged = join(temporaryFolder(), 'damaged.zip');
    writeFileSync(damaged, readFileSync(cartPole).fill(0x21, 300, 304));
    const model = join(temporaryFolder(), 'cut.cleanrl_model');
    writeFileSync(model, readFileSync(join(files, 'test/fixtures/pendulum.cleanrl_model')).subarray(0, 1000));
    const cases: [string[], string][] = [
      [[text, '--env', 'CartPole-v1'], `error: ${text}: no zip archive, or a damaged one: no directory\n`],
      [
        [cartPole, '--env', 'Acrobot-v1'],
        `error: environment: expected observations of Box(-Infinity, Infinity, [4]), as in ${cartPole}, got Box(`,
      ],
      [[cartPole, '--env', 'CartPole-v1', '--vecnormalize', text], `error: ${text}: no pickle, or a damaged one`],
      [[damaged, '--env', 'CartPole-v1'], `error: ${damaged}: damaged: the checksum of data is wrong`],
      [[model, '--env', 'Pendulum-v1'], `error: ${model}: no zip archive, or a damaged one: `],
      [['missing.zip', '--env', 'CartPole-v1'], 'error: missing.zip: missing.zip cannot be read: ENOENT'],
      [[cartPole, '--env', 'CartPole-v9'], "error: --env: unknown environment 'CartPole-v9'"],
    ];
    for (const [args, message] of cases) {
      const { status, errors } = await runCommand('import', ...args, '--out', folder);
      expect(errors).toContain(message);
      expect([status, existsSync(folder)]).toEqual([1, false]);
    }
  });
});
