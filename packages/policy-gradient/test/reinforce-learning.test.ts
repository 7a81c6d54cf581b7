import {
  Box,
  Discrete,
  evaluate,
  linear,
  vectorEnvFromDynamics,
  type Dynamics,
  type Env,
  type VectorEnv,
} from '@gradus/core';
import { makeEnv, makeVectorEnv, maskActions } from '@gradus/envs';
import { Reinforce, type ReinforceOptions } from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';

const seeds = [0, 1, 2];

/** Mean return over fresh episodes after learning. */
function learn(make: () => Env | VectorEnv, options: Partial<ReinforceOptions>, steps: number): number {
  const agent = new Reinforce(make(), options);
  Array.from(agent.learn({ steps }));
  const { meanReturn } = evaluate(agent, make(), { episodes: 20, seed: 1000 + (options.seed ?? 0) });
  agent.dispose();
  return meanReturn;
}

/** Mean return after learning to repeat what is shown: 20 is perfect. Nothing follows from an action here, so γ = 0. */
function learnIdentity(id: string, steps: number, seed: number): number {
  const options = { episodes: 1, gamma: 0, learningRate: linear(1e-2, 0), seed };
  return learn(() => makeVectorEnv(id, 2, { maxEpisodeSteps: 20 }), options, steps);
}

describe.each(['IdentityDiscrete-v0', 'IdentityMultiDiscrete-v0'])('%s is solved in 3000 steps', (id) => {
  test.each(seeds)('seed %d', (seed) => {
    expect(learnIdentity(id, 3000, seed)).toBeGreaterThanOrEqual(18);
  });
});

/** Shows a number in [−1, 1] and asks for it: the reward is −(a − s)², so that of a policy which always answers 0 is −⅓ on average. */
const answering: Dynamics<'target', Float32Array> = {
  observationSpace: new Box(-1, 1, [1]),
  actionSpace: new Box(-1, 1, [1]),
  variables: { target: 1 },
  maxEpisodeSteps: 20,
  reset({ target }, index, random) {
    target[index] = random.uniform(-1, 1);
  },
  step({ target }, actions, { rewards, terminated }, start, end, randoms) {
    for (let i = start; i < end; i++) {
      rewards[i] = -((actions[i] - target[i]) ** 2);
      terminated[i] = 0;
      target[i] = randoms[i].uniform(-1, 1);
    }
  },
  observe({ target }, observations, start, end) {
    for (let i = start; i < end; i++) observations[i] = target[i];
  },
};

test.each(seeds)('continuous actions: a tenth of the error is left after 15000 steps, seed %d', (seed) => {
  const options = { episodes: 1, gamma: 0, learningRate: linear(1e-2, 0), initialLogStd: -1, seed };
  const meanReturn = learn(() => vectorEnvFromDynamics(answering, 2), options, 15_000);
  expect(meanReturn).toBeGreaterThanOrEqual((-20 / 3) * 0.1);
});

describe.each<Partial<ReinforceOptions>>([
  { baseline: 'mean', normalizeReturns: false },
  { baseline: 'optimal', normalizeReturns: false },
  { baseline: 0, normalizeReturns: true },
  { baseline: 'value', normalizeReturns: false },
])('a contextual bandit with a linear policy, %o', (options) => {
  test.each(seeds)('seed %d', (seed) => {
    // Knowing the context is worth 55 on average, not knowing it 50 (Sutton and Barto, 2018, Exercise 2.10).
    const make = (): VectorEnv => makeVectorEnv('ContextualBandit-v0', 4, { noise: 0 });
    const agent = new Reinforce(make(), { ...options, hidden: [], episodes: 8, learningRate: 0.05, seed });
    Array.from(agent.learn({ steps: 8000 }));
    expect([0, 1].map((context) => agent.act(context))).toEqual([1, 0]);
  });
});

test('illegal actions are never taken, and the best legal ones are learned', () => {
  // To repeat the observation would be best, but that is illegal for 0: nothing is to be had there.
  const taken: number[] = [];
  const make = (): Env => {
    const env = maskActions(makeEnv('IdentityDiscrete-v0', { n: 3 }), (shown) => [shown === 0 ? 0 : 1, 1, 1]);
    return {
      observationSpace: env.observationSpace,
      actionSpace: env.actionSpace,
      reset: (options) => env.reset(options),
      actionMask: () => env.actionMask?.() ?? new Uint8Array(3),
      step: (action) => {
        if (env.actionMask?.()[Number(action)] === 0) taken.push(Number(action));
        return env.step(action);
      },
    };
  };
  const agent = new Reinforce(make(), { episodes: 1, gamma: 0 });
  Array.from(agent.learn({ steps: 4000 }));
  expect(taken).toEqual([]);
  const [one, two] = [1, 2].map((shown) => agent.act(shown, { actionMasks: Uint8Array.of(1, 1, 1) }));
  expect([one, two]).toEqual([1, 2]);
  expect(agent.act(0, { actionMasks: Uint8Array.of(0, 1, 1) })).not.toBe(0);
});

test('actions that begin with another number than 0', () => {
  const env: Env<number, number> = {
    observationSpace: new Discrete(1),
    actionSpace: new Discrete(2, 5),
    reset: () => ({ observation: 0 }),
    step: (action) => ({ observation: 0, reward: action === 6 ? 1 : 0, terminated: true, truncated: false }),
  };
  for (const baseline of ['value', 'optimal'] as const) {
    const agent = new Reinforce(env, { hidden: [], baseline, learningRate: 0.1, normalizeReturns: false });
    Array.from(agent.learn({ steps: 400 }));
    expect(agent.act(0)).toBe(6);
  }
});

// The threshold is that of Gymnasium's registration.
test('CartPole-v1 with a value baseline: at least 475 over 100 fresh episodes in 4 of 5 seeds', () => {
  const means = [0, 1, 2, 3, 4].map((seed) => {
    const agent = new Reinforce(makeEnv('CartPole-v1'), { seed });
    Array.from(agent.learn({ steps: 60_000 }));
    const { meanReturn } = evaluate(agent, makeVectorEnv('CartPole-v1', 10), { episodes: 100, seed: 1000 + seed });
    agent.dispose();
    return meanReturn;
  });
  expect(means.filter((mean) => mean >= 475).length, means.join(', ')).toBeGreaterThanOrEqual(4);
});
