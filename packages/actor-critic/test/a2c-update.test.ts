import { Box, linear, type Space } from '@gradus/core';
import { A2c, type A2cOptions } from '@gradus/actor-critic';
import { describe, expect, test } from 'vitest';
import { expectClose } from './support/expect-close.ts';
import { lossOf } from './support/reference-advantage.ts';
import { ReferenceAdam, gradientOf, parametersOf } from './support/reference-networks.ts';
import { ScriptedEnv, threeChoices } from './support/scripted-env.ts';

const GAMMA = 0.9;
const STEPS = 5;
const ROUNDS = 6;
const options: Partial<A2cOptions> = {
  hidden: [],
  steps: STEPS,
  learningRate: linear(0.05, 0),
  gamma: GAMMA,
  entropyCoefficient: 0.02,
  valueCoefficient: 0.7,
  maxGradNorm: 0.5,
  initialLogStd: -0.5,
  seed: 5,
};

/** RMSprop, PyTorch's or TensorFlow 1's. */
class ReferenceRmsProp {
  private readonly squares: number[] = [];
  private readonly isInside: boolean;

  constructor(isInside: boolean) {
    this.isInside = isInside;
  }

  step(theta: readonly number[], gradient: readonly number[], rate: number): number[] {
    return theta.map((x, i) => {
      const s = 0.99 * (this.squares[i] ?? (this.isInside ? 1 : 0)) + 0.01 * gradient[i] ** 2;
      this.squares[i] = s;
      return x - (rate * gradient[i]) / (this.isInside ? Math.sqrt(s + 1e-5) : Math.sqrt(s) + 1e-5);
    });
  }
}

const spaces: [string, Space, Partial<A2cOptions>][] = [
  ['Discrete', threeChoices, {}],
  ['Box', new Box(-100, 100, [2]), {}],
  ['Box with gSDE', new Box(-100, 100, [2]), { stateDependentExploration: 3 }],
];

describe.each(spaces)('%s actions', (_, actionSpace, always) => {
  test.each<[string, Partial<A2cOptions>]>([
    ['n-step returns', {}],
    ['λ-returns', { gaeLambda: 0.6 }],
    ["TensorFlow's RMSprop, a gradient within its limit", { optimizer: 'tensorflow-rmsprop', maxGradNorm: 100 }],
    ['Adam', { optimizer: 'adam' }],
  ])('parameters and metrics are those of a float64 implementation: %s', (__, changes) => {
    const env = new ScriptedEnv(actionSpace);
    const agent = new A2c(env, { ...options, ...always, ...changes });
    const { gaeLambda, optimizer: kind, maxGradNorm } = agent.options;
    const isContinuous = actionSpace.kind === 'box';
    const isStateDependent = 'stateDependentExploration' in always;
    const reference = { outputs: isContinuous ? 2 : 3, isContinuous, isStateDependent };
    const optimizer = kind === 'adam' ? new ReferenceAdam({ epsilon: 1e-5 }) : new ReferenceRmsProp(kind !== 'rmsprop');
    let theta = parametersOf(agent.checkpoint(), 'parameters');
    for (const { step, metrics } of agent.learn({ steps: STEPS * ROUNDS })) {
      const round = env.log.slice(-STEPS);
      const partsOf = lossOf(reference, theta, round, GAMMA, gaeLambda);
      const lossAt = (at: readonly number[]): number => {
        const { policyLoss, valueLoss, entropy } = partsOf(at);
        return policyLoss + 0.7 * valueLoss - 0.02 * entropy;
      };
      const gradient = gradientOf(lossAt, theta);
      const norm = Math.hypot(...gradient);
      const { policyLoss, valueLoss, entropy } = partsOf(theta);
      expectClose(
        ['policy_loss', 'value_loss', 'entropy', 'gradient_norm'].map((name) => metrics[`train/${name}`]),
        [policyLoss, valueLoss, entropy, norm],
        1e-3,
      );
      const scale = Math.min(1, maxGradNorm / (norm + 1e-6));
      const rate = 0.05 * (1 - (step - STEPS) / (STEPS * ROUNDS));
      theta = optimizer.step(
        theta,
        gradient.map((g) => g * scale),
        rate,
      );
      expectClose(parametersOf(agent.checkpoint(), 'parameters'), theta, 1e-3);
    }
    expect(env.log).toHaveLength(STEPS * ROUNDS);
  });
});
