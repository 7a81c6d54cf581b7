import { Box, linear, vectorize, type Space } from '@gradus/core';
import { A3c } from '@gradus/actor-critic';
import { expect, test } from 'vitest';
import { expectClose } from './support/expect-close.ts';
import { lossOf } from './support/reference-advantage.ts';
import { gradientOf, mean, parametersOf } from './support/reference-networks.ts';
import { ScriptedEnv, threeChoices } from './support/scripted-env.ts';

const STEPS = 5;
const ROUNDS = 6;
const WORKERS = 3;
const TOTAL = STEPS * ROUNDS * WORKERS;

test.each<[string, Space, number]>([
  ['Discrete', threeChoices, 0.5],
  ['Box', new Box(-100, 100, [2]), 0.5],
  ['Box, gradients within their limit', new Box(-100, 100, [2]), 100],
])('every update of every worker is that of a float64 implementation: %s', (_, actionSpace, maxGradNorm) => {
  const envs = Array.from({ length: WORKERS }, () => new ScriptedEnv(actionSpace));
  // So that each worker sees something else.
  envs.forEach((env, i) => Array.from({ length: i }, () => env.reset()));
  const agent = new A3c(
    vectorize((i) => envs[i], WORKERS),
    {
      hidden: [],
      steps: STEPS,
      learningRate: linear(0.05, 0),
      gamma: 0.9,
      entropyCoefficient: 0.02,
      valueCoefficient: 0.7,
      optimizerDecay: 0.9,
      optimizerEpsilon: 1e-3,
      maxGradNorm,
      initialLogStd: -0.5,
      reportInterval: 1,
      seed: 5,
    },
  );
  const isContinuous = actionSpace.kind === 'box';
  const reference = { outputs: isContinuous ? 2 : 3, isContinuous, isStateDependent: false };
  let theta = parametersOf(agent.checkpoint(), 'parameters');
  let squares = theta.map(() => 0);
  for (const { step, metrics } of agent.learn({ steps: TOTAL })) {
    const rate = 0.05 * (1 - (step - STEPS * WORKERS) / TOTAL);
    expect(metrics['train/learning_rate']).toBeCloseTo(rate, 12);
    // All workers have played with the parameters from before the first of them changed any.
    const rounds = envs.map(({ log }) => lossOf(reference, theta, log.slice(-STEPS), 0.9, 1));
    const gradients = rounds.map((partsOf) =>
      gradientOf((at) => {
        const { policyLoss, valueLoss, entropy } = partsOf(at);
        return policyLoss + 0.7 * valueLoss - 0.02 * entropy;
      }, theta),
    );
    const norms = gradients.map((gradient) => Math.hypot(...gradient));
    const parts = rounds.map((partsOf) => partsOf(theta));
    expectClose(
      ['policy_loss', 'value_loss', 'entropy', 'gradient_norm'].map((name) => metrics[`train/${name}`]),
      [
        ...(['policyLoss', 'valueLoss', 'entropy'] as const).map((name) => mean(parts.map((each) => each[name]))),
        mean(norms),
      ],
      1e-3,
    );
    gradients.forEach((gradient, worker) => {
      const g = gradient.map((each) => each * Math.min(1, maxGradNorm / (norms[worker] + 1e-6)));
      squares = squares.map((s, k) => 0.9 * s + 0.1 * g[k] ** 2);
      theta = theta.map((x, k) => x - (rate * g[k]) / Math.sqrt(squares[k] + 1e-3));
    });
    expectClose(parametersOf(agent.checkpoint(), 'parameters'), theta, 1e-3);
  }
  for (const { log } of envs) expect(log).toHaveLength(STEPS * ROUNDS);
});
