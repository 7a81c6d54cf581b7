import { PrioritizedReplayBuffer, linear } from '@gradus/core';
import { Ddpg, Td3, type DdpgOptions, type Td3Options } from '@gradus/actor-critic';
import { afterEach, expect, test, vi } from 'vitest';
import { drawsOfKey } from './support/draws-of-key.ts';
import { expectClose } from './support/expect-close.ts';
import { recordMinibatches } from './support/record-minibatches.ts';
import { ReferenceDeterministic, type DeterministicWeights } from './support/reference-deterministic.ts';
import { parametersOf } from './support/reference-networks.ts';
import { ScriptedEnv } from './support/scripted-env.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const STEPS = 36;
const BATCH = 8;
const options: Partial<DdpgOptions> = {
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

function weightsOf(agent: Ddpg | Td3): DeterministicWeights {
  const critics = agent instanceof Ddpg ? 'critic' : 'critics';
  const checkpoint = agent.checkpoint();
  return {
    actor: parametersOf(checkpoint, 'actor'),
    critics: parametersOf(checkpoint, critics),
    actorTarget: parametersOf(checkpoint, 'actorTarget'),
    criticsTarget: parametersOf(checkpoint, `${critics}Target`),
  };
}

const silent = Array.from({ length: BATCH }, () => [0, 0]);

test.each<[string, 'ddpg' | 'td3', Partial<DdpgOptions> & Partial<Td3Options>]>([
  ['DDPG', 'ddpg', {}],
  [
    'DDPG, a rate of the critic, layers of the critic, returns of two steps',
    'ddpg',
    { criticLearningRate: 0.1, nSteps: 2 },
  ],
  ['DDPG, prioritized', 'ddpg', { sampling: { kind: 'prioritized', importanceExponent: 0.5 } }],
  ['TD3', 'td3', {}],
  ['TD3, much noise, every third time', 'td3', { policyDelay: 3, targetNoise: 0.7, targetNoiseClip: 0.4 }],
  ['TD3, at once, without noise', 'td3', { policyDelay: 1, targetNoise: 0 }],
  ['TD3, prioritized', 'td3', { sampling: { kind: 'prioritized', priorityExponent: 1 } }],
])('weights, targets and metrics are those of a float64 implementation: %s', (_, algorithm, changes) => {
  const minibatches = recordMinibatches();
  const priorities = vi.spyOn(PrioritizedReplayBuffer.prototype, 'updatePriorities');
  const agent = new (algorithm === 'ddpg' ? Ddpg : Td3)(new ScriptedEnv(), { ...options, ...changes });
  const reference = new ReferenceDeterministic(weightsOf(agent), [3]);
  expect(reference.weights.actorTarget).toEqual(reference.weights.actor);
  expect(reference.weights.criticsTarget).toEqual(reference.weights.critics);
  let seen = 0;
  for (const { step, metrics } of agent.learn({ steps: STEPS })) {
    const drawn = minibatches.slice(seen);
    expect(drawn).toHaveLength(step > 6 ? 3 : 0);
    const reported: Record<string, number[]> = {};
    for (const minibatch of drawn) {
      const { policyDelay = 2, targetNoise = 0.2, targetNoiseClip = 0.5, criticLearningRate } = changes;
      const rate = 0.05 * (1 - step / STEPS);
      const [normal] = drawsOfKey(minibatch.key, 1, BATCH);
      const noise = normal.map((row) =>
        row.map((x) => Math.min(Math.max(targetNoise * x, -targetNoiseClip), targetNoiseClip)),
      );
      const update = reference.update(minibatch, {
        tau: 0.2,
        rate,
        criticRate: (criticLearningRate as number | undefined) ?? rate,
        isOfAll: algorithm === 'ddpg' || ++seen % policyDelay === 0,
        noise: algorithm === 'ddpg' ? silent : noise,
      });
      for (const [name, x] of Object.entries(update)) (reported[name] ??= []).push(x);
      if (minibatch === drawn.at(-1) && changes.sampling?.kind === 'prioritized') {
        expectClose(Array.from(priorities.mock.lastCall![0]), reference.errors, 1e-4);
      }
    }
    seen = minibatches.length;
    for (const [name, values] of Object.entries(reported)) {
      expectClose([metrics[name]], [values.reduce((sum, x) => sum + x) / values.length], 1e-4);
    }
    const weights = weightsOf(agent);
    for (const name of Object.keys(weights) as (keyof DeterministicWeights)[]) {
      expectClose(weights[name], reference.weights[name], 1e-4);
    }
  }
  expect(seen).toBe(45);
});

test.each([Ddpg, Td3])('%o acts by its actor, scaled to the bounds, and shows the value of that', (Agent) => {
  const agent = new Agent(new ScriptedEnv(), { ...options });
  Array.from(agent.learn({ steps: 20 }));
  const { actor, critics } = weightsOf(agent);
  const reference = new ReferenceDeterministic(weightsOf(agent), [3]);
  for (const observation of [
    [0.3, -2],
    [5, 1],
  ]) {
    const unit = reference.act(actor, observation);
    const [first, second] = agent.act(observation) as Float32Array;
    expectClose([first, second], [1 + 2 * unit[0], 2.25 + 0.25 * unit[1]], 1e-5);
    expectClose([...agent.stateValue(observation)], [Math.min(...reference.values(critics, observation, unit))], 1e-5);
  }
});

test('transitions are stored as they were, terminated ones without a future and truncated ones with that of their last observation', () => {
  const minibatches = recordMinibatches();
  const env = new ScriptedEnv();
  const agent = new Ddpg(env, options);
  Array.from(agent.learn({ steps: STEPS }));
  const kinds = new Set<string>();
  for (const { observation, ...row } of minibatches.flatMap(({ rows }) => rows)) {
    const step = env.log.find((each) => String(each.observation) === String(observation))!;
    const { action, reward, nextObservation, terminated, truncated } = step;
    const discount = terminated ? 0 : Math.fround(0.9);
    expect(row).toEqual({ action, reward: Math.fround(reward), nextObservation, discount, weight: 1 });
    kinds.add(terminated ? 'terminated' : truncated ? 'truncated' : 'between');
  }
  expect(kinds.size).toBe(3);
});
