import { evaluate, vectorize } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { device, type Device } from '@gradus/tensor';
import { Pqn, pqnSettings } from '@gradus/value-based';
import { expect, test } from 'vitest';
import { ImageEnv } from '../support/image-env.ts';

const seeds = [0, 1, 2];

/** Mean return over fresh episodes after learning to repeat what is shown, of which nothing follows: 100 is perfect. */
function learnIdentity(seed: number, on?: Device): number {
  const options = { steps: 16, batchSize: 16, learningRate: 3e-3, gamma: 0, seed, device: on };
  const agent = new Pqn(makeVectorEnv('IdentityDiscrete-v0', 4), options);
  Array.from(agent.learn({ steps: 1000 }));
  const { meanReturn } = evaluate(agent, makeVectorEnv('IdentityDiscrete-v0', 10), { episodes: 10, seed: 1000 });
  agent.dispose();
  return meanReturn;
}

test.each(seeds)('IdentityDiscrete-v0 is solved in 1000 steps, seed %d', (seed) => {
  expect(learnIdentity(seed)).toBeGreaterThanOrEqual(90);
});

test('it learns on WebAssembly too', () => {
  expect(learnIdentity(0, device('wasm'))).toBeGreaterThanOrEqual(90);
});

test.each(seeds)('it learns from images, seed %d', (seed) => {
  const convolutions = [{ filters: 8, kernel: 2, stride: 1 }];
  const env = vectorize(() => new ImageEnv(), 4);
  const options = { steps: 16, batchSize: 16, learningRate: 3e-3, gamma: 0, convolutions, hidden: [16], seed };
  const agent = new Pqn(env, options);
  Array.from(agent.learn({ steps: 4000 }));
  // Twenty steps with a reward of 1 each.
  expect(evaluate(agent, new ImageEnv(), { episodes: 10, seed: 1000 }).meanReturn).toBeGreaterThanOrEqual(19);
  agent.dispose();
});

// The threshold is that of Gymnasium's registration; CleanRL's agents end at 495 ± 7.
test.each(seeds)("CartPole-v1 with CleanRL's settings, seed %d: at least 475", (seed) => {
  const { numEnvs, steps, options } = pqnSettings.cleanrl['CartPole-v1'];
  const agent = new Pqn(makeVectorEnv('CartPole-v1', numEnvs), { ...options, seed });
  Array.from(agent.learn({ steps }));
  const { meanReturn } = evaluate(agent, makeVectorEnv('CartPole-v1', 10), { episodes: 100, seed: 1000 });
  agent.dispose();
  expect(meanReturn).toBeGreaterThanOrEqual(475);
});
