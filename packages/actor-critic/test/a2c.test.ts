import { Discrete, evaluate, linear, type Env } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { A2c, type A2cOptions } from '@gradus/actor-critic';
import { describe, expect, test } from 'vitest';
import { oneStep } from './support/one-step.ts';

const learning: Partial<A2cOptions> = { gamma: 0, learningRate: linear(3e-3, 0), hidden: [32], optimizer: 'adam' };

test.each([0, 1, 2])('IdentityDiscrete-v0 is solved in 16,000 steps, seed %d', (seed) => {
  const agent = new A2c(makeVectorEnv('IdentityDiscrete-v0', 8), { ...learning, seed });
  Array.from(agent.learn({ steps: 16_000 }));
  const { meanReturn } = evaluate(agent, makeVectorEnv('IdentityDiscrete-v0', 10), { episodes: 10, seed: 1000 });
  expect(meanReturn).toBeGreaterThanOrEqual(90);
});

// v = 1 where nothing follows; v = 1 + γ v = 1 / (1 − γ) where the task goes on after what was cut off.
test.each([
  ['terminated', 1],
  ['truncated', 4],
] as const)('an episode that is %s is worth %d', (ends, expected) => {
  const agent = new A2c(oneStep(ends, new Discrete(2)), { gamma: 0.75, learningRate: linear(1e-2, 0), hidden: [8] });
  Array.from(agent.learn({ steps: 10_000 }));
  expect(Math.abs(agent.stateValue([0.5])[0] - expected)).toBeLessThan(0.1);
});

describe.each<[string, Partial<A2cOptions>, () => Env | ReturnType<typeof makeVectorEnv>]>([
  [
    'discrete, normalized',
    { normalizeObservation: true, normalizeReward: true },
    () => makeVectorEnv('CartPole-v1', 4),
  ],
  ['gSDE', { stateDependentExploration: 3, optimizer: 'tensorflow-rmsprop' }, () => makeEnv('Pendulum-v1')],
  ['masks', {}, () => makeVectorEnv('Taxi-v4', 2)],
])('%s', (_, changes, make) => {
  test('the same seed gives the same bits, also when it was stopped, saved and resumed', () => {
    const [whole, begun] = [0, 1].map(
      () => new A2c(make(), { hidden: [8], learningRate: linear(1e-2, 0), ...changes }),
    );
    Array.from(whole.learn({ steps: 400 }));
    for (const { step } of begun.learn({ steps: 400 })) if (step >= 200) break;
    const resumed = A2c.load(begun.checkpoint(), { env: make() });
    Array.from(resumed.learn({ steps: 400 }));
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
  });
});
