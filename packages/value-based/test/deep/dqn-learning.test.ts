import { evaluate } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { device, type Device } from '@gradus/tensor';
import { Dqn, dqnSettings, type DqnOptions } from '@gradus/value-based';
import { expect, test } from 'vitest';

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

test.each<Partial<DqnOptions>>([{ double: true }, { loss: 'squared', maxGradNorm: null }])('with %j too', (changes) => {
  expect(learnIdentity(changes)).toBeGreaterThanOrEqual(90);
});

test('it learns on WebAssembly too', () => {
  expect(learnIdentity({}, device('wasm'))).toBeGreaterThanOrEqual(90);
});

// With these settings the policy comes and goes (see README), so training ends where ten episodes were perfect. The threshold over
// fresh ones is that of Gymnasium's registration.
test("CartPole-v1 with the zoo's settings: at least 475 over 100 fresh episodes", { timeout: 300_000 }, () => {
  const { numEnvs, steps, options: zoo } = dqnSettings.zoo['CartPole-v1'];
  const agent = new Dqn(makeVectorEnv('CartPole-v1', numEnvs), { ...zoo, seed: 1 });
  const score = (episodes: number, seed: number): number =>
    evaluate(agent, makeVectorEnv('CartPole-v1', 10), { episodes, seed }).meanReturn;
  for (const { step } of agent.learn({ steps })) if (step % 1280 === 0 && score(10, 5000) === 500) break;
  expect(score(100, 1000)).toBeGreaterThanOrEqual(475);
});
