import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Random, vectorize, type Agent } from '@gradus/core';
import { decodeSafetensors } from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it, vi } from 'vitest';
import { makeEnv } from '../../src/catalog/environments.ts';
import { algorithms } from '../../src/catalog/algorithms.ts';
import { loadRun, loadRunAgent, saveRun } from '../../src/runs/run.ts';
import { runCommand } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A saved agent that has learned `steps` steps. */
async function savedAgent(
  algorithm: string,
  environment: string,
  options: Readonly<Record<string, unknown>> = {},
  steps = 0,
): Promise<string> {
  const folder = join(temporaryFolder(), 'agent');
  const env = vectorize(() => makeEnv(environment), 1);
  const agent = algorithms[algorithm].create(env, { seed: 1, ...options });
  if (steps > 0) for (const { step } of agent.learn({ steps })) if (step >= steps) break;
  await saveRun(folder, { algorithm, environment, numEnvs: 1, steps: 64, seed: 1, device: 'wasm' }, agent);
  return folder;
}

interface PolicyModule {
  readonly act: (observation: ArrayLike<number> | number, actionMask?: ArrayLike<number>) => number | ArrayLike<number>;
}

async function exportedModule(folder: string): Promise<PolicyModule> {
  const { status, errors } = await runCommand('export', folder, '--format', 'js', '--force');
  expect(errors).toBe('');
  expect(status).toBe(0);
  return (await import(/* @vite-ignore */ pathToFileURL(`${folder}.js`).href)) as PolicyModule;
}

async function load(folder: string): Promise<Agent> {
  const { run, checkpoint } = await loadRun(folder);
  return loadRunAgent(run, checkpoint);
}

/** The numbers of an action. */
const numbersOf = (action: unknown): number[] =>
  typeof action === 'number' ? [action] : Array.from(action as ArrayLike<number>);

/** What an agent and its module do on made-up observations, of which not all are answered alike. */
async function expectSameActions(folder: string, environment: string): Promise<void> {
  const [{ act }, agent] = [await exportedModule(folder), await load(folder)];
  const { observationSpace } = makeEnv(environment);
  const random = new Random(5);
  const chosen = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const numbers = Float32Array.from({ length: observationSpace.size }, () => 2 * random.normal());
    const observation = observationSpace.kind === 'discrete' ? i % observationSpace.n : numbers;
    const [ours, theirs] = [agent.act(observation, { isNormalized: false }), act(observation)].map(numbersOf);
    expect(theirs).toHaveLength(ours.length);
    ours.forEach((value, j) => {
      expect(theirs[j]).toBeCloseTo(value, 5);
    });
    chosen.add(ours.join());
  }
  expect(chosen.size).toBeGreaterThan(1);
}

