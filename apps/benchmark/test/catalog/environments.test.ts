import { listEnvs, loadEnvironments } from '../../src/catalog/environments.ts';
import { expect, test } from 'vitest';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('those of sub-entries are there when they are loaded, whatever else is unknown', async () => {
  const ids = ['LunarLander-v3', 'Cooking-v0', 'Reacher-v5'];
  await loadEnvironments(['CartPole-v1', 'Own-v0', ...ids]);
  expect(listEnvs()).toEqual(expect.arrayContaining(ids));
});

test('an agent learns and is evaluated in one of them', async () => {
  const out = `${temporaryFolder()}/agent`;
  const options = ['--steps', '512', '--set', 'steps=256', '--set', 'batchSize=64', '--episodes', '2', '--seed', '1'];
  const trained = await runCommand('train', 'ppo', 'Reacher-v5', ...options, '--out', out, '--json');
  expect(trained).toMatchObject({ status: 0 });
  const { mean_return: mean } = JSON.parse(trained.output) as { readonly mean_return: number };
  // Fifty steps of less than 0.4 m and 0.1 × 2 for controls.
  expect(mean).toBeLessThan(0);
  expect(mean).toBeGreaterThan(-30);
  const evaluated = await runCommand('evaluate', out, '--episodes', '2', '--seed', '1', '--json');
  expect(JSON.parse(evaluated.output)).toMatchObject({ environment: 'Reacher-v5', mean_return: mean });
});
