import {
  envFromDynamics,
  linear,
  vectorEnvFromDynamics,
  type Checkpoint,
  type Env,
  type VectorEnv,
} from '@gradus/core';
import { acrobot, cartPole } from '@gradus/envs';
import { Ppo, ppoSettings, type PpoOptions } from '@gradus/policy-gradient';
import { Dqn, type DqnOptions } from '@gradus/value-based';
import type { Demo, DemoSettings } from './demo.ts';
import { AgentDemo } from './engine/agent-demo.ts';

/** What differs between the environments. */
interface Task {
  readonly stage: () => Env;
  readonly copies: (count: number) => VectorEnv;
  readonly actions: readonly string[];
  readonly target: number;
  readonly ppo: { readonly copies: number; readonly steps: number; readonly options: Partial<PpoOptions> };
  readonly dqn: { readonly steps: number; readonly options: Partial<DqnOptions> };
}

/** Small networks learn as well here, and are a few kilobytes to keep. */
const hidden = [32, 32];

const tasks: Readonly<Record<string, Task>> = {
  'cart-pole': {
    stage: () => envFromDynamics(cartPole()),
    copies: (count) => vectorEnvFromDynamics(cartPole(), count),
    actions: ['left', 'right'],
    target: 475,
    ppo: { copies: 8, steps: 200_000, options: { ...ppoSettings.zoo['CartPole-v1'].options, hidden } },
    dqn: {
      steps: 60_000,
      options: {
        ...{ learningRate: linear(2e-3, 1e-4), batchSize: 64, gamma: 0.98, nSteps: 3, hidden: [64, 64] },
        ...{ bufferSize: 20_000, learningStarts: 1000, trainFrequency: 32, gradientSteps: 16 },
        ...{ targetUpdateInterval: 512, epsilon: linear(1, 0.1, 0.1) },
      },
    },
  },
  acrobot: {
    stage: () => envFromDynamics(acrobot()),
    copies: (count) => vectorEnvFromDynamics(acrobot(), count),
    actions: ['torque −1', 'none', 'torque 1'],
    target: -100,
    ppo: {
      copies: 16,
      steps: 500_000,
      options: {
        ...{ steps: 128, batchSize: 256, epochs: 4, gaeLambda: 0.94, gamma: 0.99, hidden },
        ...{ learningRate: linear(2e-3, 0), entropyCoefficient: 0.01 },
      },
    },
    dqn: {
      steps: 100_000,
      options: {
        ...{ learningRate: 1e-3, batchSize: 64, gamma: 0.99, hidden: [64, 64], bufferSize: 50_000 },
        ...{ learningStarts: 1000, trainFrequency: 8, gradientSteps: 4, targetUpdateInterval: 500 },
        ...{ epsilon: linear(1, 0.05, 0.1) },
      },
    },
  },
};

/** PPO or DQN on CartPole or Acrobot. */
export function create({ seed, chosen }: DemoSettings): Demo {
  const { stage, copies, actions, target, ppo, dqn } = tasks[String(chosen.environment)];
  const shared = {
    stage: stage(),
    examination: copies(20),
    ...{ actions, target, seed },
  };
  if (chosen.algorithm === 'ppo') {
    const env = copies(ppo.copies);
    return new AgentDemo({
      ...shared,
      agent: new Ppo(env, { ...ppo.options, seed }),
      load: (checkpoint: Checkpoint) => Ppo.load(checkpoint, { env }),
      ...{ steps: ppo.steps, interval: 5000 },
    });
  }
  const env = copies(1);
  return new AgentDemo({
    ...shared,
    agent: new Dqn(env, { ...dqn.options, seed }),
    load: (checkpoint: Checkpoint) => Dqn.load(checkpoint, { env }),
    ...{ steps: dqn.steps, interval: 1000 },
  });
}
