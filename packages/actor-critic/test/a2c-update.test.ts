import { Box, linear, type Space } from '@gradus/core';
import { A2c, type A2cOptions } from '@gradus/actor-critic';
import { describe, expect, test } from 'vitest';
import { expectClose } from './support/expect-close.ts';
import { ReferenceAdam, gradientOf, mean, parametersOf, tanhNetwork } from './support/reference-networks.ts';
import { ScriptedEnv, threeChoices, type Transition } from './support/scripted-env.ts';

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

/** Linear networks of two numbers: actor [2 × outputs] and biases, critic [2 × 1] and bias, log σ or with gSDE log σ of [2 × outputs]. */
interface Reference {
  readonly outputs: number;
  readonly isContinuous: boolean;
  readonly isStateDependent: boolean;
}

/** log π(a|s) and the entropy of π(·|s). */
function policyOf(
  { outputs, isContinuous, isStateDependent }: Reference,
  theta: readonly number[],
  { observation, action }: Transition,
) {
  const out = tanhNetwork([2, outputs])(theta, observation);
  if (!isContinuous) {
    const total = Math.log(out.reduce((sum, x) => sum + Math.exp(x), 0));
    const logs = out.map((x) => x - total);
    return { logProbability: logs[action[0] - 1], entropy: -logs.reduce((sum, x) => sum + Math.exp(x) * x, 0) };
  }
  const logStd = theta.slice(3 * outputs + 3);
  const deviations = out.map((_, j) => {
    if (!isStateDependent) return Math.exp(logStd[j]);
    return Math.sqrt(observation.reduce((sum, x, i) => sum + (x * Math.exp(logStd[i * outputs + j])) ** 2, 1e-6));
  });
  const terms = deviations.map((deviation, j) => ({
    logProbability: -0.5 * ((action[j] - out[j]) / deviation) ** 2 - Math.log(deviation) - 0.5 * Math.log(2 * Math.PI),
    entropy: 0.5 + 0.5 * Math.log(2 * Math.PI) + Math.log(deviation),
  }));
  const total = (name: 'logProbability' | 'entropy'): number => terms.reduce((sum, term) => sum + term[name], 0);
  return { logProbability: total('logProbability'), entropy: total('entropy') };
}

/** v(s). */
function valueOf({ outputs }: Reference, theta: readonly number[], observation: readonly number[]): number {
  return tanhNetwork([2, 1])(theta, observation, 3 * outputs)[0];
}

/** λ-returns of a round, λ being 1 or less, from the last step on. */
function returnsOf(
  reference: Reference,
  theta: readonly number[],
  round: readonly Transition[],
  lambda: number,
): number[] {
  const returns: number[] = [];
  round.toReversed().forEach(({ reward, terminated, truncated, nextObservation }, k) => {
    const value = valueOf(reference, theta, nextObservation);
    const isLast = k === 0 || truncated;
    const following = isLast ? value : (1 - lambda) * value + lambda * returns[0];
    returns.unshift(reward + (terminated ? 0 : GAMMA * following));
  });
  return returns;
}

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
      const returns = returnsOf(reference, theta, round, gaeLambda);
      const advantages = returns.map((each, k) => each - valueOf(reference, theta, round[k].observation));
      const partsOf = (at: readonly number[]) => {
        const policies = round.map((each) => policyOf(reference, at, each));
        return {
          policyLoss: -mean(policies.map(({ logProbability }, k) => advantages[k] * logProbability)),
          valueLoss: mean(round.map(({ observation }, k) => (valueOf(reference, at, observation) - returns[k]) ** 2)),
          entropy: mean(policies.map(({ entropy }) => entropy)),
        };
      };
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
