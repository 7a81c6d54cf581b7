import { envFromDynamics, linear, vectorEnvFromDynamics, type Checkpoint } from '@gradus/core';
import { breakout } from '@gradus/envs';
import { Pqn } from '@gradus/value-based';
import type { Demo, DemoSettings } from './demo.ts';
import { AgentDemo } from './engine/agent-demo.ts';

const game = () => breakout({ minimalActions: true });

/** PQN on MinAtar's Breakout: the picture's 10 × 10 × 4 zeros and ones, and a small convolutional network. */
export function create({ seed }: DemoSettings): Demo {
  const env = vectorEnvFromDynamics(game(), 32);
  const agent = new Pqn(env, {
    ...{ steps: 16, batchSize: 128, epochs: 2, learningRate: linear(1e-3, 0), epsilon: linear(1, 0.02, 0.1) },
    ...{ convolutions: [{ filters: 8, kernel: 3, stride: 1 }], hidden: [32], seed },
  });
  return new AgentDemo({
    agent,
    load: (checkpoint: Checkpoint) => Pqn.load(checkpoint, { env }),
    stage: envFromDynamics(game()),
    examination: vectorEnvFromDynamics(game(), 20),
    actions: ['nothing', 'left', 'right'],
    ...{ target: 10, seed, steps: 1_000_000, interval: 20_000 },
  });
}
