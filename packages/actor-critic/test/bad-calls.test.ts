import { agentCalls, badCalls, ofLoaded, type AgentClass, type AgentUse, type Examples } from '@gradus/bad-calls';
import * as actorCritic from '@gradus/actor-critic';
import { makeEnv } from '@gradus/envs';
import { device, lazyDevice } from '@gradus/tensor';
import { expect, test } from 'vitest';

const pendulum: Omit<AgentUse, 'options'> = {
  env: () => makeEnv('Pendulum-v1'),
  observation: [1, 0, 0],
  actions: () => new Float32Array(1),
};
const pole: Omit<AgentUse, 'options'> = {
  env: () => makeEnv('CartPole-v1'),
  observation: [0, 0, 0, 0],
  actions: () => new Int32Array(1),
};
// Compiles what is used, and nothing else.
const shared = { seed: 1, gamma: 0.9, device: lazyDevice(device('wasm')) };
const network = { ...shared, hidden: [4], criticHidden: [4], learningRate: 0.1 };
const replay = { ...network, batchSize: 4, learningStarts: 4, bufferSize: 8 };
const uses: Record<string, AgentUse> = {
  A2c: { ...pole, options: { ...network, steps: 8 } },
  A3c: { ...pole, options: { ...network, steps: 8 } },
  CrossQ: { ...pendulum, options: replay },
  D4pg: { ...pendulum, options: { ...replay, low: -20, high: 0 } },
  Ddpg: { ...pendulum, options: replay },
  DiscreteSac: { ...pole, options: replay },
  OneStepActorCritic: { ...pole, options: network },
  Sac: { ...pendulum, options: replay },
  Td3: { ...pendulum, options: replay },
  Tqc: { ...pendulum, options: replay },
};

const exports: Record<string, unknown> = { ...actorCritic };
const examples: Record<string, Examples[string]> = {};
for (const [name, use] of Object.entries(uses)) {
  const calls = agentCalls(name, exports[name] as AgentClass, use);
  Object.assign(examples, calls.examples);
  Object.assign(exports, calls.statics);
}

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(exports, examples, {
    sources: `${import.meta.dirname}/../src`,
    internal: [ofLoaded],
    accepted: [/\(2\.(hidden|criticHidden): null\): accepted$/],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});
