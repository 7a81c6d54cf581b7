import { DivergenceError, type Agent } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import { expect, test } from 'vitest';
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
  agent.actionValues.fill(-Infinity);
  expect(() => agent.checkpoint()).toThrow(/^q-learning: actionValues has -Infinity at \[0\] at step 0/);
  expect(() => Array.from(agent.learn({ steps: 10 }))).toThrow(
    /^q-learning: train\/td_error is (NaN|-?Infinity) at step/,
  );
});
