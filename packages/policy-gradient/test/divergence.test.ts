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
import { GradientBandit, NaturalPolicyGradient, Ppo, RecurrentPpo, Reinforce, Trpo } from '../src/index.ts';

const cartPole = () => makeVectorEnv('CartPole-v1', 4);
const network = { hidden: [8] };
const rounds = { ...network, steps: 16, batchSize: 32 };

const agents: Record<string, () => Agent> = {
  ppo: () => new Ppo(cartPole(), { ...rounds, learningRate: 1e30 }),
  'recurrent-ppo': () =>
    new RecurrentPpo(cartPole(), { ...rounds, sequenceLength: 4, cellSize: 4, learningRate: 1e30 }),
  trpo: () => new Trpo(cartPole(), { ...rounds, learningRate: 1e30 }),
  npg: () => new NaturalPolicyGradient(cartPole(), { ...rounds, learningRate: 1e30 }),
  'npg, whose step leads nowhere': () => new NaturalPolicyGradient(cartPole(), { ...rounds, targetKl: 1e300 }),
  reinforce: () => new Reinforce(cartPole(), { ...network, learningRate: 1e30 }),
  'reinforce, with its value network': () => new Reinforce(cartPole(), { ...network, valueLearningRate: 1e30 }),
  'the bandit': () => new GradientBandit(makeVectorEnv('Bandit-v0', 1), { alpha: Number.MAX_VALUE, baseline: -10 }),
};

test.each(Object.keys(agents))(
  '%s: too large a step ends training, and there is no checkpoint of what is left',
  (name) => {
    const agent = agents[name]();
    expect(() => {
      for (const { metrics } of agent.learn({ steps: 2000 })) {
        for (const metric in metrics) {
          if (metric.startsWith('train/')) expect(metrics[metric]).toSatisfy(Number.isFinite);
        }
        agent.checkpoint();
      }
    }).toThrow(DivergenceError);
    agent.dispose();
  },
);

test('the error names algorithm, number and step', () => {
  const agent = new Ppo(cartPole(), { ...rounds, learningRate: 1e30 });
  expect(() => Array.from(agent.learn({ steps: 2000 }))).toThrow(
    /^ppo: train\/\w+ is (NaN|-?Infinity) at step 64; the learning rate may be too large$/,
  );
  agent.dispose();
});

test('a learning rate that has no float32 is found by the weights of the first update', () => {
  const agent = new Ppo(cartPole(), { ...rounds, batchSize: 64, epochs: 1, learningRate: 1e39 });
  expect(() => Array.from(agent.learn({ steps: 64 }))).toThrow(/^ppo: \S+ has (NaN|-?Infinity) at \[\d+\] at step 64/);
  expect(() => agent.checkpoint()).toThrow(DivergenceError);
  agent.dispose();
});

test('a critic that makes no steps has no loss', () => {
  const agent = new Trpo(cartPole(), { ...rounds, criticEpochs: 0 });
  const [{ metrics }] = agent.learn({ steps: 64 });
  expect(metrics).not.toHaveProperty('train/value_loss');
  expect(metrics['train/policy_loss']).toSatisfy(Number.isFinite);
  agent.dispose();
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
  return vectorEnvFromDynamics(dynamics, 4);
}

const learners: Record<string, (env: VectorEnv) => Agent> = {
  ppo: (env) => new Ppo(env, rounds),
  'ppo, normalized': (env) => new Ppo(env, { ...rounds, normalizeObservation: true, normalizeReward: true }),
  'recurrent-ppo': (env) => new RecurrentPpo(env, { ...rounds, sequenceLength: 4, cellSize: 4 }),
  trpo: (env) => new Trpo(env, rounds),
  npg: (env) => new NaturalPolicyGradient(env, rounds),
  reinforce: (env) => new Reinforce(env, network),
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
