import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '@gradus/core';
import { loadCheckpoint } from '@gradus/core/node';
import { expect, it } from 'vitest';
import { startGradus } from '../gradus-process.ts';
import { tinyModel } from '../rlhf/tiny-model.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitFor } from '../wait-for.ts';

const rewarded = (wait: number): string => `
  export const reward = async (prompts, completions) => {
    await new Promise((resolve) => setTimeout(resolve, ${wait}));
    return completions.map((completion) => completion.length);
  };`;

/** Whether a saved training is there, whole. */
const isSaved = (out: string): true | undefined => existsSync(join(out, 'agent.json')) || undefined;

it.each(['sft', 'dpo', 'grpo', 'ppo'])('gradus rlhf %s that is killed goes on with the same bits', async (name) => {
  const root = temporaryFolder();
  const { folder } = tinyModel();
  const [data, reward] = [join(root, 'rows.jsonl'), join(root, 'reward.mjs')];
  const [killed, whole] = [join(root, 'killed'), join(root, 'whole')];
  const rows = ['sat', 'on the mat', 'the cat'].map((completion) => ({ prompt: 'the cat ', completion }));
  const isOnline = name === 'grpo' || name === 'ppo';
  const columns = rows.map(({ prompt, completion }) =>
    name === 'dpo' ? { prompt, chosen: completion, rejected: 'mat' } : isOnline ? { prompt } : { prompt, completion },
  );
  writeFileSync(data, columns.map((row) => JSON.stringify(row)).join('\n'));
  // Rounds take a while, so that there are few until it is killed.
  writeFileSync(reward, rewarded(50));
  const flags = ['--model', folder, '--data', data, '--device', 'wasm', '--set', 'batchSize=4'];
  if (isOnline) flags.push('--reward', reward, '--set', 'maxNewTokens=4');
  if (name === 'grpo') flags.push('--set', 'groupSize=2');
  const endless = ['--steps', '100000000', '--checkpoint-every', '0.01'];
  const run = startGradus(root, 'rlhf', name, ...flags, ...endless, '--out', killed);
  await waitFor(() => isSaved(killed));
  run.kill('SIGKILL');
  expect(await run.status).toBe(null);

  writeFileSync(reward, rewarded(0));
  const resumed = await runCommand('rlhf', name, '--resume', killed, '--more-steps', '8', '--json');
  expect([resumed.status, resumed.errors]).toEqual([0, '']);
  const { steps } = JSON.parse(resumed.output) as { readonly steps: number };
  const uninterrupted = await runCommand('rlhf', name, ...flags, '--steps', String(steps), '--out', whole, '--json');
  expect(uninterrupted.status).toBe(0);
  const [one, other] = [await loadCheckpoint(killed), await loadCheckpoint(whole)];
  expect(one.state).toEqual(other.state);
  const trained = (checkpoint: Checkpoint) =>
    Object.entries(checkpoint.files).filter(([file]) => file.endsWith('.safetensors'));
  expect(trained(one).length).toBeGreaterThan(1);
  expect(trained(one)).toEqual(trained(other));
});