describe('gradus export --format js', () => {
  const small = { hidden: [8] };
  it.each([
    ['ppo', 'CartPole-v1', { steps: 64 }, 64],
    ['ppo', 'Pendulum-v1', { steps: 64, normalizeObservation: true, learningRate: 0.1 }, 64],
    ['ppo', 'Taxi-v4', small, 0],
    ['sac', 'Pendulum-v1', small, 0],
    ['td3', 'Pendulum-v1', small, 0],
    ['dqn', 'CartPole-v1', { ...small, dueling: true }, 0],
    ['dqn', 'CartPole-v1', { ...small, distribution: { kind: 'categorical', atoms: 5, low: -1, high: 1 } }, 0],
    ['dqn', 'Acrobot-v1', { ...small, distribution: { kind: 'quantile', quantiles: 4 } }, 0],
    ['ars', 'CartPole-v1', { normalizeObservation: true }, 64],
    ['cma-es', 'Pendulum-v1', { hidden: [4] }, 64],
    ['cem', 'MountainCarContinuous-v0', { hidden: [4], activation: 'relu', squash: true, bias: false }, 64],
  ] as const)('%s in %s: the module acts as the agent does, %j', async (algorithm, environment, options, steps) => {
    await expectSameActions(await savedAgent(algorithm, environment, options, steps), environment);
  });

  it('is at most 30 kB for CartPole and says what it is', async () => {
    const folder = await savedAgent('ppo', 'CartPole-v1');
    const { output } = await runCommand('export', folder, '--format', 'js', '--json');
    const { bytes, out } = JSON.parse(output) as { bytes: number; out: string };
    const text = readFileSync(out, 'utf8');
    expect(bytes).toBe(Buffer.byteLength(text));
    expect(bytes).toBeLessThanOrEqual(30_000);
    expect(text).not.toMatch(/^import|require\(/m);
    expect(text).toContain('// The best actions of ppo in CartPole-v1 after 0 steps, written by Gradus.\n');
    const { act } = await exportedModule(folder);
    expect(() => act([1, 2, 3])).toThrow(/^act: expected Box/);
  });

  it('takes masks', async () => {
    const { act } = await exportedModule(await savedAgent('ppo', 'Taxi-v4', { hidden: [8] }));
    for (let action = 0; action < 6; action++) {
      expect(
        act(
          7,
          Array.from({ length: 6 }, (_, i) => Number(i === action)),
        ),
      ).toBe(action);
    }
  });
});

describe('gradus export', () => {
  it('writes safetensors with the names of the checkpoint, without optimizers', async () => {
    const folder = await savedAgent('dqn', 'CartPole-v1', { hidden: [8] });
    expect((await runCommand('export', folder, '--format', 'safetensors')).status).toBe(0);
    const tensors = decodeSafetensors(readFileSync(`${folder}.safetensors`));
    expect(tensors['online.0.weight'].shape).toEqual([4, 8]);
    expect(Object.keys(tensors).filter((name) => name.includes('mean'))).toEqual([]);
  });

  it('writes a tf.LayersModel whose largest output is the action', async () => {
    const folder = await savedAgent('ppo', 'CartPole-v1', { hidden: [8, 8] });
    const advertisement = vi.spyOn(console, 'warn');
    const { status, errors } = await runCommand('export', folder, '--format', 'tfjs');
    expect(errors).toBe('');
    expect(status).toBe(0);
    expect(advertisement).not.toHaveBeenCalled(); // TensorFlow.js would have one install tfjs-node
    const read = (name: string): Buffer => readFileSync(join(`${folder}-tfjs`, name));
    const json = JSON.parse(read('model.json').toString()) as tf.io.ModelJSON;
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology: json.modelTopology,
        weightSpecs: json.weightsManifest[0].weights,
        weightData: Uint8Array.from(read('weights.bin')).buffer,
      }),
    );
    const agent = await load(folder);
    for (let i = 0; i < 20; i++) {
      const observation = [Math.sin(i), Math.cos(i), Math.sin(3 * i), Math.cos(5 * i)];
      const logits = (model.predict(tf.tensor2d([observation])) as tf.Tensor).dataSync();
      expect(Number(logits[1] > logits[0])).toBe(agent.act(observation));
    }
  });

  it('writes ONNX beside the agent, and replaces nothing unless it is told to', async () => {
    const folder = await savedAgent('ppo', 'CartPole-v1', { hidden: [8] });
    const command = ['export', folder, '--format', 'onnx'] as const;
    expect((await runCommand(...command)).output).toBe(`${folder}.onnx: 2 kB\n`);
    const again = await runCommand(...command);
    expect(again.status).toBe(1);
    expect(again.errors).toContain(`--out ${folder}.onnx is there; --force replaces it`);
    writeFileSync(`${folder}.onnx`, '');
    expect((await runCommand(...command, '--force')).status).toBe(0);
    expect(readFileSync(`${folder}.onnx`).length).toBeGreaterThan(500);
  });

  it.each([
    [
      'ppo',
      'MinAtar/Breakout-v0',
      {},
      'js',
      "expected a network of dense layers, got one with 'matmul' of shape [64, 16]",
    ],
    ['recurrent-ppo', 'CartPole-v1', {}, 'js', 'expected a policy that remembers nothing'],
    ['q-learning', 'Taxi-v4', {}, 'onnx', "expected an agent whose policy is a network, got one of 'q-learning'"],
    ['dqn', 'CartPole-v1', { dueling: true }, 'tfjs', 'expected a network that is a stack of dense layers'],
  ] as const)(
    'names what it cannot write: %s in %s %j as %s',
    async (algorithm, environment, options, format, message) => {
      const folder = await savedAgent(algorithm, environment, options);
      const { status, errors } = await runCommand('export', folder, '--format', format);
      expect(errors).toContain(message);
      expect(errors).toMatch(/^error: (?!unexpected)/);
      expect(status).toBe(1);
    },
  );
});
