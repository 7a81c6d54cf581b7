import { Ddpg, Sac, type ReplayOptions } from '@gradus/actor-critic';
import { envFromDynamics, vectorEnvFromDynamics, type Checkpoint } from '@gradus/core';
import { pendulum } from '@gradus/envs';
import type { Demo, DemoSettings } from './demo.ts';
import { AgentDemo } from './engine/agent-demo.ts';

/** The seminar's ways to draw from the buffer (S6.4), and prioritized replay (S6.5). */
const samplings: Readonly<Record<string, ReplayOptions['sampling']>> = {
  uniform: { kind: 'uniform' },
  low: { kind: 'stratified', lambda: -0.5, goodShare: 0.5 },
  high: { kind: 'stratified', lambda: 0.5, goodShare: 0.5 },
  softmax: { kind: 'softmax', beta: 1 },
  prioritized: { kind: 'prioritized' },
};

/** SAC or DDPG on Pendulum. Networks and minibatches are smaller than published ones, so that a page learns it in half a minute. */
export function create({ seed, chosen }: DemoSettings): Demo {
  const env = vectorEnvFromDynamics(pendulum(), 1);
  const options = {
    sampling: samplings[String(chosen.replay)],
    bufferSize: Number(chosen.bufferSize),
    ...{ hidden: [64, 64], batchSize: 64, learningRate: 2e-3, gamma: 0.98, tau: 0.01, learningStarts: 400, seed },
  };
  const learner =
    chosen.algorithm === 'sac'
      ? { agent: new Sac(env, options), load: (checkpoint: Checkpoint) => Sac.load(checkpoint, { env }) }
      : { agent: new Ddpg(env, options), load: (checkpoint: Checkpoint) => Ddpg.load(checkpoint, { env }) };
  return new AgentDemo({
    ...learner,
    stage: envFromDynamics(pendulum()),
    examination: vectorEnvFromDynamics(pendulum(), 10),
    actions: ['torque'],
    ...{ target: -200, seed, steps: 40_000, interval: 1000 },
  });
}
