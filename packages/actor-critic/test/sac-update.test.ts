import { linear, vectorize } from '@gradus/core';
import { Sac, type SacOptions } from '@gradus/actor-critic';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { drawsOfKey } from './support/draws-of-key.ts';
import { expectClose } from './support/expect-close.ts';
import { recordMinibatches } from './support/record-minibatches.ts';
import { parametersOf } from './support/reference-networks.ts';
import { ReferenceSac, plainActor, stateDependentActor, type SacWeights } from './support/reference-sac.ts';
import { ScriptedEnv } from './support/scripted-env.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const STEPS = 24;
const BATCH = 8;
const options: Partial<SacOptions> = {
  hidden: [3],
  activation: 'tanh',
  learningRate: linear(0.05, 0),
  bufferSize: 20,
  learningStarts: 6,
  batchSize: BATCH,
  gamma: 0.9,
  tau: 0.2,
  trainFrequency: 2,
  gradientSteps: 3,
  seed: 3,
};

function weightsOf(agent: Sac): SacWeights {
  const checkpoint = agent.checkpoint();
  return {
    actor: parametersOf(checkpoint, 'actor'),
    critics: parametersOf(checkpoint, 'critics'),
    criticsTarget: parametersOf(checkpoint, 'criticsTarget'),
    entropyCoefficient: parametersOf(checkpoint, 'entropyCoefficient'),
  };
}

// The float64 implementations of SAC, TQC and CrossQ below and in their files take their noise from these draws.
test('actions drawn at s and at s′ in one update have noise of their own, though one key decides both', () => {
  const [now, next] = drawsOfKey([5, 7], 2, 5000).map((rows) => rows.flat());
  const correlation = now.reduce((sum, x, i) => sum + x * next[i], 0) / now.length;
  // Four standard errors of the mean of products of independent normal numbers.
  expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(now.length));
});

describe('weights, temperature, targets and metrics are those of a float64 implementation', () => {
  test.each<[string, Partial<SacOptions>]>([
    ['a learned temperature', {}],
    [
      'another target entropy, a rate of the critics',
      { targetEntropy: 0.7, initialEntropyCoefficient: 0.3, criticLearningRate: 0.02 },
    ],
    [
      'a fixed temperature, prioritized',
      { entropyCoefficient: 0.2, sampling: { kind: 'prioritized', importanceExponent: 0.5 } },
    ],
    ['gSDE', { stateDependentExploration: 4, initialLogStd: -0.5 }],
  ])('%s', (_, changes) => {
    const minibatches = recordMinibatches();
    const agent = new Sac(new ScriptedEnv(), { ...options, ...changes });
    const actor = changes.stateDependentExploration === undefined ? plainActor(3) : stateDependentActor(3);
    const reference = new ReferenceSac(weightsOf(agent), actor);
    let seen = 0;
    for (const { step, metrics } of agent.learn({ steps: STEPS })) {
      const reported: Record<string, number[]> = {};
      for (const minibatch of minibatches.slice(seen)) {
        const rate = 0.05 * (1 - step / STEPS);
        const [noise, nextNoise] = drawsOfKey(minibatch.key, 2, BATCH);
        const update = reference.update(minibatch, {
          tau: 0.2,
          rate,
          criticRate: (changes.criticLearningRate as number | undefined) ?? rate,
          alpha: Number(changes.entropyCoefficient),
          targetEntropy: changes.targetEntropy ?? -2,
          noise,
          nextNoise,
        });
        for (const [name, x] of Object.entries(update)) (reported[name] ??= []).push(x);
      }
      seen = minibatches.length;
      for (const [name, values] of Object.entries(reported)) {
        expectClose([metrics[name]], [values.reduce((sum, x) => sum + x) / values.length], 1e-4);
      }
      const weights = weightsOf(agent);
      for (const name of Object.keys(weights) as (keyof SacWeights)[]) {
        expectClose(weights[name], reference.weights[name], 1e-4);
      }
    }
    expect(seen).toBe(27);
  });
});

test.each([
  ['plain', {}, plainActor(3)],
  ['gSDE', { stateDependentExploration: 4, initialLogStd: -0.5 }, stateDependentActor(3)],
] as const)(
  'its actions have the mean and deviation of the actor, squashed and scaled to the bounds: %s',
  (_, changes, actor) => {
    const agent = new Sac(new ScriptedEnv(), { ...options, ...changes });
    const observation = [0.3, -2];
    const { mean, deviation } = actor(weightsOf(agent).actor, observation);
    const [first, second] = agent.act(observation) as Float32Array;
    expectClose([first, second], [1 + 2 * Math.tanh(mean[0]), 2.25 + 0.25 * Math.tanh(mean[1])], 1e-5);
    const reference = new ReferenceSac(weightsOf(agent), actor);
    const { critics } = weightsOf(agent);
    const values = reference.values(critics, observation, mean.map(Math.tanh));
    expectClose([...agent.stateValue(observation)], [Math.min(...values)], 1e-5);

    const n = 4000;
    const actions = new Float32Array(2 * n);
    const rows = Float32Array.from({ length: 2 * n }, (__, i) => observation[i % 2]);
    agent.actBatch(rows, actions, { deterministic: false });
    const raw = Array.from({ length: n }, (__, k) => Math.atanh((actions[2 * k] - 1) / 2));
    const average = raw.reduce((sum, x) => sum + x) / n;
    const variance = raw.reduce((sum, x) => sum + (x - average) ** 2, 0) / n;
    // Four standard errors of mean and variance of n normal numbers.
    expect(Math.abs(average - mean[0])).toBeLessThan((4 * deviation[0]) / Math.sqrt(n));
    expect(Math.abs(variance / deviation[0] ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  },
);

test('state-dependent noise is one function of the state for as many steps as it says, and another one then', () => {
  const env = new ScriptedEnv();
  const show = vi.spyOn(ScriptedEnv.prototype as unknown as { present: () => number[] }, 'present');
  show.mockReturnValue([0.5, -1]);
  const changes = { stateDependentExploration: 4, initialLogStd: 0, learningStarts: 0, learningRate: 0 };
  Array.from(new Sac(env, { ...options, ...changes }).learn({ steps: 16 }));
  const seen = env.log.map(({ action }) => action.join());
  for (let i = 0; i < 16; i++) expect(seen[i] === seen[i - (i % 4)]).toBe(true);
  expect(new Set(seen).size).toBe(4);
});

test('copies have noise of their own', () => {
  const envs = [0, 1].map(() => new ScriptedEnv());
  const env = vectorize((i) => envs[i], 2);
  const changes = { stateDependentExploration: 4, initialLogStd: 0, learningStarts: 0 };
  Array.from(new Sac(env, { ...options, ...changes }).learn({ steps: 8 }));
  expect(envs[0].log[0].action).not.toEqual(envs[1].log[0].action);
});
