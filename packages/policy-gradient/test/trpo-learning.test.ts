import { RolloutBuffer, evaluate, type Agent } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { NaturalPolicyGradient, Trpo, trpoSettings } from '@gradus/policy-gradient';
import { device } from '@gradus/tensor';
import { afterEach, describe, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

const seeds = [0, 1, 2];
/** Nothing follows from an action here, so γ = 0. */
const options = { steps: 64, batchSize: 256, gamma: 0, targetKl: 0.02, hidden: [32], initialLogStd: -1 };

/** Mean return over fresh episodes after learning to repeat what is shown: 100 is perfect. */
function returnAfter(agent: Agent & { dispose(): void }, id: string): number {
  Array.from(agent.learn({ steps: 8192 }));
  const { meanReturn } = evaluate(agent, makeVectorEnv(id, 10), { episodes: 10, seed: 1000 });
  agent.dispose();
  return meanReturn;
}

describe.each(['IdentityDiscrete-v0', 'IdentityMultiDiscrete-v0', 'IdentityBox-v0'])('%s is solved', (id) => {
  test.each(seeds)('by TRPO, seed %d', (seed) => {
    const agent = new Trpo(makeVectorEnv(id, 4), { ...options, seed });
    expect(returnAfter(agent, id)).toBeGreaterThanOrEqual(90);
  });

  test.each(seeds)('by the natural policy gradient, seed %d', (seed) => {
    const agent = new NaturalPolicyGradient(makeVectorEnv(id, 4), { ...options, seed });
    expect(returnAfter(agent, id)).toBeGreaterThanOrEqual(90);
  });
});

test('it learns on WebAssembly too', () => {
  const agent = new Trpo(makeVectorEnv('IdentityDiscrete-v0', 4), { ...options, device: device('wasm') });
  expect(returnAfter(agent, 'IdentityDiscrete-v0')).toBeGreaterThanOrEqual(90);
});

test.each(seeds)(
  'where actions are masked it takes none that is illegal, and its updates are finite, seed %d',
  (seed) => {
    const taken: number[] = [];
    const beginStep = Reflect.get(RolloutBuffer.prototype, 'beginStep');
    vi.spyOn(RolloutBuffer.prototype, 'beginStep').mockImplementation(function (this: RolloutBuffer, ...args) {
      const [, actions, , , masks = []] = args;
      const count = masks.length / actions.length;
      for (let i = 0; i < actions.length; i++) taken.push(masks[i * count + actions[i]]);
      beginStep.apply(this, args);
    });
    const agent = new Trpo(makeVectorEnv('LectureGrid-v0', 4), { ...options, targetKl: 0.1, gamma: 0.9, seed });
    const before = agent.checkpoint().files;
    for (const { metrics } of agent.learn({ steps: 8192 })) {
      expect(metrics['train/kl']).toBeLessThan(0.1);
      expect(metrics['train/step_fraction']).toBeGreaterThan(0);
      expect(metrics['train/gradient_norm']).toBeGreaterThan(0);
    }
    expect(agent.checkpoint().files).not.toEqual(before);
    expect(taken).toHaveLength(8192);
    expect(new Set(taken)).toEqual(new Set([1]));
    agent.dispose();
  },
);

// Gymnasium registers 475 for CartPole-v1 and 195 for CartPole-v0. The zoo's settings reach the first with about two in three seeds (its
// published agent is one that has 500), so that only the second can be asked of every seed.
test.each(seeds)("CartPole-v1 with the zoo's settings, seed %d: at least 195 over 100 fresh episodes", (seed) => {
  const { numEnvs, steps, options: zoo } = trpoSettings.zoo['CartPole-v1'];
  const agent = new Trpo(makeVectorEnv('CartPole-v1', numEnvs), { ...zoo, seed });
  Array.from(agent.learn({ steps }));
  const { meanReturn } = evaluate(agent, makeVectorEnv('CartPole-v1', 10), { episodes: 100, seed: 1000 });
  agent.dispose();
  expect(meanReturn).toBeGreaterThanOrEqual(195);
});
