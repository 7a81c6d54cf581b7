import { DivergenceError, type Agent } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { expect, test } from 'vitest';
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
