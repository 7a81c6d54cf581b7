import {
  Box,
  Discrete,
  DivergenceError,
  EnvError,
  vectorEnvFromDynamics,
  type Agent,
  type Dynamics,
  type VectorEnv,
} from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { Dqn, LinearSarsa, Pqn, QLearning, rainbowDefaults, type DqnOptions } from '../src/index.ts';

const env = () => makeVectorEnv('CartPole-v1', 4);
const dqn = (options: Partial<DqnOptions>) =>
  new Dqn(env(), { hidden: [8], learningStarts: 40, bufferSize: 500, learningRate: 1e30, ...options });

const agents: Record<string, () => Agent> = {
  dqn: () => dqn({}),
  'dqn with squared losses and no limit of the gradient': () => dqn({ loss: 'squared', maxGradNorm: null }),
  'dqn with rmsprop': () => dqn({ optimizer: 'rmsprop' }),
  'dqn with prioritized replay': () => dqn({ replay: 'prioritized' }),
  'dqn without replay': () => dqn({ replay: 'none', batchSize: 4 }),
  c51: () => dqn({ distribution: { kind: 'categorical', atoms: 11, low: 0, high: 10 } }),
  'qr-dqn': () => dqn({ distribution: { kind: 'quantile', quantiles: 5 } }),
  rainbow: () => dqn({ ...rainbowDefaults, learningRate: 1e30 }),
  pqn: () => new Pqn(env(), { hidden: [8], steps: 8, batchSize: 16, learningRate: 1e30 }),
  'a linear agent': () => new LinearSarsa(makeVectorEnv('MountainCar-v0', 1), { alpha: 1e30 }),
};

test.each(Object.keys(agents))(
  '%s: too large a step ends training, and there is no checkpoint of what is left',
  (name) => {
    const agent = agents[name]();
    expect(() => {
      for (const { metrics } of agent.learn({ steps: 4000 })) {
        for (const metric in metrics) {
          if (metric.startsWith('train/')) expect(metrics[metric]).toSatisfy(Number.isFinite);
        }
      }
    }).toThrow(DivergenceError);
    agent.dispose();
  },
);

test('weights that are not finite are found at the end of training, and are not saved', () => {
  const agent = dqn({ learningRate: 1e39, learningStarts: 40 });
  expect(() => Array.from(agent.learn({ steps: 44 }))).toThrow(
    /^dqn: \S+ has (NaN|-?Infinity) at \[\d+\] at step 44; the learning rate may be too large$/,
  );
  expect(() => agent.checkpoint()).toThrow(DivergenceError);
  agent.dispose();
});

test('a table with a value that is not finite is neither learned from nor saved', () => {
  const agent = new QLearning(makeVectorEnv('CliffWalking-v1', 1));
  agent.values.table.fill(-Infinity);
  expect(() => agent.checkpoint()).toThrow(/^q-learning: actionValues has -Infinity at \[0\] at step 0/);
  expect(() => Array.from(agent.learn({ steps: 10 }))).toThrow(
    /^q-learning: train\/td_error is (NaN|-?Infinity) at step/,
  );
});

/** Copies of an environment whose third step gives this, in float64; most environments are written so. */
function spoiltEnv({ reward = 1, observation = 0 }: { reward?: number; observation?: number }): VectorEnv {
  const dynamics: Dynamics<'time', Int32Array> = {
    observationSpace: new Box(-Infinity, Infinity, [1]),
    actionSpace: new Discrete(2),
    variables: { time: 1 },
    maxEpisodeSteps: 10,
    reset: ({ time }, i) => (time[i] = 0),
    step({ time }, _, { rewards, terminated }, start, end) {
      for (let i = start; i < end; i++) {
        rewards[i] = ++time[i] === 3 ? reward : 1;
        terminated[i] = 0;
      }
    },
    observe({ time }, observations, start, end) {
      for (let i = start; i < end; i++) observations[i] = time[i] === 3 ? observation : 0;
    },
  };
  return vectorEnvFromDynamics(dynamics, 1);
}

const learners: Record<string, (env: VectorEnv) => Agent> = {
  dqn: (env) => new Dqn(env, { hidden: [8] }),
  rainbow: (env) => new Dqn(env, { ...rainbowDefaults, hidden: [8] }),
  pqn: (env) => new Pqn(env, { hidden: [8], steps: 8, batchSize: 8 }),
  'a linear agent': (env) => new LinearSarsa(env, { features: { kind: 'polynomial', order: 1, low: [0], high: [1] } }),
};

describe.each(Object.keys(learners))('%s', (name) => {
  test.each([NaN, Infinity, 1e39, -1e300])(
    'a reward or an observation of %d is refused before anything is learned from it',
    (value) => {
      for (const spoilt of [{ reward: value }, { observation: value }]) {
        const agent = learners[name](spoiltEnv(spoilt));
        const message: unknown = expect.stringMatching(/^(reward|observation) of environment 0 (is|has) /);
        expect(() => Array.from(agent.learn({ steps: 500 }))).toThrow(
          expect.objectContaining({ constructor: EnvError, message }),
        );
        agent.dispose();
      }
    },
  );

  test('nor is one acted on', () => {
    const agent = learners[name](spoiltEnv({}));
    for (const value of [NaN, 1e39]) expect(() => agent.act([value])).toThrow(/observation/);
    agent.dispose();
  });
});
