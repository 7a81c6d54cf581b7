import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vectorize } from '@gradus/core';
import { Ppo } from '@gradus/policy-gradient';
import { decodeSafetensors } from '@gradus/tensor';
import { expect, it } from 'vitest';
import { makeEnv } from '../../src/catalog/environments.ts';
import { saveRun } from '../../src/runs/run.ts';
import { findTorch, pythonFolders } from '../../src/torch/find-torch.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** The PyTorch module of the README. */
const [, recipe] = /```py\n(import json\n[^]*?)```/.exec(
  readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8'),
) ?? ['', ''];

const driver = `
import sys
policy = Policy(load(sys.argv[1]))
with torch.no_grad():
    print(json.dumps(policy(torch.tensor(json.loads(sys.argv[2]))).tolist()))
`;

function torchOrNone(): string | undefined {
  try {
    return findTorch(pythonFolders());
  } catch {
    return undefined;
  }
}

it('the recipe from Gradus to Python computes what the agent does, where PyTorch is installed', async () => {
  const folder = join(temporaryFolder(), 'agent');
  const agent = new Ppo(
    vectorize(() => makeEnv('Pendulum-v1'), 1),
    { seed: 1 },
  );
  const run = { algorithm: 'ppo', environment: 'Pendulum-v1', numEnvs: 1, steps: 1, seed: 1, device: 'wasm' } as const;
  await saveRun(folder, run, agent);
  expect((await runCommand('export', folder, '--format', 'safetensors')).status).toBe(0);
  const file = `${folder}.safetensors`;
  // What the recipe relies on.
  const { 'actor.features.0.weight': first, 'actor.head.bias': last } = decodeSafetensors(readFileSync(file));
  expect([first.shape, last.shape]).toEqual([[3, 64], [1]]);

  const python = torchOrNone();
  if (python === undefined) return;
  const observations = Array.from({ length: 20 }, (_, i) => [Math.cos(i), Math.sin(i), 4 * Math.sin(3 * i)]);
  const printed = execFileSync(python, ['-c', recipe + driver, file, JSON.stringify(observations)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const actions = (JSON.parse(printed) as number[][]).flat();
  observations.forEach((observation, i) => {
    expect(actions[i]).toBeCloseTo((agent.act(observation) as Float32Array)[0], 5);
  });
});
