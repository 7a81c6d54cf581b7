import { linear, vectorize, type Checkpoint } from '@gradus/core';
import { lunarLander } from '@gradus/envs/box2d';
import { Ppo } from '@gradus/policy-gradient';
import type { Demo, DemoSettings } from './demo.ts';
import { AgentDemo } from './engine/agent-demo.ts';

/** PPO on LunarLander. Rounds are shorter than those of published settings, so that something happens in each second. */
export function create({ seed }: DemoSettings): Demo {
  const env = vectorize(() => lunarLander(), 16);
  const agent = new Ppo(env, {
    ...{ steps: 64, batchSize: 128, epochs: 6, gamma: 0.995, gaeLambda: 0.97, hidden: [64, 64] },
    ...{ learningRate: linear(1e-3, 1e-4), entropyCoefficient: 0.01, seed },
  });
  return new AgentDemo({
    agent,
    load: (checkpoint: Checkpoint) => Ppo.load(checkpoint, { env }),
    stage: lunarLander(),
    examination: vectorize(() => lunarLander(), 10),
    actions: ['none', 'left engine', 'main engine', 'right engine'],
    ...{ target: 200, seed, steps: 1_000_000, interval: 10_000 },
  });
}
