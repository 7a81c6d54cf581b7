import { evaluate } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { device, type Device } from '@gradus/tensor';
import { Dqn, dqnSettings, rainbowDefaults, type DqnOptions } from '@gradus/value-based';
import { expect, test } from 'vitest';
import { ImageEnv } from '../support/image-env.ts';

const seeds = [0, 1, 2];
/** Nothing follows from an action here, so γ = 0. */
const options: Partial<DqnOptions> = { learningRate: 3e-3, gamma: 0, bufferSize: 5000 };

/** Mean return over fresh episodes after learning to repeat what is shown: 100 is perfect. */
function learnIdentity(changes: Partial<DqnOptions>, on?: Device): number {
  const agent = new Dqn(makeVectorEnv('IdentityDiscrete-v0', 1), { ...options, ...changes, device: on });
  Array.from(agent.learn({ steps: 1000 }));
  const { meanReturn } = evaluate(agent, makeVectorEnv('IdentityDiscrete-v0', 10), { episodes: 10, seed: 1000 });
  agent.dispose();
  return meanReturn;
}

test.each(seeds)('IdentityDiscrete-v0 is solved in 1000 steps, seed %d', (seed) => {
  expect(learnIdentity({ seed })).toBeGreaterThanOrEqual(90);
});

test.each<[string, Partial<DqnOptions>]>([
  ['double', { double: true }],
  ['squared error', { loss: 'squared', maxGradNorm: null }],
  ['dueling', { dueling: true }],
  ['prioritized', { replay: 'prioritized' }],
  ['three steps', { nSteps: 3 }],
  ['noisy', { noisy: true, epsilon: 0 }],
  ['C51', { distribution: { kind: 'categorical', atoms: 11, low: -1, high: 2 } }],
  ['QR-DQN', { distribution: { kind: 'quantile', quantiles: 10 } }],
  [
    'Rainbow',
    { ...rainbowDefaults, learningRate: 3e-3, distribution: { kind: 'categorical', atoms: 11, low: -1, high: 2 } },
  ],
])('with %s too', (_name, changes) => {
  for (const seed of seeds) expect(learnIdentity({ ...changes, seed })).toBeGreaterThanOrEqual(90);
});

test.each(seeds)('images, seed %d', (seed) => {
  const changes: Partial<DqnOptions> = { convolutions: [{ filters: 8, kernel: 2, stride: 1 }], hidden: [32], seed };
  const agent = new Dqn(new ImageEnv(), { ...options, ...changes });
  Array.from(agent.learn({ steps: 2000 }));
  // 20 is perfect, and a third of it is chance.
  expect(evaluate(agent, new ImageEnv(), { episodes: 10, seed: 1000 }).meanReturn).toBeGreaterThanOrEqual(19);
});

test('it learns on WebAssembly too', () => {
  expect(learnIdentity({}, device('wasm'))).toBeGreaterThanOrEqual(90);
});

// With these settings the policy comes and goes (see README), so training ends where ten episodes were perfect. The threshold over
// fresh ones is that of Gymnasium's registration.
test("CartPole-v1 with the zoo's settings: at least 475 over 100 fresh episodes", () => {
  const { numEnvs, steps, options: zoo } = dqnSettings.zoo['CartPole-v1'];
  const agent = new Dqn(makeVectorEnv('CartPole-v1', numEnvs), { ...zoo, seed: 1 });
  const score = (episodes: number, seed: number): number =>
    evaluate(agent, makeVectorEnv('CartPole-v1', 10), { episodes, seed }).meanReturn;
  for (const { step } of agent.learn({ steps })) if (step % 1280 === 0 && score(10, 5000) === 500) break;
  expect(score(100, 1000)).toBeGreaterThanOrEqual(475);
});
