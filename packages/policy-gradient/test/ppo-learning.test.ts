import { evaluate, linear } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { Ppo, ppoSettings, type PpoOptions } from '@gradus/policy-gradient';
import { device, type Device } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';

const seeds = [100, 101, 102];
/** Nothing follows from an action here, so γ = 0. */
const options: Partial<PpoOptions> = {
  steps: 64,
  batchSize: 64,
  epochs: 8,
  gamma: 0,
  learningRate: linear(5e-3, 0),
  initialLogStd: -1,
};

/** Mean return over fresh episodes after learning to repeat what is shown: 100 is perfect. */
function learnIdentity(
  id: string,
  steps: number,
  seed: number,
  { on, ...changes }: Partial<PpoOptions> & { readonly on?: Device } = {},
): number {
  const agent = new Ppo(makeVectorEnv(id, 4), { ...options, ...changes, seed, device: on });
  Array.from(agent.learn({ steps }));
  const { meanReturn } = evaluate(agent, makeVectorEnv(id, 10), { episodes: 10, seed: 1000 + seed });
  agent.dispose();
  return meanReturn;
}

describe.each([
  ['IdentityDiscrete-v0', 2048],
  ['IdentityMultiDiscrete-v0', 4096],
  ['IdentityBox-v0', 8192],
])('%s is solved in %d steps', (id, steps) => {
  test.each(seeds)('seed %d', (seed) => {
    expect(learnIdentity(id, steps, seed)).toBeGreaterThanOrEqual(90);
  });
});

describe('variants', () => {
  test.each(seeds)('a KL penalty that is adapted, instead of clipping: seed %d', (seed) => {
    const changes = { clipRange: null, klCoefficient: 1, klTarget: 0.03 };
    expect(learnIdentity('IdentityDiscrete-v0', 2048, seed, changes)).toBeGreaterThanOrEqual(90);
  });

  test.each(seeds)('gSDE: seed %d', (seed) => {
    const changes = { stateDependentExploration: 1 };
    expect(learnIdentity('IdentityBox-v0', 8192, seed, changes)).toBeGreaterThanOrEqual(90);
  });
});

test('it learns on WebAssembly too', () => {
  expect(learnIdentity('IdentityDiscrete-v0', 2048, 0, { on: device('wasm') })).toBeGreaterThanOrEqual(90);
});

// The threshold is that of Gymnasium's registration; the zoo's agent is published with 500.
test("CartPole-v1 with the zoo's settings: at least 475 over 100 fresh episodes", () => {
  const { numEnvs, steps, options: zoo } = ppoSettings.zoo['CartPole-v1'];
  const agent = new Ppo(makeVectorEnv('CartPole-v1', numEnvs), { ...zoo, seed: 1 });
  Array.from(agent.learn({ steps }));
  expect(agent.step).toBeGreaterThanOrEqual(steps);
  const { meanReturn } = evaluate(agent, makeVectorEnv('CartPole-v1', 10), { episodes: 100, seed: 1000 });
  expect(meanReturn).toBeGreaterThanOrEqual(475);
});

test("Pendulum-v1 with the zoo's settings, gSDE among them: at least -200 over 100 fresh episodes", () => {
  const { numEnvs, steps, options: zoo } = ppoSettings.zoo['Pendulum-v1'];
  const agent = new Ppo(makeVectorEnv('Pendulum-v1', numEnvs), { ...zoo, seed: 1 });
  Array.from(agent.learn({ steps }));
  const { meanReturn } = evaluate(agent, makeVectorEnv('Pendulum-v1', 10), { episodes: 100, seed: 1000 });
  expect(meanReturn).toBeGreaterThanOrEqual(-200);
});
