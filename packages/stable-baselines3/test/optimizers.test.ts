import type { Agent } from '@gradus/core';
import { importAgent } from '@gradus/stable-baselines3';
import {
  adam,
  asTensor,
  decodeSafetensors,
  program,
  rmsProp,
  variable,
  type Optimizer,
  type Variable,
} from '@gradus/tensor';
import { unzipSync, zipSync, type Zippable } from 'fflate';
import { expect, test } from 'vitest';
import { expectClose, expected, fixture } from './fixtures.ts';

type MakeOptimizer = (parameters: Record<string, Variable>) => Optimizer;

async function load(name: string): Promise<Agent> {
  const { agent, leftOut } = await importAgent(fixture(`${name}.zip`));
  expect(leftOut.filter((each) => each.includes('optimizer'))).toEqual([]);
  return agent;
}

/** Layers' weights, without biases, after one more step of the optimizer that was saved, whose gradient is the weights. */
function next(agent: Agent, network: string, optimizer: string, make: MakeOptimizer): number[] {
  const { files } = agent.checkpoint({ saveReplay: false });
  const weights = Object.entries(decodeSafetensors(files[`${network}.safetensors`]));
  const parameters = Object.fromEntries(
    weights.map(([name, { shape, data }]) => [name, variable(shape, data as Float32Array, { name })]),
  );
  const made = make(parameters);
  const saved = decodeSafetensors(files[`${optimizer}.safetensors`]);
  expect(Object.keys(saved)).toEqual(Object.keys(made.state));
  for (const [name, each] of Object.entries(made.state)) each.write(saved[name].data);
  program({}, () => (made.apply(Object.values(parameters).map((each) => asTensor(each))), {})).run();
  const layers = Object.entries(parameters).filter(([name]) => !/bias|logStd/.test(name));
  return layers.flatMap(([, each]) => [...each.read()]);
}

const learningRate = 0.01;

test.each([
  ['ppo-moments', 'parameters', (parameters) => adam(parameters, { learningRate, epsilon: 1e-5 })],
  ['a2c-moments', 'parameters', (parameters) => rmsProp(parameters, { learningRate, epsilon: 1e-5 })],
  ['dqn-moments', 'online', (parameters) => adam(parameters, { learningRate })],
] as const satisfies readonly (readonly [string, string, MakeOptimizer])[])(
  '%s: its optimizer makes the step that PyTorch makes next',
  async (name, network, make) => {
    expectClose(next(await load(name), network, 'optimizer', make), expected[name].next);
  },
);

test('sac-moments: so do those of actor, critics and entropy coefficient', async () => {
  const agent = await load('sac-moments');
  const make: MakeOptimizer = (parameters) => adam(parameters, { learningRate });
  const { actor, critics, entropy } = expected['sac-moments'];
  expectClose(next(agent, 'actor', 'actorOptimizer', make), actor);
  expectClose(next(agent, 'critics', 'criticsOptimizer', make), critics);
  expectClose(next(agent, 'entropyCoefficient', 'entropyOptimizer', make), entropy);
});

/** One archive's optimizer in another. */
function withOptimizer(name: string, from: string): Uint8Array {
  const files: Zippable = { ...unzipSync(fixture(`${name}.zip`)) };
  files['policy.optimizer.pth'] = unzipSync(fixture(`${from}.zip`))['policy.optimizer.pth'];
  return zipSync(files, { level: 0 });
}

test('what does not fit is left out, or an error that names it', async () => {
  const { leftOut } = await importAgent(withOptimizer('dqn-moments', 'ppo-moments'));
  expect(leftOut).toContain(
    'policy.optimizer.pth: what the optimizer remembered, since it is of 9 tensors, which are not those of the network; it begins anew',
  );
  await expect(importAgent(withOptimizer('a2c-choices', 'a2c-moments'))).rejects.toThrow(
    "archive: policy.optimizer.pth: expected [8, 5] for 'mlp_extractor.policy_net.0.weight', got [4, 3]",
  );
  const none = unzipSync(fixture('dqn.zip'))['policy.pth'];
  const files: Zippable = { ...unzipSync(fixture('dqn.zip')), 'policy.optimizer.pth': none };
  await expect(importAgent(zipSync(files))).rejects.toThrow(
    'archive: policy.optimizer.pth: expected the state of an optimizer, got a collections.OrderedDict',
  );
});

test('of layers that both networks shared, and of noise that all actions shared, it begins anew', async () => {
  // As many tensors as the network has: first layers for both, see make.py.
  const { leftOut } = await importAgent(fixture('ppo-shared-moments.zip'));
  expect(leftOut).toContain(
    'policy.optimizer.pth: what the optimizer remembered, since weights of the file are several ones here, or put together or scaled; it begins anew',
  );
});
