import { linear } from '@gradus/core';
import { constant, evaluate } from '@gradus/tensor';
import { Tqc, type TqcOptions } from '@gradus/actor-critic';
import { afterEach, expect, test, vi } from 'vitest';
import { smallest } from '../src/tqc.ts';
import { drawsOfKey } from './support/draws-of-key.ts';
import { expectClose } from './support/expect-close.ts';
import { recordMinibatches } from './support/record-minibatches.ts';
import { unitAction } from './support/reference-deterministic.ts';
import {
  ReferenceAdam,
  follow,
  gradientOf,
  mean,
  parameterCount,
  parametersOf,
  tanhNetwork,
} from './support/reference-networks.ts';
import { plainActor } from './support/reference-sac.ts';
import { ScriptedEnv } from './support/scripted-env.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('the smallest of each row, of equal ones the first', () => {
  const rows = [
    [3, 1, 2, 1, 5],
    [2, 2, 2, 2, 2],
    [-1, -2, -3, -4, -5],
  ];
  const mask = evaluate(() => smallest(constant([3, 5], rows.flat()), 3));
  expect(Array.from({ length: 3 }, (_, i) => [...mask.slice(5 * i, 5 * i + 5)])).toEqual([
    [0, 1, 1, 1, 0],
    [1, 1, 1, 0, 0],
    [0, 0, 1, 1, 1],
  ]);
});

const [STEPS, BATCH, QUANTILES, CRITICS, DROPPED] = [16, 6, 4, 2, 1];
const options: Partial<TqcOptions> = {
  hidden: [3],
  activation: 'tanh',
  learningRate: linear(0.05, 0),
  bufferSize: 20,
  learningStarts: 6,
  batchSize: BATCH,
  gamma: 0.9,
  tau: 0.2,
  trainFrequency: 2,
  gradientSteps: 2,
  quantiles: QUANTILES,
  critics: CRITICS,
  droppedQuantiles: DROPPED,
  seed: 3,
};
const actor = plainActor(3);
const critic = tanhNetwork([4, 3, QUANTILES]);
const criticSize = parameterCount([4, 3, QUANTILES]);

/** All quantiles at (s, a). */
function quantilesOf(theta: readonly number[], observation: readonly number[], action: readonly number[]): number[] {
  return Array.from({ length: CRITICS }, (_, i) => critic(theta, [...observation, ...action], i * criticSize)).flat();
}

/** a = tanh(u) and log N(u; m, σ²) − Σ log(1 − a²). */
function draw(theta: readonly number[], observation: readonly number[], noise: readonly number[]) {
  const { mean: center, deviation } = actor(theta, observation);
  const action = center.map((x, j) => Math.tanh(x + deviation[j] * noise[j]));
  const logProbability = action.reduce(
    (sum, a, j) =>
      sum - 0.5 * noise[j] ** 2 - Math.log(deviation[j]) - 0.5 * Math.log(2 * Math.PI) - Math.log(1 - a * a),
    0,
  );
  return { action, logProbability };
}

function huber(x: number): number {
  return Math.abs(x) < 1 ? 0.5 * x * x : Math.abs(x) - 0.5;
}

const files = ['actor', 'critics', 'criticsTarget', 'entropyCoefficient'] as const;

test.each<[string, Partial<TqcOptions>]>([
  ['as usual', {}],
  ['all quantiles, prioritized', { droppedQuantiles: 0, sampling: { kind: 'prioritized', importanceExponent: 0.5 } }],
])('weights, temperature, targets and metrics are those of a float64 implementation: %s', (_, changes) => {
  const minibatches = recordMinibatches();
  const agent = new Tqc(new ScriptedEnv(), { ...options, ...changes });
  const dropped = changes.droppedQuantiles ?? DROPPED;
  const read = () => {
    const checkpoint = agent.checkpoint();
    return Object.fromEntries(files.map((file) => [file, parametersOf(checkpoint, file)]));
  };
  let { actor: theta, critics, criticsTarget, entropyCoefficient } = read();
  const adam = { actor: new ReferenceAdam(), critics: new ReferenceAdam(), alpha: new ReferenceAdam() };
  let seen = 0;
  for (const { step, metrics } of agent.learn({ steps: STEPS })) {
    const reported: Record<string, number[]> = {};
    for (const { rows, key } of minibatches.slice(seen)) {
      const rate = 0.05 * (1 - step / STEPS);
      const [noise, nextNoise] = drawsOfKey(key, 2, BATCH);
      const logProbabilities = rows.map(({ observation }, k) => draw(theta, observation, noise[k]).logProbability);
      const alpha = Math.exp(entropyCoefficient[0]);
      const surplus = -mean(logProbabilities.map((each) => each - 2));
      const targets = rows.map(({ reward, discount, nextObservation }, k) => {
        const { action, logProbability } = draw(theta, nextObservation, nextNoise[k]);
        const sorted = quantilesOf(criticsTarget, nextObservation, action).sort((a, b) => a - b);
        const kept = sorted.slice(0, CRITICS * (QUANTILES - dropped));
        return kept.map((z) => reward + discount * (z - alpha * logProbability));
      });
      const valueLoss = (at: readonly number[]): number =>
        mean(
          rows.map(({ observation, action, weight }, k) => {
            const terms = quantilesOf(at, observation, unitAction(action)).flatMap((prediction, m) => {
              const level = (2 * (m % QUANTILES) + 1) / (2 * QUANTILES);
              return targets[k].map((y) => Math.abs(level - Number(y < prediction)) * huber(y - prediction));
            });
            return weight * mean(terms);
          }),
        );
      const report: Record<string, number> = {
        'train/value_loss': valueLoss(critics),
        'train/q_value': mean(
          rows.map(({ observation, action }) => mean(quantilesOf(critics, observation, unitAction(action)))),
        ),
        'train/entropy': -mean(logProbabilities),
        'train/entropy_coefficient': alpha,
      };
      entropyCoefficient = adam.alpha.step(entropyCoefficient, [surplus], rate);
      critics = adam.critics.step(critics, gradientOf(valueLoss, critics), rate);
      const policyLoss = (at: readonly number[]): number =>
        mean(
          rows.map(({ observation }, k) => {
            const { action, logProbability } = draw(at, observation, noise[k]);
            return alpha * logProbability - mean(quantilesOf(critics, observation, action));
          }),
        );
      report['train/policy_loss'] = policyLoss(theta);
      theta = adam.actor.step(theta, gradientOf(policyLoss, theta), rate);
      criticsTarget = follow(criticsTarget, critics, 0.2);
      for (const [name, x] of Object.entries(report)) (reported[name] ??= []).push(x);
    }
    seen = minibatches.length;
    for (const [name, each] of Object.entries(reported)) expectClose([metrics[name]], [mean(each)], 1e-4);
    const expected = { actor: theta, critics, criticsTarget, entropyCoefficient };
    const actual = read();
    for (const file of files) expectClose(actual[file], expected[file], 1e-4);
  }
  expect(seen).toBe(10);
});

test('more dropped quantiles than there are', () => {
  expect(() => new Tqc(new ScriptedEnv(), { quantiles: 3, droppedQuantiles: 3 })).toThrow(
    new RangeError('droppedQuantiles: expected less than 3 (quantiles), got 3'),
  );
});
