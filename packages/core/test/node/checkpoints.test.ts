import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Agent } from '../../src/training/agent.ts';
import { stopOnNoImprovement } from '../../src/training/early-stopping.ts';
import { CheckpointError } from '../../src/errors.ts';
import { loadCheckpoint } from '../../src/node/checkpoint-folder.ts';
import { checkpoints, latestCheckpoint } from '../../src/node/checkpoints.ts';
import { train } from '../../src/training/train.ts';
import { fakeAgent } from '../fake-agent.ts';

let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gradus-'));
  folder = join(root, 'runs', 'checkpoints');
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

/** An agent whose checkpoint tells its step. */
function savedAgent(step = 0, failAt?: number): Agent & { step: number } {
  const agent = fakeAgent(failAt);
  agent.step = step;
  agent.checkpoint = () => ({ algorithm: 'fake', state: { step: agent.step }, files: {} });
  return agent;
}

const names = async (): Promise<string[]> => (await readdir(folder)).sort();

test('saves at every interval and at the end, and keeps the newest', async () => {
  const callbacks = [checkpoints({ folder, interval: 30, keep: 2 })];
  await train(savedAgent(), { steps: 60, callbacks });
  expect(await names()).toEqual(['step-30', 'step-60']);
  await train(savedAgent(60), { steps: 130, callbacks });
  expect(await names()).toEqual(['step-120', 'step-130']);
  for (const step of [120, 130]) {
    expect((await loadCheckpoint(join(folder, `step-${step}`))).state).toEqual({ step, callbacks: [] });
  }
  expect(await latestCheckpoint(folder)).toBe(join(folder, 'step-130'));
});

test('keeps three by default, or all', async () => {
  await train(savedAgent(), { steps: 100, callbacks: [checkpoints({ folder, interval: 10 })] });
  expect(await names()).toEqual(['step-100', 'step-80', 'step-90']);
  await train(savedAgent(100), { steps: 150, callbacks: [checkpoints({ folder, interval: 10, keep: Infinity })] });
  expect(await names()).toHaveLength(8);
});

test('saves where training was stopped, but not after an error', async () => {
  const stop = {
    onProgress: ({ step }: { step: number }, { stop }: { stop: (reason: string) => void }) => {
      if (step === 40) stop('enough');
    },
  };
  await train(savedAgent(), { steps: 100, callbacks: [stop, checkpoints({ folder, interval: 30 })] });
  expect(await names()).toEqual(['step-30', 'step-40']);
  const failing = train(savedAgent(40, 80), { steps: 100, callbacks: [checkpoints({ folder, interval: 30 })] });
  await expect(failing).rejects.toThrow('exploded');
  expect(await names()).toEqual(['step-30', 'step-40', 'step-60']);
});

test('has the state of the callbacks', async () => {
  const patience = stopOnNoImprovement({ evaluations: 2 });
  const record = {
    onProgress: (_: unknown, training: { record: (metrics: { 'eval/mean_return': number }) => void }) =>
      training.record({ 'eval/mean_return': 5 }),
  };
  await train(savedAgent(), { steps: 20, callbacks: [record, patience, checkpoints({ folder, interval: 20 })] });
  const { state } = await loadCheckpoint((await latestCheckpoint(folder))!);
  expect(state).toEqual({ step: 20, callbacks: [{ best: 5, seen: 2, withoutImprovement: 1 }] });
});

test('other files stay, and are no checkpoints', async () => {
  expect(await latestCheckpoint(folder)).toBeUndefined();
  await train(savedAgent(), { steps: 20, callbacks: [checkpoints({ folder, interval: 10, keep: 1 })] });
  for (const name of ['step-best', 'notes', 'step-99.saving-1']) await writeFile(join(folder, name), '');
  await train(savedAgent(20), { steps: 40, callbacks: [checkpoints({ folder, interval: 10, keep: 1 })] });
  expect(await names()).toEqual(['notes', 'step-40', 'step-99.saving-1', 'step-best']);
  expect(await latestCheckpoint(folder)).toBe(join(folder, 'step-40'));
});

test('what a killed process has left of a checkpoint is none, and is removed', async () => {
  await train(savedAgent(), { steps: 20, callbacks: [checkpoints({ folder, interval: 20 })] });
  const [files] = (await readdir(join(folder, 'step-20'))).filter((name) => name !== 'agent.json');
  const dead = spawnSync(process.execPath, ['--version']).pid;
  await mkdir(join(folder, 'step-40', files.replace(/-\d+-\d+$/, `-${dead}-1`)), { recursive: true });
  expect(await latestCheckpoint(folder)).toBe(join(folder, 'step-20'));
  await train(savedAgent(20), { steps: 30, callbacks: [checkpoints({ folder, interval: 10 })] });
  expect(await names()).toEqual(['step-20', 'step-30']);
});

test("another training's later checkpoints are refused before it starts", async () => {
  await train(savedAgent(), { steps: 50, callbacks: [checkpoints({ folder, interval: 50 })] });
  const agent = savedAgent(20);
  const again = train(agent, { steps: 30, callbacks: [checkpoints({ folder, interval: 10 })] });
  await expect(again).rejects.toThrow(
    new CheckpointError(`${folder}: expected no checkpoints past step 20, where training starts, found one of step 50`),
  );
  expect(agent.step).toBe(20);
  expect(await names()).toEqual(['step-50']);
});

test('a folder that is none is named', async () => {
  await writeFile(join(root, 'runs'), '');
  const training = train(savedAgent(), { steps: 30, callbacks: [checkpoints({ folder, interval: 10 })] });
  await expect(training).rejects.toThrow(`${folder} cannot be read: ENOTDIR`);
  await expect(latestCheckpoint(folder)).rejects.toThrow(CheckpointError);
});

test('options out of range', () => {
  expect(() => checkpoints({ folder, interval: 10, keep: 0 })).toThrow(
    'checkpoints: expected keep to be a positive integer or Infinity, got 0',
  );
});
