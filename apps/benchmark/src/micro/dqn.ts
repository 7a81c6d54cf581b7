import { Random } from '@gradus/core';
import { makeVectorEnv } from '@gradus/envs';
import type * as t from '@gradus/tensor';
import { Dqn, dqnSettings, rainbowDefaults, rainbowSettings, type DqnOptions } from '@gradus/value-based';
import { bits, integers, normals, uniforms } from './made-up-data.ts';
import { fixedBatch, type MicroCase, type MicroUpdate } from './micro-case.ts';
import { loopCase } from './training-loop.ts';

const cartPole = dqnSettings.cleanrl['CartPole-v1'].options;
const atoms = { kind: 'categorical', atoms: 51, low: -10, high: 10 } as const;
/** RL Baselines3 Zoo's number for CartPole; the paper's 200 are for Atari. */
const quantiles = { kind: 'quantile', quantiles: 10 } as const;

/**
 * `Dqn`'s own minibatch step with CleanRL's settings for CartPole (4-120-84-2, squared error, Adam), and with one extension after another;
 * with MinAtar's settings (10×10×4, 16 filters of 3×3, 128 units, 6 actions, Huber loss, Adam), and with all of them.
 */
export const dqnCases: readonly MicroCase[] = [
  dqnCase('dqn_b128_4-120-84-2', 'CartPole-v1', cartPole),
  dqnCase('double_b128_4-120-84-2', 'CartPole-v1', { ...cartPole, double: true }),
  dqnCase('dueling_b128_4-120-84-2', 'CartPole-v1', { ...cartPole, dueling: true }),
  dqnCase('noisy_b128_4-120-84-2', 'CartPole-v1', { ...cartPole, noisy: true }),
  dqnCase('c51_b128_4-120-84-2', 'CartPole-v1', { ...cartPole, distribution: atoms }),
  dqnCase('qrdqn_b128_4-120-84-2', 'CartPole-v1', { ...cartPole, distribution: quantiles }),
  dqnCase('rainbow_b128_4-120-84-2', 'CartPole-v1', { ...cartPole, ...rainbowDefaults }),
  dqnCase('minatar_dqn_b32', 'MinAtar/Breakout-v0', dqnSettings.minatar['MinAtar/Breakout-v0'].options),
  dqnCase('minatar_rainbow_b32', 'MinAtar/Breakout-v0', rainbowSettings.minatar['MinAtar/Breakout-v0'].options),
];

/**
 * Environment steps of a whole training with the same networks, out of a replay buffer that 10⁶ random steps have filled: an action, CartPole, a row of the buffer, and an update. What such a training holds in memory is
 * this buffer above all.
 */
export const dqnLoopCase = loopCase(
  'dqn_cartpole_1e6',
  (device) =>
    new Dqn(makeVectorEnv('CartPole-v1', 1), {
      ...cartPole,
      bufferSize: 1e6,
      learningStarts: 1e6,
      trainFrequency: 1,
      epsilon: 0.05,
      device,
    }),
  false,
);

function dqnCase(name: string, id: string, options: Partial<DqnOptions>): MicroCase {
  return { name, isLarge: false, create: (device) => createDqn(id, options, device) };
}

function createDqn(id: string, options: Partial<DqnOptions>, device: t.Device): MicroUpdate {
  const env = makeVectorEnv(id, 1);
  // Updates do not look into the replay buffer.
  const agent = new Dqn(env, { ...options, bufferSize: 1, device });
  const { batchSize, gamma } = agent.options;
  const random = new Random(0);
  const observations = (): Float32Array => {
    const size = batchSize * env.observationSpace.size;
    return id.startsWith('MinAtar/') ? bits(random, size, 0.5) : normals(random, size);
  };
  const { update } = agent;
  const actions = update.inputs.nextActionMasks.length / batchSize;
  const { run } = fixedBatch(update, {
    observations: observations(),
    actions: integers(random, batchSize, actions),
    rewards: normals(random, batchSize),
    nextObservations: observations(),
    nextActionMasks: new Int32Array(batchSize * actions).fill(1),
    discounts: bits(random, batchSize, 0.95).map((goesOn) => gamma * goesOn),
    weights: uniforms(random, batchSize, 0.5, 1),
    learningRate: [2.5e-4],
    // Noise is drawn in every run, if always the same.
    key: [0, 0],
  });
  return { run, dispose: () => agent.dispose() };
}
